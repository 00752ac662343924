import { createHash } from 'node:crypto';

import { COLUMNS } from './columns.ts';
import type { ColumnKind, EntityName } from './columns.ts';
import { ownProperty } from '../../../src/domain/own-property.ts';

/** A row in a form that compares by `===`, column by column: one text per value, null for NULL and for absent. */
export type CanonicalRow = Readonly<Record<string, string | null>>;

/** Converts a row to its canonical form; absent columns are omitted. */
export function canonicalRow(entity: EntityName, row: Readonly<Record<string, unknown>>): CanonicalRow {
  return canonicalColumns(COLUMNS[entity].columns, row);
}

export function canonicalColumns(
  columns: Readonly<Record<string, ColumnKind>>,
  row: Readonly<Record<string, unknown>>,
): CanonicalRow {
  return canonicalValues(columns, row, (kind, value) => canonicalValue(kind, value));
}

/** Like `canonicalColumns`, for rows as a store holds them: JSON is text there, where an application has its value. */
export function canonicalStored(
  columns: Readonly<Record<string, ColumnKind>>,
  row: Readonly<Record<string, unknown>>,
): CanonicalRow {
  return canonicalValues(columns, row, (kind, value) =>
    canonicalValue(kind, kind === 'json' && typeof value === 'string' ? JSON.parse(value) : value),
  );
}

function canonicalValues(
  columns: Readonly<Record<string, ColumnKind>>,
  row: Readonly<Record<string, unknown>>,
  textOf: (kind: ColumnKind, value: unknown) => string | null,
): CanonicalRow {
  const settled: Record<string, string | null> = {};
  for (const [column, kind] of Object.entries(columns)) {
    if (Object.hasOwn(row, column)) settled[column] = textOf(kind, row[column]);
  }
  return settled;
}

/** A row's id in the ledger: the value of its identity, or the list of its values. */
export function idOf(identity: readonly string[], row: CanonicalRow): string {
  const [only = null, ...others] = identity.map((column) => ownProperty(row, column) ?? null);
  return others.length === 0 ? (only ?? '') : JSON.stringify([only, ...others]);
}

/** Columns in which `found` differs from `expected`, judged by the columns that `expected` names. */
export function differences(expected: CanonicalRow, found: CanonicalRow): readonly string[] {
  return Object.keys(expected).filter(
    (column) => (ownProperty(expected, column) ?? null) !== (ownProperty(found, column) ?? null),
  );
}

/** NULL and JSON's null are the same to an application, as with `pg`. */
function canonicalValue(kind: ColumnKind, value: unknown): string | null {
  if (value === null || value === undefined) return null;
  switch (kind) {
    case 'number':
      return canonicalNumber(String(value));
    case 'timestamp':
      return canonicalTimestamp(String(value));
    case 'float':
      return String(Number(value));
    case 'padded':
      return String(value).replace(/ +$/, '');
    case 'boolean':
      return value === true || value === 'true' || value === 't' ? 'true' : 'false';
    case 'list':
      return JSON.stringify(typeof value === 'string' ? JSON.parse(value) : value);
    case 'json':
      return stableJson(value);
    case 'bytes':
      return value instanceof Uint8Array ? Buffer.from(value).toString('hex') : String(value).replace(/^\\x/, '');
    case 'body':
      return bodyText(String(value));
    case 'byte-body':
      return bodyText(value instanceof Uint8Array ? value : String(value));
    case 'text':
      return String(value);
  }
}

/** The hash and the size of a long text: what the ledger keeps of it. A text that already is one passes. */
export function bodyText(value: string | Uint8Array): string {
  if (typeof value === 'string' && /^sha256:[0-9a-f]{64}:\d+$/.test(value)) return value;
  const bytes = Buffer.from(value);
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}:${bytes.length}`;
}

/** 5.10 and 5.1 are the same amount: the verifier checks the scale, not the ledger. */
function canonicalNumber(text: string): string {
  const trimmed = text.includes('.') ? text.replace(/0+$/, '').replace(/\.$/, '') : text;
  return trimmed === '-0' ? '0' : trimmed;
}

/** UTC with six decimals. */
function canonicalTimestamp(text: string): string {
  const parts = /^(\d{4,}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?:\.(\d+))?(?:Z|\+00(?::?00)?)?$/.exec(text);
  if (parts === null) return text;
  return `${parts[1] ?? ''}T${parts[2] ?? ''}.${(parts[3] ?? '').padEnd(6, '0')}Z`;
}

/** JSON with sorted keys; jsonb keeps no order. */
function stableJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(stableJson).join(',')}]`;
  if (typeof value === 'object' && value !== null) {
    const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
    return `{${members.map(([key, member]) => `${JSON.stringify(key)}:${stableJson(member)}`).join(',')}}`;
  }
  return JSON.stringify(value);
}
