import { writeFileSync } from 'node:fs';
import { dirname, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import { readCatalogue } from '../../adapters/postgres/catalogue/read-catalogue.ts';
import { measureTables } from '../../adapters/postgres/assessment/measure-tables.ts';
import { amount } from '../../domain/assess/amount.ts';
import { planFindings } from '../../domain/plan-check/check.ts';
import { planName } from '../../domain/plan-draft/names.ts';
import { draftPlan } from '../../domain/plan-draft/draft-plan.ts';
import { parsePlan } from '../../domain/plan-check/parse.ts';
import { draftPatterns } from '../../domain/statements/served/draft-patterns.ts';
import type { Sql } from '../../domain/ports/source.ts';
import { OperatorError } from '../operator-error.ts';
import { print } from '../output.ts';
import { SOURCE_FORMS, withSource } from './source.ts';
import { STATEMENT_FORMS, statementsOf } from './statements.ts';

interface InitOptions {
  readonly source?: string;
  readonly schema: string;
  readonly name?: string;
  readonly statements?: string;
  readonly out: string;
  readonly force: boolean;
  readonly json: boolean;
}

/** `portage plan init`: drafts a plan from the source's catalogue, to be completed by hand. */
export function registerPlanInit(plan: Command): void {
  plan
    .command('init')
    .description(
      'draft a plan from the catalogue and the statements asked: entities, keys, indexes, patterns, large columns',
    )
    .option('--source <where>', `the source: ${SOURCE_FORMS} (default: PORTAGE_CLUSTER_ARN and its siblings)`)
    .option('--schema <name>', 'the schema to move', 'public')
    .option('--name <name>', 'name of the plan and of its table (default: from the database)')
    .option('--statements <file>', `what the application asks: ${STATEMENT_FORMS} (default: pg_stat_statements)`)
    .option('--out <file>', 'the file to write', 'plan.json')
    .option('--force', 'overwrite an existing file', false)
    .option('--json', 'print JSON', false)
    .action(async (options: InitOptions) => {
      const answer = await withSource(options.source, process.env, (source) => draft(source, options));
      if (answer === null) throw new OperatorError(`no source: name it with --source ${SOURCE_FORMS}`);
      const { plan: drafted, remarks, findings, origin } = answer;
      const text = `${JSON.stringify({ $schema: schemaFrom(options.out), ...drafted }, null, 2)}\n`;
      write(options.out, text, options.force);
      const blocking = findings.filter(({ severity }) => severity === 'blocks');
      print(options.json, { file: options.out, plan: drafted, remarks, findings, statements: origin }, [
        `statements: ${origin}`,
        ...remarks.map((remark) => `review ${remark.path}: ${remark.text}`),
        ...blocking.map(({ path, evidence, remedy }) => `decide ${path}: ${evidence}. ${remedy}`),
        `${options.out}: ${amount(Object.keys(drafted.entities).length, 'entity', 'entities')}, ${amount(remarks.length, 'remark')}, ${amount(blocking.length, 'decision')}; next: portage plan check --plan ${options.out}`,
      ]);
    });
}

async function draft(source: Sql, { schema, name, out, statements: file }: InitOptions) {
  const catalogue = await readCatalogue(source, schema);
  if (Object.keys(catalogue.tables).length === 0)
    throw new OperatorError(`schema ${schema} has no tables that this login can see: name another with --schema`);
  const [row = {}] = await source.query('SELECT current_database()::text AS name');
  const chosen = name ?? planName(schema === 'public' ? String(row['name']) : schema);
  const { origin, statements } = await statementsOf(source, file);
  const fromCatalogue = draftPlan(catalogue, schema, chosen, await measureTables(source, catalogue));
  // A name that no plan can have is refused in one line.
  parsePlan(JSON.stringify(fromCatalogue.plan), out);
  const { plan, notes: remarks } = draftPatterns(fromCatalogue, { catalogue, schema }, statements);
  return { plan, remarks, origin, findings: planFindings(parsePlan(JSON.stringify(plan), out), catalogue) };
}

/** Where editors find the JSON Schema, as seen from the plan. */
function schemaFrom(out: string): string {
  return relative(dirname(resolve(out)), fileURLToPath(new URL('../../domain/plan/plan.schema.json', import.meta.url)));
}

function write(file: string, text: string, force: boolean): void {
  try {
    writeFileSync(file, text, { flag: force ? 'w' : 'wx' });
  } catch (error) {
    const exists = typeof error === 'object' && error !== null && 'code' in error && error.code === 'EEXIST';
    throw new OperatorError(
      exists
        ? `${file} already exists: name another file with --out, or overwrite it with --force`
        : `${file} cannot be written: name another with --out`,
      { cause: error },
    );
  }
}
