import type { EntityFacts } from '../../assess/facts.ts';
import type { Catalogue, CatalogueTable } from '../../catalogue/catalogue.ts';
import { followPath } from '../../catalogue/follow.ts';
import { findTable, provenUnique } from '../../catalogue/tables.ts';
import { ownProperty } from '../../own-property.ts';
import type { Plan } from '../../plan/plan.ts';
import type { Sizes } from './cost.ts';

/** `pg_stats.n_distinct` by table and column: a number, or, negative, a share of the rows. */
export type DistinctCounts = Readonly<Record<string, Readonly<Record<string, number>>>>;

/** Sizes from the measured entities, and distinct values from PostgreSQL's statistics, keys and foreign keys. */
export function sizesOf(
  plan: Plan,
  catalogue: Catalogue,
  facts: readonly EntityFacts[],
  counts: DistinctCounts,
): Sizes {
  const rowsOf = (table: string): number =>
    facts.filter(({ entity }) => plan.entities[entity]?.from === table).reduce((sum, { rows }) => sum + rows, 0);
  const distinct = (table: CatalogueTable, column: string): number | null => {
    const rows = rowsOf(table.name);
    if (provenUnique(table, [column])) return rows;
    const counted = ownProperty(ownProperty(counts, table.name), column);
    if (counted !== undefined && counted !== 0) return counted > 0 ? counted : -counted * rows;
    const key = table.foreignKeys.find(({ columns }) => columns.length === 1 && columns[0] === column);
    return key === undefined ? null : Math.min(rows, rowsOf(key.references.table));
  };
  return {
    entities: Object.fromEntries(
      facts.map(({ entity, rows, bytes }) => [entity, { rows, bytes: rows === 0 ? 0 : bytes / rows }]),
    ),
    distinct: (name, path) => {
      const table = findTable(catalogue, name);
      const followed = table === null ? null : followPath(catalogue, table, path);
      return followed?.ok === true ? distinct(followed.table, followed.column.name) : null;
    },
  };
}
