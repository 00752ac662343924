import type { CatalogueTable, UniqueIndex, UniquePart } from '../catalogue/catalogue.ts';
import { looseEquality } from '../catalogue/collation.ts';
import { findColumn, uniqueIndexesOf } from '../catalogue/tables.ts';
import { ownProperty } from '../own-property.ts';
import type { Segment } from './keys/template.ts';
import { canonicalConditions, type Conditions, implies } from './conditions.ts';

/** What two rows may not have in common: the form in which a rule of `unique` and a unique index of PostgreSQL are compared. */
export interface UniqueShape {
  readonly parts: readonly UniquePart[];
  readonly when: Conditions;
  readonly nulls: 'distinct' | 'same';
}

/** The values of a template, as parts of a unique key. */
export function uniquePartsOf(
  segments: readonly (
    Segment | { readonly kind: 'value'; readonly path: string; readonly lower: boolean } | { readonly kind: 'literal' }
  )[],
): readonly UniquePart[] {
  return segments.flatMap((part) => (part.kind === 'value' ? [{ column: part.path, lower: part.lower }] : []));
}

/** The shape of an index of the source, texts that PostgreSQL compares without case in lower case; null for one that a plan cannot say. */
export function shapeOfIndex(table: CatalogueTable, { key, when, nulls }: UniqueIndex): UniqueShape | null {
  if (key === null || when === null) return null;
  const conditions = canonicalConditions(table, when);
  if (conditions === null) return null;
  const parts = key.map(({ column, lower }) => ({ column, lower: lower || isLoose(table, column) }));
  return { parts, when: conditions, nulls };
}

function isLoose(table: CatalogueTable, name: string): boolean {
  const column = findColumn(table, name);
  return column !== null && looseEquality(column) !== null;
}

/** True if `left` forbids every pair of rows that `right` forbids. */
export function forbidsAll(table: CatalogueTable, left: UniqueShape, right: UniqueShape): boolean {
  const applies = Object.entries(left.when).every(([column, condition]) => {
    const demanded = ownProperty(right.when, column);
    if (demanded !== undefined) return implies(demanded, condition);
    return isNeverNull(table, right, column) && implies({ not: [] }, condition);
  });
  const tells = left.parts.every((part) =>
    right.parts.some(({ column, lower }) => column === part.column && (part.lower || !lower)),
  );
  const nullable = right.parts.some(({ column }) => findColumn(table, column)?.notNull !== true);
  return applies && tells && (right.nulls === 'distinct' || left.nulls === 'same' || !nullable);
}

/** True where no pair of rows that the rule forbids has a NULL in the column. */
function isNeverNull(table: CatalogueTable, { parts, nulls }: UniqueShape, name: string): boolean {
  return (
    findColumn(table, name)?.notNull === true || (nulls === 'distinct' && parts.some(({ column }) => column === name))
  );
}

/** True if both are made of the same columns. */
export function sameColumns(left: UniqueShape, right: UniqueShape): boolean {
  return (
    left.parts.length === right.parts.length &&
    left.parts.every((part) => right.parts.some(({ column }) => column === part.column))
  );
}

/** True if PostgreSQL keeps the rule by a constraint that it checks at the end of a statement or transaction only. */
export function isDeferrable(table: CatalogueTable, rule: UniqueShape): boolean {
  const keepers = uniqueIndexesOf(table).filter((index) => {
    const shape = shapeOfIndex(table, index);
    return shape !== null && forbidsAll(table, shape, rule);
  });
  return keepers.length > 0 && keepers.every(({ deferrable }) => deferrable);
}
