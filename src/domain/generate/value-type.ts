import type { ColumnKind, ColumnType } from '../mapping/values/types.ts';

/** A column's type in the generated module. */
export interface ValueType {
  /** Type that a caller may pass. */
  readonly accepts: string;
  /** Type in a row that was read (`mapping/values/from-canonical.ts`). */
  readonly shows: string;
  /** Name of the reader in `client/field.ts` that checks a value against the type. */
  readonly reader: string;
}

const text: ValueType = { accepts: 'string', shows: 'string', reader: 'text' };
const number: ValueType = { accepts: 'number', shows: 'number', reader: 'numeric' };
const time: ValueType = { accepts: 'string | Date', shows: 'string', reader: 'text' };
const document: ValueType = { accepts: 'ApplicationValue', shows: 'ReadValue', reader: 'document' };

const kinds: Readonly<Record<ColumnKind, ValueType>> = {
  boolean: { accepts: 'boolean', shows: 'boolean', reader: 'flag' },
  integer: number,
  decimal: { accepts: 'string | number', shows: 'string', reader: 'text' },
  float: number,
  bytes: { accepts: 'Uint8Array', shows: 'Uint8Array', reader: 'bytes' },
  text,
  padded: text,
  uuid: text,
  enum: text,
  date: time,
  time: text,
  timestamp: time,
  timestamptz: time,
  json: document,
  jsonb: document,
  other: text,
};

/** A column's type in TypeScript; numbers with more digits than a JavaScript number are strings. */
export function valueType(type: ColumnType): ValueType {
  const single =
    type.kind === 'integer' && type.name === 'int8'
      ? { ...text, accepts: 'string | number | bigint' }
      : kinds[type.kind];
  if (!type.array) return single;
  return {
    accepts: `readonly (${single.accepts} | null)[]`,
    shows: `List<${single.shows}>`,
    reader: `list(${single.reader})`,
  };
}
