import type { CatalogueColumn } from '../../catalogue/catalogue.ts';
import { ownProperty } from '../../own-property.ts';

/**
 * Canonical text: one text per value, whatever the session's settings. Whoever reads a row from PostgreSQL (trigger, loader,
 * relay, sweeper, verifier, client) prints it with the same SQL expression; whoever decodes an item prints the same text.
 *
 * | type                     | canonical text                                                            | a setting-proof expression |
 * |--------------------------|---------------------------------------------------------------------------|----------------------------|
 * | bool                     | `true` or `false`                                                         | `c::text` |
 * | bytea                    | lower-case hex, no prefix                                                 | `encode(c, 'hex')` |
 * | timestamptz              | in UTC, `2024-01-02 03:04:05.6789+00`: PostgreSQL's own text, so the fraction has no trailing zeros and is absent when zero; `…+00 BC`; `infinity`, `-infinity` | `to_json(c at time zone 'UTC') #>> '{}'`, `T` to a space, `+00` before any ` BC`; not when infinite |
 * | timestamp                | `2024-01-02 03:04:05.6789`, as above without `+00`                        | `to_json(c) #>> '{}'`, `T` to a space |
 * | date                     | `2024-01-02`, `0044-03-15 BC`, `infinity`                                 | `to_json(c) #>> '{}'` |
 * | char(n)                  | padded to n with blanks, as the client sees it                            | `concat(c)`; `c::text` would trim |
 * | arrays                   | compact JSON array of canonical text or null, as JSON.stringify prints it: `["1",null,"a\"b"]`, `[]` | `to_json(text)` per element, joined with `,` |
 * | arrays of other shape (several dimensions, lower bound not 1) | the array's `::text` under the settings below | pinned |
 * | json, jsonb              | `c::text` (jsonb prints itself in one way; json as it was stored)         | |
 * | float4, float8           | shortest text that reads back exactly (`extra_float_digits` >= 1, the default) | pinned |
 * | interval, money, composites, ranges, the rest | the type's `::text` under TimeZone UTC, DateStyle ISO, IntervalStyle postgres, bytea_output hex, lc_monetary C | pinned |
 * | large column over its limit | `{ "sha256": …, "bytes": … }` of the UTF-8 text, or of the bytes for bytea | `sha256(convert_to(c, 'UTF8'))`, `octet_length(…)` |
 */
export type ColumnKind =
  | 'boolean'
  | 'integer'
  | 'decimal'
  | 'float'
  | 'bytes'
  | 'text'
  | 'padded'
  | 'uuid'
  | 'enum'
  | 'date'
  | 'time'
  | 'timestamp'
  | 'timestamptz'
  | 'json'
  | 'jsonb'
  | 'other';

/** The properties of a column's type that encoding, keys and application values depend on. */
export interface ColumnType {
  readonly kind: ColumnKind;
  readonly array: boolean;
  /** Base type's name in pg_type: `int4`, `numeric`, an enum's own name. */
  readonly name: string;
  /** Declared precision and scale of numeric, null when bare. */
  readonly precision: number | null;
  readonly scale: number | null;
  /** Declared length of char(n) and varchar(n). */
  readonly length: number | null;
}

const kinds: Readonly<Record<string, ColumnKind>> = {
  bool: 'boolean',
  int2: 'integer',
  int4: 'integer',
  int8: 'integer',
  oid: 'integer',
  numeric: 'decimal',
  float4: 'float',
  float8: 'float',
  bytea: 'bytes',
  text: 'text',
  varchar: 'text',
  name: 'text',
  citext: 'text',
  bpchar: 'padded',
  uuid: 'uuid',
  date: 'date',
  time: 'time',
  timestamp: 'timestamp',
  timestamptz: 'timestamptz',
  json: 'json',
  jsonb: 'jsonb',
};

/** Decimal digits that hold every value of an integer type. */
export const integerWidths: Readonly<Record<string, number>> = { int2: 5, int4: 10, int8: 19, oid: 10 };

/** Significant digits of a DynamoDB number. */
export const maxDigits = 38;

/** Reads a column's type from the catalogue. */
export function columnType(column: CatalogueColumn): ColumnType {
  const kind = column.kind === 'e' ? 'enum' : column.kind === 'b' ? ownProperty(kinds, column.type) : 'other';
  return {
    kind: kind ?? 'other',
    array: column.array,
    name: column.type,
    precision: column.precision,
    scale: column.scale,
    length: column.length,
  };
}

/** The type of an array's elements. */
export function elementType(type: ColumnType): ColumnType {
  return { ...type, array: false };
}
