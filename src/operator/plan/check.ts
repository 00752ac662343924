import type { Command } from 'commander';
import { measure } from '../../adapters/postgres/assessment/assessment.ts';
import { readCatalogue } from '../../adapters/postgres/catalogue/read-catalogue.ts';
import { readDistinct } from '../../adapters/postgres/assessment/read-distinct.ts';
import { statementLengths } from '../../adapters/postgres/assessment/statement-lengths.ts';
import { amount, size } from '../../domain/assess/amount.ts';
import { assess } from '../../domain/assess/assess.ts';
import { assessStatements } from '../../domain/assess/assess-statements.ts';
import { type Estimate, estimate } from '../../domain/assess/estimate.ts';
import type { Facts } from '../../domain/assess/facts.ts';
import type { Catalogue } from '../../domain/catalogue/catalogue.ts';
import { compilePlan } from '../../domain/plan-check/compile-plan.ts';
import { planFindings } from '../../domain/plan-check/check.ts';
import { bySeverity, type PlanFinding } from '../../domain/plan-check/rules/finding.ts';
import { findingsWithoutSource } from '../../domain/plan-check/assume-source.ts';
import type { Plan } from '../../domain/plan/plan.ts';
import { sessionFindings, statementFindings } from '../../domain/statements/served/findings.ts';
import { type StatementReport, reportStatements } from '../../domain/statements/served/report.ts';
import { sizesOf } from '../../domain/statements/served/sizes.ts';
import type { Sql } from '../../domain/ports/source.ts';
import { OperatorError } from '../operator-error.ts';
import { print } from '../output.ts';
import { readPlan } from './read-plan.ts';
import { SOURCE_FORMS, withSource } from './source.ts';
import { statementLines } from './statement-lines.ts';
import { STATEMENT_FORMS, statementsOf } from './statements.ts';

interface CheckOptions {
  readonly plan?: string;
  readonly source?: string;
  readonly statements?: string;
  readonly offline: boolean;
  readonly json: boolean;
}

interface Checked {
  readonly findings: readonly PlanFinding[];
  readonly catalogue: Catalogue | null;
  readonly facts: Facts | null;
  readonly estimate: Estimate | null;
  readonly asked: { readonly origin: string; readonly report: StatementReport } | null;
}

/** `portage plan check`: a premigration assessment of the file, of the schema, and of every row. */
export function registerPlanCheck(plan: Command): void {
  plan
    .command('check')
    .description(
      'check a plan against its source and estimate time and cost; exit 1 when a finding blocks the migration',
    )
    .option('--plan <file>', 'the plan (default: PORTAGE_PLAN_FILE, else plan.json)')
    .option('--source <where>', `the source: ${SOURCE_FORMS} (default: PORTAGE_CLUSTER_ARN and its siblings)`)
    .option('--statements <file>', `what the application asks: ${STATEMENT_FORMS} (default: pg_stat_statements)`)
    .option('--offline', 'check the file alone, without a source', false)
    .option('--json', 'print JSON', false)
    .action(async (options: CheckOptions) => {
      if (options.offline && options.source !== undefined)
        throw new OperatorError('--offline and --source contradict each other: remove one of them');
      if (options.offline && options.statements !== undefined)
        throw new OperatorError('--statements needs the source, for tables and columns: remove --offline');
      const { file, plan: parsed } = readPlan(options.plan);
      const checked =
        (options.offline
          ? null
          : await withSource(options.source, process.env, (source) => online(source, parsed, options.statements))) ??
        offline(parsed);
      if (options.statements !== undefined && checked.asked === null)
        throw new OperatorError(
          `--statements needs the source, for tables and columns: name it with --source ${SOURCE_FORMS}`,
        );
      const { findings, catalogue } = checked;
      const blocking = findings.filter(({ severity }) => severity === 'blocks').length;
      const scope = catalogue === null ? 'the file alone (no source named)' : 'the file, the schema and every row';
      print(
        options.json,
        {
          file,
          source: catalogue !== null,
          fingerprint: catalogue?.fingerprint ?? null,
          findings,
          estimate: checked.estimate,
          facts: checked.facts,
          statements: checked.asked,
        },
        [
          ...findings.flatMap(findingLines),
          ...(checked.estimate === null ? [] : estimateLines(checked.estimate)),
          ...(checked.asked === null ? [] : statementLines(checked.asked.origin, checked.asked.report)),
          `${file}: ${amount(findings.length, 'finding')}, ${blocking} of them block; checked: ${scope}`,
        ],
      );
      if (blocking > 0) process.exitCode = 1;
    });
}

function offline(plan: Plan): Checked {
  return { findings: findingsWithoutSource(plan), catalogue: null, facts: null, estimate: null, asked: null };
}

async function online(source: Sql, plan: Plan, file: string | undefined): Promise<Checked> {
  const { origin, statements } = await statementsOf(source, file);
  const catalogue = await readCatalogue(source, plan.source.schema);
  const planProblems = planFindings(plan, catalogue);
  // Compiling finds errors that have no finding of their own; it is useful only when nothing is known to block.
  const compiles = planProblems.every(({ severity }) => severity !== 'blocks');
  const statementProblems = compiles ? assessStatements(statementLengths(compilePlan(plan, catalogue, {}))) : [];
  const facts = await measure(source, plan, catalogue);
  const { schema } = plan.source;
  const sizes = sizesOf(plan, catalogue, facts.entities, await readDistinct(source, schema));
  const report = reportStatements(plan, { catalogue, schema }, sizes, statements);
  const findings = [
    ...planProblems,
    ...statementProblems,
    ...assess(plan, catalogue, facts),
    ...statementFindings(report.ranked),
    ...sessionFindings(statements.map(({ statement }) => statement)),
  ].sort(bySeverity);
  return { findings, catalogue, facts, estimate: estimate(plan, facts), asked: { origin, report } };
}

function findingLines({ name, severity, path, evidence, remedy }: PlanFinding): readonly string[] {
  return [`${severity.padEnd(7)} ${path}: ${evidence} (${name})`, `        ${remedy}`];
}

function estimateLines({
  items,
  bytes,
  load,
  warm,
  verification,
  window,
  objects,
  dollars,
  assumptions,
}: Estimate): readonly string[] {
  return [
    `estimate: ${amount(items, 'item')}, ${size(bytes)} in the table; ${amount(objects.count, 'object')}, ${size(objects.bytes)} in S3`,
    `  load          ${load.writeUnits} WCU, ${load.hours} h, $${dollars.load}; S3 objects $${dollars.objects}`,
    ...(warm === null
      ? []
      : [
          `  warm          the table for ${warm.writeUnitsPerSecond} WCU and ${warm.readUnitsPerSecond} RCU a second: \`warmThroughput\` in infra/cdk.json (docs/aws.md)`,
        ]),
    `  verification  ${verification.readUnits} RCU, ${verification.hours} h, ${verification.times} times, $${dollars.verification}`,
    `  window        ${window.hours} h, ${window.writeUnits ?? 'unknown'} WCU of dual writes, $${dollars.window ?? 'unknown'}`,
    `  storage       $${dollars.monthly} a month`,
    ...assumptions.map((assumption) => `  assumed: ${assumption}`),
  ];
}
