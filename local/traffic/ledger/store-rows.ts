import { createHash } from 'node:crypto';

import type { Client } from 'pg';

import { quoteIdentifier } from '../../../src/adapters/postgres/sql/quote.ts';
import type { AttributeValue, Item } from '../../../src/domain/item.ts';
import type { Bodies } from '../../../src/domain/ports/bodies.ts';
import type { Table } from '../../../src/domain/ports/table.ts';
import type { ColumnKind, EntityShape, Shapes } from './columns.ts';
import { ledgerKey } from './expectation.ts';
import type { Expectation } from './expectation.ts';
import { idOf, canonicalStored } from './canonical-row.ts';
import type { CanonicalRow } from './canonical-row.ts';
import type { StoredRow } from './find-lost-writes.ts';
import { ownProperty } from '../../../src/domain/own-property.ts';

type Expectations = ReadonlyMap<string, Expectation>;

/**
 * The written rows as stored in PostgreSQL. Read by its own SQL, not the migration's, so that both
 * cannot share a bug.
 */
export async function rowsOfPostgres(client: Client, shapes: Shapes, expectations: Expectations): Promise<StoredRow> {
  const rows = new Map<string, CanonicalRow[]>();
  await client.query(PLAIN_OUTPUT);
  for (const [entity, shape] of Object.entries(shapes)) {
    const wanted = [...expectations.values()].filter((one) => one.entity === entity).map(({ id }) => id);
    if (wanted.length === 0) continue;
    const answer = await client.query<Record<string, string | null>>(
      `SELECT ${selectedAsText(shape)} FROM ${shape.table} AS t WHERE ${idSql(shape)} = ANY($1)`,
      [wanted],
    );
    for (const raw of answer.rows) {
      const row = canonicalStored(shape.columns, raw);
      const key = ledgerKey({ entity, id: idOf(shape.identity, row) });
      rows.set(key, [...(rows.get(key) ?? []), row]);
    }
  }
  return { rows };
}

/** Text as the code in this file expects it, independent of the database's settings. */
export const PLAIN_OUTPUT = `SET timezone TO 'UTC'; SET datestyle TO 'ISO, YMD'; SET intervalstyle TO 'postgres';
  SET extra_float_digits TO 1; SET bytea_output TO 'hex'`;

/** A shape's columns as text, under their own names. */
export function selectedAsText({ columns }: EntityShape): string {
  return Object.entries(columns)
    .map(([column, kind]) => `${asText(`t.${quoteIdentifier(column)}`, kind)} AS ${quoteIdentifier(column)}`)
    .join(', ');
}

/** The ledger's id of a row, in SQL. */
function idSql({ identity, columns }: EntityShape): string {
  const texts = identity.map((column) =>
    idText(`t.${quoteIdentifier(column)}`, ownProperty(columns, column) ?? 'text'),
  );
  return texts.length === 1 ? (texts[0] ?? '') : `array_to_json(ARRAY[${texts.join(', ')}])::text`;
}

/** In canonical form. */
function idText(column: string, kind: ColumnKind): string {
  switch (kind) {
    case 'number':
      return `trim_scale(${column}::numeric)::text`;
    case 'timestamp':
      return `to_char(${column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`;
    default:
      return asText(column, kind);
  }
}

function asText(column: string, kind: ColumnKind): string {
  switch (kind) {
    case 'list':
      return `array_to_json(${column})::text`;
    case 'bytes':
      return `encode(${column}, 'hex')`;
    case 'body':
      return hashText(`convert_to(${column}, 'UTF8')`);
    case 'byte-body':
      return hashText(column);
    default:
      return `${column}::text`;
  }
}

function hashText(bytes: string): string {
  return `'sha256:' || encode(sha256(${bytes}), 'hex') || ':' || octet_length(${bytes})`;
}

const SEGMENTS = 4;

/**
 * The written rows as DynamoDB and S3 have them, found by a scan and not by their keys: a row that was left behind under
 * an old key shows as a second copy.
 */
