import type { CatalogueTable } from '../catalogue/catalogue.ts';
import { findColumn } from '../catalogue/tables.ts';
import type { RowImage } from '../row.ts';
import { planError } from './plan-error.ts';
import { toCanonical } from './values/to-canonical.ts';
import { columnType } from './values/types.ts';

/** What `where` and `when` demand of a row: canonical text per column, null = IS NULL. */
export type Conditions = Readonly<Record<string, string | null>>;

/** True when every condition holds: equality of canonical text, null = IS NULL. */
export function holds(conditions: Conditions, image: RowImage): boolean {
  for (const column in conditions) if ((image[column] ?? null) !== conditions[column]) return false;
  return true;
}

/** A constant as canonical text of a column, null = NULL; undefined for one that no row can have. */
export function constantOf(
  table: CatalogueTable,
  name: string,
  constant: string | number | boolean | null,
): string | null | undefined {
  const column = findColumn(table, name);
  if (column === null) return undefined;
  return constant === null ? null : (toCanonical(columnType(column))(constant) ?? undefined);
}

/** The plan's constants as canonical text of their columns. Throws PlanError for one that no row can have. */
export function constantsOf(
  table: CatalogueTable,
  conditions: Readonly<Record<string, string | number | boolean | null>>,
  path: string,
): Conditions {
  return Object.fromEntries(
    Object.entries(conditions).map(([name, constant]): [string, string | null] => {
      const text = constantOf(table, name, constant);
      if (text === undefined)
        throw planError(
          path,
          `${name} = ${JSON.stringify(constant)} can hold for no row`,
          'Compare a column with a value of its type',
        );
      return [name, text];
    }),
  );
}
