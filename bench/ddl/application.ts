import { setTimeout as pause } from 'node:timers/promises';
import { Client as Psql } from 'pg';
import { randomOf } from '../../examples/campaigns/generator/random.ts';
import type { Client } from '../../src/client/open-client.ts';
import { OutcomeUnknown, isRetryable } from '../../src/domain/errors.ts';
import type { Ledger } from './ledger.ts';
import { MARK_COLUMN, nextOperation, type Operation } from './operation.ts';
import { dayIn, entityOf, type MappedTable, SHARED_PLACES } from './schema.ts';

const PATIENCE_MS = 20_000;

export interface Session {
  /** Chooses its rows; no two sessions write the same ones. */
  readonly number: number;
  readonly seed: number;
  readonly ledger: Ledger;
  readonly isOver: () => boolean;
}

/** A session of plain SQL that knows nothing of Portage. */
export async function playSql(
  session: Session,
  connection: { readonly connectionString: string; readonly schema: string },
): Promise<void> {
  const random = randomOf(session.seed, `sql ${session.number}`);
  const client = new Psql({ connectionString: connection.connectionString });
  await client.connect();
  try {
    await client.query(`SET search_path = ${connection.schema}`);
    while (!session.isOver()) {
      const operation = nextOperation(random, session.number);
      const [text, values] = sqlOf(operation);
      await session.ledger.attempt('sql', operation, async () => {
        const { rows } = await client.query<{ mark?: string }>(text, [...values]);
        return operation.action === 'get' ? (rows[0]?.mark ?? null) : undefined;
      });
      await pause(random.between(1, 12));
    }
  } finally {
    await client.end();
  }
}

function sqlOf({ table, action, columns, id, month, mark }: Operation): readonly [string, readonly unknown[]] {
  const isEvent = table === 'events';
  const key = isEvent ? 'id = $1 AND at = $2' : 'id = $1';
  const keyValues = isEvent ? [id, dayIn(month)] : [id];
  const column = MARK_COLUMN[table];
  const next = keyValues.length + 1;
  switch (action) {
    case 'get':
      return [`SELECT ${column} AS mark FROM ${table} WHERE ${key}`, keyValues];
    case 'delete':
      return [`DELETE FROM ${table} WHERE ${key}`, keyValues];
    case 'update':
      return [`UPDATE ${table} SET ${column} = $${next} WHERE ${key}`, [...keyValues, mark]];
    case 'put': {
      const names = [...(isEvent ? ['id', 'at'] : ['id']), ...columns];
      const values = [...keyValues, ...columns.map((name) => valueOf(name, id, mark))];
      const places = values.map((_, index) => `$${index + 1}`).join(', ');
      return [
        `INSERT INTO ${table} (${names.join(', ')}) VALUES (${places}) ON CONFLICT (${isEvent ? 'id, at' : 'id'}) DO UPDATE SET ${column} = excluded.${column}`,
        values,
      ];
    }
  }
}

function valueOf(column: string, id: number, mark: string): string | number {
  switch (column) {
    case 'place_id':
      return 1 + (id % SHARED_PLACES);
    case 'kind':
      return 'kind';
    case 'size':
      return '12.25';
    case 'seen':
      return '2026-01-02T03:04:05.678901Z';
    default:
      return mark;
  }
}

/** A session of Portage's client. */
export async function playClient(session: Session, client: Client, tables: readonly MappedTable[]): Promise<void> {
  const random = randomOf(session.seed, `client ${session.number}`);
  while (!session.isOver()) {
    await callClient(session.ledger, client, nextOperation(random, session.number, tables));
    await pause(random.between(1, 20));
  }
}

/** Makes one call, and repeats it as long as its errors are retryable, as the client asks of an application. */
export function callClient(ledger: Ledger, client: Client, operation: Operation): Promise<boolean> {
  return ledger.attempt('client', operation, async () => {
    const until = performance.now() + PATIENCE_MS;
    for (;;) {
      try {
        return await send(client, operation);
      } catch (error) {
        if (error instanceof OutcomeUnknown || !isRetryable(error) || performance.now() > until) throw error;
        ledger.retries += 1;
        await pause(30);
      }
    }
  });
}

async function send(
  client: Client,
  { table, action, columns, id, month, mark }: Operation,
): Promise<string | null | undefined> {
  const entity = entityOf(table);
  const key = table === 'events' ? { id, at: dayIn(month) } : { id };
  switch (action) {
    case 'get': {
      const row = await client.get(entity, key);
      const value = row?.[MARK_COLUMN[table]];
      return typeof value === 'string' ? value : null;
    }
    case 'delete':
      await client.delete(entity, key);
      return undefined;
    case 'update':
      await client.update(entity, key, { [MARK_COLUMN[table]]: mark }).catch(ignoreMissingRow);
      return undefined;
    case 'put':
      await client.put(entity, {
        ...key,
        ...Object.fromEntries(columns.map((name) => [name, valueOf(name, id, mark)])),
      });
      return undefined;
  }
}

function ignoreMissingRow(error: unknown): void {
  if (!(error instanceof Error) || error.name !== 'RowNotFound') throw error;
}
