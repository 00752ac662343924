import { PlanError } from '../domain/errors.ts';
import type { ApplicationRow, ReadValue } from '../domain/mapping/items/application-row.ts';
import type { BodyRef } from '../domain/row.ts';
import { ownProperty } from '../domain/own-property.ts';

/** A value of a row; absent where the plan that runs has no such column. */
export type FieldValue = ReadValue | BodyRef | undefined;

/** A reader of values: answers the value in its type, or undefined where it is of another. */
export type Field<T> = (value: FieldValue) => T | undefined;

/** An array; text where it has several dimensions or does not begin at 1, since no list says that. */
export type List<T> = readonly (T | null)[] | string;

/**
 * A column of a row by its type, for generated modules: the types that they promise are held here, so that a module of another plan
 * says so instead of handing out something else. Throws PlanError.
 */
export function field<T>(row: ApplicationRow, column: string, read: Field<T>): T {
  const value = ownProperty(row, column);
  const converted = read(value);
  if (converted !== undefined) return converted;
  const actual = value === null ? 'NULL' : Array.isArray(value) ? 'a list' : typeof value;
  throw new PlanError({
    file: 'the generated module',
    path: column,
    message: `the module and the plan that runs differ: this column shows ${actual}`,
    remedy: 'Run portage generate with this plan, and deploy both together',
  });
}

export const text: Field<string> = (value) => (typeof value === 'string' ? value : undefined);

export const numeric: Field<number> = (value) => (typeof value === 'number' ? value : undefined);

export const flag: Field<boolean> = (value) => (typeof value === 'boolean' ? value : undefined);

export const bytes: Field<Uint8Array> = (value) => (value instanceof Uint8Array ? value : undefined);

/** A JSON value, whatever it holds: also what looks like a reference. */
export const document: Field<ReadValue> = (value) => (value !== undefined && isBodyRef(value) ? { ...value } : value);

/** A large value in a list of rows: itself, or where it lies. */
export function orReference<T>(read: Field<T>): Field<T | BodyRef> {
  return (value) => (value !== undefined && isBodyRef(value) ? value : read(value));
}

/** The reader for a nullable column. */
export function orNull<T>(read: Field<T>): Field<T | null> {
  return (value) => (value === null ? null : read(value));
}

/** The reader for an array column. */
export function list<T>(read: Field<T>): Field<List<T>> {
  return (value) => {
    if (typeof value === 'string') return value;
    if (!isList(value)) return undefined;
    const items: (T | null)[] = [];
    for (const item of value) {
      const converted = item === null ? null : read(item);
      if (converted === undefined) return undefined;
      items.push(converted);
    }
    return items;
  };
}

function isList(value: FieldValue): value is readonly ReadValue[] {
  return Array.isArray(value);
}

function isBodyRef(value: ReadValue | BodyRef): value is BodyRef {
  return (
    typeof value === 'object' &&
    value !== null &&
    'sha256' in value &&
    'bytes' in value &&
    typeof value.sha256 === 'string' &&
    typeof value.bytes === 'number'
  );
}
