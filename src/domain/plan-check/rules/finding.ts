import type { Catalogue, CatalogueTable } from '../../catalogue/catalogue.ts';
import type { EntityPlan, Plan } from '../../plan/plan.ts';
import { findTable } from '../../catalogue/tables.ts';

/** `blocks`: the migration cannot start. `warns`: a person should look. `informs`: said so that nobody is surprised. */
export type Severity = 'blocks' | 'warns' | 'informs';

/** Something the check has to say. `name` is stable; `path` is where in the plan. */
export interface PlanFinding {
  readonly name: string;
  readonly severity: Severity;
  readonly entity: string | null;
  readonly path: string;
  readonly evidence: string;
  readonly remedy: string;
}

/** One entity on the check's table, its source table found. */
export interface Subject {
  readonly plan: Plan;
  readonly catalogue: Catalogue;
  readonly name: string;
  readonly entity: EntityPlan;
  readonly table: CatalogueTable;
}

/** The entities whose table is there; the others are a finding of their own. */
export function subjectsOf(plan: Plan, catalogue: Catalogue): readonly Subject[] {
  return Object.entries(plan.entities).flatMap(([name, entity]): readonly Subject[] => {
    const table = findTable(catalogue, entity.from);
    return table === null ? [] : [{ plan, catalogue, name, entity, table }];
  });
}

const RANK: Readonly<Record<Severity, number>> = { blocks: 0, warns: 1, informs: 2 };

/** The worst first. */
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

export function columnNames(table: CatalogueTable): readonly string[] {
  return table.columns.map(({ name }) => name);
}
