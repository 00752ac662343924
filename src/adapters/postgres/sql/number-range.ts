import type { CatalogueColumn } from '../../../domain/catalogue/catalogue.ts';
import { maxDigits } from '../../../domain/mapping/values/types.ts';

/**
 * A condition that is true for numbers that DynamoDB cannot hold (isDynamoNumber is the same rule
 * for canonical text), also as elements of arrays. Null for columns of other types.
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
