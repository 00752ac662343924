import { readFileSync } from 'node:fs';
import { RDSDataClient } from '@aws-sdk/client-rds-data';
import type { Command } from 'commander';
import { readCatalogue } from '../adapters/postgres/catalogue.ts';
import { createDataApiSource } from '../adapters/postgres/data-api.ts';
import type { Catalogue } from '../domain/catalogue.ts';
import { compileMapping } from '../domain/mapping/mapping.ts';
import { planFindings } from '../domain/plan/check.ts';
import type { Finding } from '../domain/plan/finding.ts';
import { parsePlan } from '../domain/plan/parse.ts';
import type { Plan } from '../domain/plan/plan.ts';
import { planJsonSchema } from '../domain/plan/schema.ts';
import { OperatorError } from './operator-error.ts';
import { print } from './output.ts';

const SOURCE = ['PORTAGE_CLUSTER_ARN', 'PORTAGE_SECRET_ARN', 'PORTAGE_DATABASE'] as const;

interface CheckOptions {
  readonly plan?: string;
  readonly source: boolean;
  readonly json: boolean;
}

/** `portage plan check` and `plan schema`. */
export function registerPlan(program: Command): void {
  const plan = program
    .command('plan')
    .description('the plan file: what moves, under which keys, with which thresholds');

  plan
    .command('check')
    .description('what is wrong with a plan, for the source where its environment is set; exit 1 when something blocks')
    .option('--plan <file>', 'the plan (default: PORTAGE_PLAN_FILE, else plan.json)')
    .option('--source', 'fail unless the source can be asked', false)
    .option('--json', 'answer as JSON', false)
    .action(async (options: CheckOptions) => {
      const file = options.plan ?? process.env['PORTAGE_PLAN_FILE'] ?? 'plan.json';
      const parsed = parsePlan(read(file), file);
      const catalogue = await catalogueOf(parsed, options.source);
      const findings = catalogue === null ? [] : check(parsed, catalogue);
      const blocking = findings.filter(({ severity }) => severity === 'blocks').length;
      const asked = catalogue === null ? 'the file alone (no source in the environment)' : 'the file and the source';
      print(options.json, { file, source: catalogue !== null, fingerprint: catalogue?.fingerprint ?? null, findings }, [
        ...findings.flatMap(describe),
        `${file}: ${findings.length} findings, ${blocking} of them block; checked: ${asked}`,
      ]);
      if (blocking > 0) process.exitCode = 1;
    });

  plan
    .command('schema')
    .description('the JSON Schema of plan files, for editors')
    .option('--json', 'it is JSON anyway', false)
    .action(() => print(true, planJsonSchema(), []));
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new OperatorError(`${file} cannot be read: name the plan with --plan or PORTAGE_PLAN_FILE`, { cause: error });
  }
}

/** Compiling finds what no finding has a name for; it is worth doing only once nothing is known to block. */
function check(plan: Plan, catalogue: Catalogue): readonly Finding[] {
  const findings = planFindings(plan, catalogue);
  if (findings.every(({ severity }) => severity !== 'blocks')) compileMapping(plan, catalogue, {});
  return findings;
}

async function catalogueOf({ source }: Plan, wanted: boolean): Promise<Catalogue | null> {
  const [resourceArn, secretArn, database] = SOURCE.map((name) => process.env[name]);
  if (!resourceArn || !secretArn || !database) {
    const missing = SOURCE.filter((name) => !process.env[name]);
    if (!wanted && missing.length === SOURCE.length) return null;
    throw new OperatorError(`${missing.join(', ')} not set: the source is reached through the Data API of its cluster`);
  }
  // A repeated statement may be a repeated write, so the adapter repeats by itself what may be repeated.
  const client = new RDSDataClient({ maxAttempts: 1 });
  return readCatalogue(createDataApiSource({ client, resourceArn, secretArn, database }), source.schema);
}

function describe({ name, severity, path, evidence, remedy }: Finding): readonly string[] {
  return [`${severity.padEnd(7)} ${path}: ${evidence} (${name})`, `        ${remedy}`];
}