export async function rowsOfDynamo(
  { table, bodies }: { readonly table: Table; readonly bodies: Bodies },
  shapes: Shapes,
  expectations: Expectations,
): Promise<StoredRow> {
  const rows = new Map<string, CanonicalRow[]>();
  const take = async (item: Item): Promise<void> => {
    const entity = entityOf(item, shapes);
    const shape = entity === null ? undefined : shapes[entity];
    if (entity === null || shape === undefined || item['_d'] !== undefined) return;
    const names = Object.fromEntries(
      shape.identity.map((column) => [column, ownProperty(shape.columns, column) ?? 'text'] as const),
    );
    const id = idOf(shape.identity, canonicalStored(names, valuesOf(shape, item)));
    const key = ledgerKey({ entity, id });
    if (!expectations.has(key)) return;
    const row = await rowOf(shape, item, bodies);
    rows.set(key, [...(rows.get(key) ?? []), row]);
  };
  const segment = async (number: number): Promise<void> => {
    let after: string | null = null;
    do {
      const page = await table.scan(number, SEGMENTS, after);
      await Promise.all(page.items.map(take));
      after = page.next;
    } while (after !== null);
  };
  await Promise.all(Array.from({ length: SEGMENTS }, (_, number) => segment(number)));
  return { rows };
}

function entityOf(item: Item, shapes: Shapes): string | null {
  // Uniqueness items have the entity's name as well, but another key.
  if (textOf(item['PK'])?.startsWith('UNIQUE#') === true) return null;
  const name = textOf(item['_e']);
  return name !== null && Object.hasOwn(shapes, name) ? name : null;
}

function valuesOf({ columns, renamed }: EntityShape, item: Item): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.keys(columns).map((column) => [column, plain(ownProperty(item, ownProperty(renamed, column) ?? column))]),
  );
}

async function rowOf(shape: EntityShape, item: Item, bodies: Bodies): Promise<CanonicalRow> {
  const row: Record<string, unknown> = { ...valuesOf(shape, item) };
  for (const [column, kind] of Object.entries(shape.columns)) {
    if (kind === 'body' || kind === 'byte-body') row[column] = await bodyOf(shape, item, column, bodies);
  }
  return canonicalStored(shape.columns, row);
}

/** The body is fetched and hashed, because a correct pointer proves nothing about the body. */
async function bodyOf(shape: EntityShape, item: Item, column: string, bodies: Bodies): Promise<unknown> {
  const attributes = ownProperty(shape.bodies, column);
  const pointer = attributes === undefined ? null : textOf(ownProperty(item, attributes.pointer));
  if (pointer === null) return plain(ownProperty(item, ownProperty(shape.renamed, column) ?? column));
  const sha256 = pointer.slice(pointer.lastIndexOf('/') + 1);
  const body = await bodies.get(sha256);
  if (body === null) return `no object at ${pointer}`;
  const hash = createHash('sha256').update(body).digest('hex');
  const length = attributes === undefined ? null : plain(ownProperty(item, attributes.length));
  return `sha256:${hash}:${length === String(body.length) ? body.length : 'another length'}`;
}

function textOf(value: AttributeValue | undefined): string | null {
  return value !== undefined && 'S' in value ? value.S : null;
}

function plain(value: AttributeValue | undefined): unknown {
  if (value === undefined || 'NULL' in value) return null;
  if ('S' in value) return value.S;
  if ('N' in value) return value.N;
  if ('BOOL' in value) return value.BOOL;
  if ('B' in value) return value.B;
  return structure(value);
}

/** Inside a document numbers are numbers again. */
function structure(value: AttributeValue): unknown {
  if ('L' in value) return value.L.map(structure);
  if ('M' in value) return Object.fromEntries(Object.entries(value.M).map(([key, member]) => [key, structure(member)]));
  if ('N' in value) return Number(value.N);
  if ('NULL' in value) return null;
  return plain(value);
}
