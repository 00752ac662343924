import type { CatalogueTable } from '../catalogue/catalogue.ts';
import { type Condition, constantsIn } from '../catalogue/condition.ts';
import { findColumn } from '../catalogue/tables.ts';
import type { ImageValue, RowImage } from '../row.ts';
import { planError } from './plan-error.ts';
import { toCanonical } from './values/to-canonical.ts';
import { columnType } from './values/types.ts';
import { ownProperty } from '../own-property.ts';

/** A condition in canonical text: one value (null = IS NULL), one of several, or none of several and not NULL. Lists are sorted. */
export type CanonicalCondition =
  string | null | { readonly in: readonly string[] } | { readonly not: readonly string[] };

/** What `where` and `when` demand of a row: a condition per column. */
export type Conditions = Readonly<Record<string, CanonicalCondition>>;

/** True when every condition holds. */
export function holds(conditions: Conditions, image: RowImage): boolean {
  for (const column in conditions) {
    const condition = conditions[column];
    if (condition !== undefined && !fulfils(ownProperty(image, column) ?? null, condition)) return false;
  }
  return true;
}

function fulfils(value: ImageValue, condition: CanonicalCondition): boolean {
  if (condition === null || typeof condition === 'string') return value === condition;
  if (typeof value !== 'string') return false;
  return 'in' in condition ? condition.in.includes(value) : !condition.not.includes(value);
}

/** True where every value that fulfils `left` fulfils `right`. */
export function implies(left: CanonicalCondition, right: CanonicalCondition): boolean {
  if (left === null || typeof left === 'string') return fulfils(left, right);
  if ('in' in left) return left.in.every((value) => fulfils(value, right));
  return (
    right !== null &&
    typeof right === 'object' &&
    'not' in right &&
    right.not.every((value) => left.not.includes(value))
  );
}

/** A condition of the plan or of an index in canonical text; undefined for one with a constant that no row can have. */
export function conditionOf(table: CatalogueTable, name: string, condition: Condition): CanonicalCondition | undefined {
  const column = findColumn(table, name);
  if (column === null) return undefined;
  const { either, other } = constantsIn(condition);
  const toText = toCanonical(columnType(column));
  const texts = (either ?? other).flatMap((constant) => (constant === null ? [] : (toText(constant) ?? [])));
  if (condition === null) return null;
  if (texts.length < (either ?? other).length) return undefined;
  const sorted = [...new Set(texts)].sort();
  if (either === null) return complement(column.type, column.array, sorted) ?? { not: sorted };
  const [first] = sorted;
  return sorted.length === 1 && first !== undefined ? first : { in: sorted };
}

/** A boolean that is not one of its values is the other. */
function complement(type: string, array: boolean, not: readonly string[]): string | null {
  if (type !== 'bool' || array || not.length !== 1) return null;
  return not[0] === 'true' ? 'false' : 'true';
}

/** Conditions in canonical text of their columns; null where one has a constant that no row can have, or a column that is not there. */
export function canonicalConditions(
  table: CatalogueTable,
  conditions: Readonly<Record<string, Condition>>,
): Conditions | null {
  const canonical: Record<string, CanonicalCondition> = {};
  for (const [name, condition] of Object.entries(conditions)) {
    const found = conditionOf(table, name, condition);
    if (found === undefined) return null;
    canonical[name] = found;
  }
  return canonical;
}

/** The plan's conditions in canonical text of their columns. Throws PlanError for a constant that no row can have. */
export function conditionsOf(
  table: CatalogueTable,
  conditions: Readonly<Record<string, Condition>>,
  path: string,
): Conditions {
  const canonical = canonicalConditions(table, conditions);
  if (canonical !== null) return canonical;
  const impossible = Object.entries(conditions).filter(
    ([name, condition]) => conditionOf(table, name, condition) === undefined,
  );
  throw planError(
    path,
    `${impossible.map(([name, condition]) => `${name}: ${JSON.stringify(condition)}`).join(', ')} has a value that no row can have`,
    'Compare a column with values of its type',
  );
}
