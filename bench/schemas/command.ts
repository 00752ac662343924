import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client } from 'pg';
import { checkScript } from '../../local/load-script/lines.ts';
import { loadSchema } from '../../local/load-script/load-scripts.ts';
import { StartupError } from '../../local/process/startup-error.ts';
import { startPostgres } from '../../local/postgres/server.ts';
import { createPgSource } from '../../src/adapters/postgres/connection/pg-source.ts';
import { readCatalogue } from '../../src/adapters/postgres/catalogue/read-catalogue.ts';
import { type Filled, fillTables, type FillOptions } from './fill-tables.ts';
import { readShapes } from './read-shapes.ts';
import { writeRows } from './write-rows.ts';

interface Options extends FillOptions {
  readonly sql: readonly string[];
  readonly schema: string;
  readonly out: string;
  readonly demo: boolean;
}

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/**
 * Takes somebody's schema through the whole: makes rows of awkward values (`rows.sql`), drafts a plan unless `plan.json` is there, checks it, and
 * runs the demo. True if nothing blocks and the demo, where asked for, completed.
 */
export async function schemas(options: Options): Promise<boolean> {
  if (options.sql.length === 0) throw new StartupError('there is no schema: name its script with --sql FILE');
  for (const script of options.sql) checkScript(script);
  mkdirSync(options.out, { recursive: true });
  const [rows, plan] = [join(options.out, 'rows.sql'), join(options.out, 'plan.json')];
  const folder = mkdtempSync(join(tmpdir(), 'portage-bench-schemas-'));
  const postgres = await startPostgres({ dataDir: join(folder, 'postgres'), database: 'schemas' });
  try {
    for (const line of report(await prepare(postgres.connectionString, options, rows))) console.log(line);
    const source = ['--source', postgres.connectionString];
    if (!existsSync(plan) && !portage(['plan', 'init', ...source, '--schema', options.schema, '--out', plan]))
      return false;
    if (!portage(['plan', 'check', ...source, '--plan', plan])) return false;
  } finally {
    await postgres.stop();
    rmSync(folder, { recursive: true, force: true });
  }
  if (!options.demo) return true;
  const scripts = [...options.sql, rows].flatMap((file) => ['--sql', file]);
  const files = ['--report', join(options.out, 'report.json'), '--data-dir', join(options.out, 'demo')];
  return run(['--import', 'tsx', join(ROOT, 'local/demo/main.ts'), '--yes', '--plan', plan, ...scripts, ...files]);
}

async function prepare(url: string, options: Options, file: string): Promise<readonly Filled[]> {
  await loadSchema(url, options.sql, (line) => console.log(line));
  const source = createPgSource({ connection: { connectionString: url } });
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    const catalogue = await readCatalogue(source, options.schema);
    const filled = await fillTables(client, await readShapes(client, catalogue, options.schema), options);
    await client.query('ANALYZE');
    await writeRows(client, options.schema, file);
    return filled;
  } finally {
    await client.end();
    await source.close();
  }
}

function report(filled: readonly Filled[]): readonly string[] {
  const empty = filled.filter(({ rows }) => rows === 0);
  const rows = filled.reduce((sum, table) => sum + table.rows, 0);
  return [
    `${rows} rows in ${filled.length - empty.length} of ${filled.length} tables`,
    ...empty.map(({ table, refused }) => `  ${table} has none: ${refused ?? ''}`),
  ];
}

function portage(args: readonly string[]): boolean {
  return run([join(ROOT, 'src/operator/portage.mjs'), ...args]);
}

function run(args: readonly string[]): boolean {
  return spawnSync(process.execPath, args, { stdio: 'inherit', cwd: ROOT }).status === 0;
}
