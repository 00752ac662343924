import { createHash } from 'node:crypto';

import type { Client } from 'pg';

import type { AttributeValue, Item } from '../../src/domain/item.ts';
import type { Bodies } from '../../src/domain/ports/bodies.ts';
import type { Table } from '../../src/domain/ports/table.ts';
import { COLUMNS, ENTITIES } from './columns.ts';
import type { ColumnKind, EntityName } from './columns.ts';
import { ledgerKey } from './expectation.ts';
import type { Expectation } from './expectation.ts';
import { settleRow } from './settled-row.ts';
import type { SettledRow } from './settled-row.ts';
import type { Found } from './verdict.ts';

type Expectations = ReadonlyMap<string, Expectation>;

/** The written rows as PostgreSQL has them. Its own SQL, not the migration's: the two must not share a mistake. */
export async function rowsOfPostgres(client: Client, expectations: Expectations): Promise<Found> {
  const rows = new Map<string, SettledRow[]>();
  for (const entity of ENTITIES) {
    const ids = [...expectations.values()].filter((one) => one.entity === entity).map((one) => one.id);
    const { table, columns } = COLUMNS[entity];
    const selected = Object.entries(columns).map(([column, kind]) => `${asText(column, kind)} AS ${column}`);
    const answer = await client.query<Record<string, string | null> & { id: string }>(
      `SELECT ${selected.join(', ')} FROM ${table} WHERE id = ANY($1::uuid[])`,
      [ids],
    );
    for (const row of answer.rows) rows.set(ledgerKey({ entity, id: row.id }), [settleRow(entity, row)]);
  }
  return { rows };
}

function asText(column: string, kind: ColumnKind): string {
  switch (kind) {
    case 'timestamp':
      return `to_char(${column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`;
    case 'list':
      return `array_to_json(${column})::text`;
    case 'bytes':
      return `encode(${column}, 'hex')`;
    case 'body':
      return `'sha256:' || encode(sha256(convert_to(${column}, 'UTF8')), 'hex') || ':' || octet_length(${column})`;
    default:
      return `${column}::text`;
  }
}

const SEGMENTS = 4;

/**
 * The written rows as DynamoDB and S3 have them, found by a scan and not by their keys: a row that was left behind under
 * an old key shows as a second copy.
 */
export async function rowsOfDynamo(table: Table, bodies: Bodies, expectations: Expectations): Promise<Found> {
  const rows = new Map<string, SettledRow[]>();
  const take = async (item: Item): Promise<void> => {
    const entity = entityOf(item);
    const id = textOf(item['id']);
    if (entity === null || id === null || item['_d'] !== undefined) return;
    const key = ledgerKey({ entity, id });
    if (!expectations.has(key)) return;
    const row = await rowOf(entity, item, bodies);
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

function entityOf(item: Item): EntityName | null {
  // The items that hold a unique value apart carry the entity's name as well, but not its key.
  if (textOf(item['PK'])?.startsWith('UNIQUE#') === true) return null;
  const name = textOf(item['_e']);
  return ENTITIES.find((entity) => entity === name) ?? null;
}

async function rowOf(entity: EntityName, item: Item, bodies: Bodies): Promise<SettledRow> {
  const row: Record<string, unknown> = {};
  for (const [column, kind] of Object.entries(COLUMNS[entity].columns)) {
    row[column] = kind === 'body' ? await bodyOf(item, column, bodies) : plain(item[column]);
  }
  return settleRow(entity, row);
}

/** The body is fetched and hashed here: that a pointer is right proves nothing about what it points to. */
async function bodyOf(item: Item, column: string, bodies: Bodies): Promise<string | null> {
  const pointer = textOf(item['transcriptS3Key']);
  if (pointer === null) return textOf(item[column]);
  const sha256 = pointer.slice(pointer.lastIndexOf('/') + 1);
  const body = await bodies.get(sha256);
  if (body === null) return `no object at ${pointer}`;
  const hash = createHash('sha256').update(body).digest('hex');
  return `sha256:${hash}:${plain(item['contentLength']) === String(body.length) ? body.length : 'another length'}`;
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
