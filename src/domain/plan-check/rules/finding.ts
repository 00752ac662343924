import type { Catalogue, CatalogueTable } from '../../catalogue/catalogue.ts';
import type { EntityPlan, Plan } from '../../plan/plan.ts';
import { findTable } from '../../catalogue/tables.ts';

/** `blocks`: the migration cannot start. `warns`: a person should look. `informs`: nothing is wrong, but the behaviour may surprise. */
export type Severity = 'blocks' | 'warns' | 'informs';

/** One result of a check. `name` is stable; `path` is the place in the plan. */
export interface PlanFinding {
  readonly name: string;
  readonly severity: Severity;
  readonly entity: string | null;
  readonly path: string;
  readonly evidence: string;
  readonly remedy: string;
}

/** Reports a finding on a pattern; `at` is the place below it. */
export type Say = (finding: string, at: string, evidence: string, remedy: string, severity?: Severity) => void;

/** One entity to check, with its source table. */
export interface Subject {
  readonly plan: Plan;
  readonly catalogue: Catalogue;
  readonly name: string;
  readonly entity: EntityPlan;
  readonly table: CatalogueTable;
}

/** The entities whose table exists; a missing table is reported by `checkTables`. */
export function subjectsOf(plan: Plan, catalogue: Catalogue): readonly Subject[] {
  return Object.entries(plan.entities).flatMap(([name, entity]): readonly Subject[] => {
    const table = findTable(catalogue, entity.from);
    return table === null ? [] : [{ plan, catalogue, name, entity, table }];
  });
}

const RANK: Readonly<Record<Severity, number>> = { blocks: 0, warns: 1, informs: 2 };

/** Sorts findings by severity, most severe first. */
export function bySeverity(left: PlanFinding, right: PlanFinding): number {
  return RANK[left.severity] - RANK[right.severity];
}

/** A finding on an entity; `at` is the place below it. */
export function finding(
  { name: entity }: Pick<Subject, 'name'>,
  severity: Severity,
  name: string,
  at: string,
  evidence: string,
  remedy: string,
): PlanFinding {
  const path = at === '' ? `entities.${entity}` : `entities.${entity}.${at}`;
  return { name, severity, entity, path, evidence, remedy };
}

/** The names of a table's columns. */
export function columnNames(table: CatalogueTable): readonly string[] {
  return table.columns.map(({ name }) => name);
}
