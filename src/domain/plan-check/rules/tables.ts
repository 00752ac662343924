import type { Catalogue, CatalogueTable } from '../../catalogue/catalogue.ts';
import { toCanonical } from '../../mapping/values/to-canonical.ts';
import { columnType } from '../../mapping/values/types.ts';
import type { PlanFinding } from './finding.ts';
import { didYouMean } from './did-you-mean.ts';
import { type EntityPlan, type Plan, UNDECIDED } from '../../plan/plan.ts';
import { findColumn, findTable } from '../../catalogue/tables.ts';
import { ownProperty } from '../../own-property.ts';

/** Checks that every table is an entity's `from` or excluded with a reason, and that `where` separates entities of one table. */
export function checkTables(plan: Plan, catalogue: Catalogue): readonly PlanFinding[] {
  const entities = Object.entries(plan.entities);
  const names = Object.keys(catalogue.tables);
  const mapped = new Set(entities.map(([, { from }]) => from));
  const findings: PlanFinding[] = [];
  const say = (
    name: string,
    severity: PlanFinding['severity'],
    entity: string | null,
    path: string,
    evidence: string,
    remedy: string,
  ) => findings.push({ name, severity, entity, path, evidence, remedy });
  for (const [name, { from }] of entities) {
    if (name === 'UNIQUE')
      say(
        'entity-reserved',
        'blocks',
        name,
        `entities.${name}`,
        'UNIQUE is reserved for the items that keep values unique',
        'Choose another name',
      );
    if (findTable(catalogue, from) === null)
      say(
        'table-unknown',
        'blocks',
        name,
        `entities.${name}.from`,
        `there is no table ${from} in schema ${plan.source.schema}`,
        didYouMean(from, names, 'table'),
      );
  }
  for (const [table, reason] of Object.entries(plan.exclude)) {
    const path = `exclude.${table}`;
    if (findTable(catalogue, table) === null)
      say(
        'table-unknown',
        'blocks',
        null,
        path,
        `there is no table ${table} in schema ${plan.source.schema}`,
        didYouMean(table, names, 'table'),
      );
    else if (!mapped.has(table) && reason.startsWith(UNDECIDED))
      say(
        'table-undecided',
        'warns',
        null,
        path,
        `${table} is not migrated: ${reason}`,
        'Its rows are lost when the source is deleted: map it, or write the reason why it can be left out',
      );
    else if (mapped.has(table))
      say('table-twice', 'blocks', null, path, `${table} is excluded and mapped`, 'Choose one of the two');
    else
      say(
        'table-excluded',
        'informs',
        null,
        path,
        `${table} is not migrated: ${reason}`,
        'Its rows are lost when the source is deleted',
      );
  }
  for (const table of names)
    if (!mapped.has(table) && !Object.hasOwn(plan.exclude, table))
      say(
        'table-unmapped',
        'blocks',
        null,
        'entities',
        `table ${table} is neither mapped nor excluded`,
        `Add an entity with "from": ${JSON.stringify(table)}, or exclude it with a reason`,
      );
  return [...findings, ...shared(entities, catalogue)];
}

/** Checks `where`: a row that matches two entities would be written twice, one that matches none would be lost silently. */
function shared(entities: readonly (readonly [string, EntityPlan])[], catalogue: Catalogue): readonly PlanFinding[] {
  return entities.flatMap(([name, entity], at): readonly PlanFinding[] => {
    const rivals = entities.filter(([, other], place) => other.from === entity.from && place !== at);
    const found = (
      finding: string,
      severity: PlanFinding['severity'],
      evidence: string,
      remedy: string,
    ): PlanFinding => ({
      name: finding,
      severity,
      entity: name,
      path: `entities.${name}.where`,
      evidence,
      remedy,
    });
    const table = findTable(catalogue, entity.from);
    const rival = rivals.find(([, other]) => !disjoint(table, entity, other));
    if (rival !== undefined)
      return [
        found(
          'where-overlaps',
          'blocks',
          `a row of ${entity.from} can be ${name} and ${rival[0]}`,
          'Use the same column in `where` of both, with different values',
        ),
      ];
    const different = rivals.find(([, other]) => String(other.identity ?? '') !== String(entity.identity ?? ''));
    if (different !== undefined)
      return [
        {
          ...found(
            'identity-differs',
            'blocks',
            `${name} and ${different[0]} identify rows of ${entity.from} by different columns`,
            'Give all entities of a table the same `identity`: capture uses one per table',
          ),
          path: `entities.${name}.identity`,
        },
      ];
    if (Object.keys(entity.where ?? {}).length > 0)
      return [
        found(
          'where-partial',
          'warns',
          `rows of ${entity.from} that match no entity's \`where\` are not migrated`,
          'Count such rows in the source',
        ),
      ];
    return [];
  });
}

/** True if no row can satisfy both: some column must have two values that differ by its type (1 equals 1.00). */
function disjoint(table: CatalogueTable | null, left: EntityPlan, right: EntityPlan): boolean {
  return Object.entries(left.where ?? {}).some(([name, value]) => {
    const other = ownProperty(right.where, name);
    const column = table === null ? null : findColumn(table, name);
    if (other === undefined || column === null) return false;
    const absorb = toCanonical(columnType(column));
    const [mine, theirs] = [value, other].map((constant) => (constant === null ? null : absorb(constant)));
    return mine !== theirs;
  });
}
