import type { Catalogue } from '../catalogue/catalogue.ts';
import type { Plan } from '../plan/plan.ts';
import { isMigrationTool } from '../statements/left-out.ts';
import { amount } from './amount.ts';
import type { DdlFacts } from './facts.ts';
import type { AssessmentFinding } from './finding.ts';

/** Reports what is likely to change the schema while the migration runs (runbooks/ddl.md), or to meet the DDL of capture itself. */
export function assessDdl(plan: Plan, catalogue: Catalogue, facts: DdlFacts): readonly AssessmentFinding[] {
  return [
    ...facts.partitioned.flatMap((table) => partitions(plan, catalogue, facts, table)),
    ...facts.eventTriggers.map(({ name, event, function: of }): AssessmentFinding => ({
      name: 'event-trigger',
      severity: 'warns',
      entity: null,
      path: 'source',
      evidence: `event trigger ${name} runs ${of} at ${event}`,
      remedy:
        'Make sure that it lets CREATE SCHEMA, FUNCTION, TABLE and TRIGGER pass, which install capture, and DROP, which removes it',
    })),
    ...Object.keys(catalogue.tables)
      .filter(isMigrationTool)
      .map((table): AssessmentFinding => ({
        name: 'migration-tool',
        severity: 'informs',
        entity: null,
        path: 'ddl',
        evidence: `${table}: a migration tool changes this schema`,
        remedy:
          'Hold back changes of mapped columns and keys until the migration is complete; runbooks/ddl.md says what each change leads to',
      })),
  ];
}

function partitions(
  plan: Plan,
  catalogue: Catalogue,
  { schedulers, mayFollow }: DdlFacts,
  { table, key }: DdlFacts['partitioned'][number],
): readonly AssessmentFinding[] {
  const entity = Object.entries(plan.entities).find(([, { from }]) => from === table)?.[0];
  if (entity === undefined) return [];
  const halts = plan.ddl.partitionRemoved === 'halt';
  const adopted = mayFollow
    ? 'New partitions are adopted in the transaction that adds them'
    : 'New partitions are adopted within seconds; until then TRUNCATE of one is not refused (a role that may create event triggers, as superuser or rds_superuser may, adopts them at once)';
  const scheduled = schedulers.length === 0 ? '' : `; ${schedulers.join(', ')} is installed`;
  return [
    {
      name: 'partitions',
      severity: halts && scheduled !== '' ? 'warns' : 'informs',
      entity,
      path: `entities.${entity}`,
      evidence: `${table} is partitioned by ${key}, ${amount(catalogue.tables[table]?.leaves.length ?? 0, 'partition')}${scheduled}`,
      remedy: halts
        ? `${adopted}. A partition that is dropped or detached returns reads to PostgreSQL: suspend that, or set \`ddl.partitionRemoved\` to "note"`
        : `${adopted}. Items of dropped ones are found by the next verification as \`extra\``,
    },
  ];
}
