import type { CatalogueColumn } from '../../../domain/catalogue/catalogue.ts';
import { maxDigits } from '../../../domain/mapping/values/types.ts';

/**
 * A condition that is true for values of a numeric column beyond DynamoDB's numbers, which no item can hold (isDynamoNumber says the
 * same of canonical text); of an array, where an element is. Null for columns of other types.
 */
export function beyondNumbers(column: Pick<CatalogueColumn, 'type' | 'kind' | 'array'>, value: string): string | null {
  if (column.kind !== 'b' || column.type !== 'numeric') return null;
  if (!column.array) return beyond(value);
  return `EXISTS (SELECT 1 FROM unnest(${value}) AS e(v) WHERE ${beyond('e.v')})`;
}

/** NaN and infinity have no digits, and are text in an item. */
function beyond(value: string): string {
  const digits = `btrim(replace(abs(${value})::text, '.', ''), '0')`;
  return `(${value}::text ~ '\\d' AND (length(${digits}) > ${maxDigits} OR abs(${value}) >= 1e126 OR (${value} <> 0 AND abs(${value}) < 1e-130)))`;
}
