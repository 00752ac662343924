import { Client } from 'pg';
import { StartupError } from '../process/startup-error.ts';
import { contentsOf, type LoadedTable } from './contents.ts';
import { type ScriptOutcome, type PassedOver, passedOverLine, Tally } from './outcome.ts';
import { runScript } from './run-script.ts';
import { Session } from './session.ts';

export interface Loaded {
  readonly tables: readonly LoadedTable[];
  readonly rows: number;
}

const SHOWN = 3;

/**
 * Loads PostgreSQL scripts in order into an empty database: dumps in plain format and anything else
 * that psql would run. Reports one line per kind of skipped statement. Refuses a script whose rows
 * are not all loaded, and scripts that load no rows at all.
 */
export async function loadScripts(url: string, files: readonly string[], say: (line: string) => void): Promise<Loaded> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    await refuseFilled(client);
    await loadSchema(url, files, say);
    const tables = await contentsOf(client);
    const rows = tables.reduce((sum, table) => sum + table.rows, 0);
    if (rows === 0) throw nothingLoaded(files, tables);
    await client.query('ANALYZE');
    return { tables, rows };
  } finally {
    await client.end();
  }
}

/** Loads scripts as `loadScripts` does, which need not bring rows. */
export async function loadSchema(url: string, files: readonly string[], say: (line: string) => void): Promise<void> {
  for (const file of files) report(file, await loadScript(url, file), say);
}

/** `public.film 1,000 rows`, the largest first. */
export function loadedLine({ tables, rows }: Loaded): string {
  const filled = tables.filter((table) => table.rows > 0).length;
  const schemas = new Set(tables.map(({ schema }) => schema)).size;
  return `${rows.toLocaleString('en-US')} rows in ${filled} of ${tables.length} tables${schemas > 1 ? ` of ${schemas} schemas` : ''}`;
}

async function loadScript(url: string, file: string): Promise<ScriptOutcome> {
  const session = new Session(url);
  const tally = new Tally();
  try {
    await session.connect();
    await runScript(session, file, tally);
  } finally {
    await session.end();
  }
  return tally.outcome();
}

function report(file: string, { done, passedOver, lost }: ScriptOutcome, say: (line: string) => void): void {
  for (const one of passedOver) say(`passed over: ${passedOverLine(one)}`);
  if (lost.length > 0) {
    const shown = lost.slice(0, SHOWN).map(passedOverLine).join('; ');
    const more = lost.length > SHOWN ? `; and ${lost.length - SHOWN} more kinds` : '';
    throw new StartupError(
      `${file} has statements with rows that failed: ${shown}${more}. Mend the script and load it again`,
    );
  }
  if (done === 0) {
    throw new StartupError(
      `${file} loads nothing${because(passedOver)}: give a PostgreSQL script, as pg_dump writes it in plain format`,
    );
  }
}

function nothingLoaded(files: readonly string[], tables: readonly LoadedTable[]): StartupError {
  const what = tables.length === 0 ? 'makes no table' : `makes ${tables.length} tables and fills none`;
  return new StartupError(
    `${files.join(', ')} loads nothing: it ${what}. Give a script with rows, as pg_dump writes it without --schema-only`,
  );
}

function because([first]: readonly PassedOver[]): string {
  return first === undefined ? '' : ` (${passedOverLine(first)})`;
}

/** A second script on top of the first would double every row that no key protects. */
async function refuseFilled(client: Client): Promise<void> {
  const [first] = await contentsOf(client);
  if (first === undefined) return;
  throw new StartupError(
    `the database holds ${first.schema}.${first.table} already: start with --fresh, or leave --sql out`,
  );
}
