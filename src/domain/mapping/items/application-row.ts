import { ValueRefused } from '../../errors.ts';
import type { BodyRef, RowImage } from '../../row.ts';
import { toCanonical } from '../values/to-canonical.ts';
import type { ApplicationValue } from '../values/application-value.ts';
import type { ColumnMapping, EntityMapping } from '../mapping.ts';
import { jsonRefusal } from '../values/to-canonical-json.ts';
import { fromCanonical, type ReadValue } from '../values/from-canonical.ts';
import { ownProperty } from '../../own-property.ts';

export type { ApplicationValue } from '../values/application-value.ts';
export type { ReadValue } from '../values/from-canonical.ts';

/** Canonical text per column, as writers pass it to PostgreSQL. */
export type TextRow = Readonly<Record<string, string | null>>;

/** A row as applications see it; a value still in S3 is a reference. */
export type ApplicationRow = Readonly<Record<string, ReadValue | BodyRef>>;

/**
 * The values of a row for an application: number (smallint, integer, real, double), string (bigint, numeric, text, uuid, date, and
 * times in ISO), boolean, Uint8Array, array (text where it has several dimensions or does not begin at 1), and for json its parsed value, whose
 * numbers are JavaScript's: a document with longer ones must not be written back; null for NULL.
 */
export function toApplicationRow(entity: EntityMapping, image: RowImage): ApplicationRow {
  const row: Record<string, ReadValue | BodyRef> = {};
  for (const { column, type } of entity.columns) {
    const value = ownProperty(image, column);
    row[column] = typeof value === 'string' ? fromCanonical(type)(value) : (value ?? null);
  }
  return row;
}

/**
 * Converts an application's values to canonical text. Dates may be Date objects, json any JSON
 * value (a string is a JSON string). Throws ValueRefused for unknown columns and for values that
 * the column's type cannot hold.
 */
export function toCanonicalRow(entity: EntityMapping, values: Readonly<Record<string, ApplicationValue>>): TextRow {
  const row: Record<string, string | null> = {};
  for (const [column, value] of Object.entries(values)) {
    if (value === undefined) continue;
    const mapped = entity.columns.find((candidate) => candidate.column === column);
    if (mapped === undefined || mapped.generated)
      throw new ValueRefused({
        entity: entity.name,
        column,
        reason: mapped === undefined ? 'there is no such column in the mapping' : 'PostgreSQL computes this column',
      });
    const text = value === null ? null : toCanonical(mapped.type)(value);
    if (text === null && value !== null) throw refused(entity.name, mapped, value);
    row[column] = text;
  }
  return row;
}

function refused(entity: string, { column, type }: ColumnMapping, value: ApplicationValue): ValueRefused {
  const isJson = !type.array && (type.kind === 'json' || type.kind === 'jsonb');
  const reason = (isJson ? jsonRefusal(value) : null) ?? "the value has no form in the column's type";
  return new ValueRefused({ entity, column, reason });
}
