import { setTimeout as pause } from 'node:timers/promises';
import { Client as Psql } from 'pg';
import { randomOf, type Random } from '../../examples/campaigns/generator/random.ts';
import type { Client } from '../../src/client/open-client.ts';
import { isRetryable } from '../../src/domain/errors.ts';
import { type LockTable, OWN_IDS, OWN_ROWS, SHARED_ROWS } from './tables.ts';
import type { Waits } from './waits.ts';

/** What the sessions of an application do; all but `client` write and read without Portage's client. */
export type SessionKind = 'short' | 'transaction' | 'reader' | 'client';

export interface SessionInput {
  /** From 1; chooses the rows that only this session writes. */
  readonly number: number;
  readonly kind: SessionKind;
  readonly seed: number;
  readonly tables: readonly LockTable[];
  readonly connectionString: string;
  readonly waits: Waits;
  readonly isOver: () => boolean;
}

type Statement = readonly [text: string, values: readonly unknown[]];

/** Half of all statements go to the first tables, so that some tables are always busy. */
const BUSY_TABLES = 10;
/** Longest pause inside a transaction, in milliseconds; one session in ten waits this long. */
const LONG_MS = 700;

/** Plain SQL, until it is over. Sessions never touch each other's rows, so without DDL nothing waits for a lock. */
export async function playSql(input: SessionInput): Promise<void> {
  const random = randomOf(input.seed, `${input.kind} ${input.number}`);
  const client = new Psql({ connectionString: input.connectionString });
  await client.connect();
  const send = ([text, values]: Statement) => input.waits.measure(input.kind, () => client.query(text, [...values]));
  try {
    while (!input.isOver()) {
      if (input.kind === 'transaction') await playTransaction(input, random, send);
      else await send(input.kind === 'reader' ? read(input, random) : write(input, random));
      await pause(random.between(1, 10));
    }
  } finally {
    await client.end();
  }
}

async function playTransaction(
  input: SessionInput,
  random: Random,
  send: (statement: Statement) => Promise<unknown>,
): Promise<void> {
  const isLong = input.number % 10 === 2;
  await send(['BEGIN', []]);
  for (let n = random.between(2, 5); n > 0; n--) {
    await send(random.chance(0.3) ? read(input, random) : write(input, random));
    await pause(random.between(1, isLong ? LONG_MS : 60));
  }
  await send([random.chance(0.8) ? 'COMMIT' : 'ROLLBACK', []]);
}

function tableOf({ tables }: SessionInput, random: Random): LockTable {
  const table = tables[random.between(0, (random.chance(0.5) ? BUSY_TABLES : tables.length) - 1)] ?? tables[0];
  if (table === undefined) throw new Error('there is no table');
  return table;
}

function write(input: SessionInput, random: Random): Statement {
  const table = tableOf(input, random);
  const id = input.number * OWN_IDS + random.between(1, OWN_ROWS * 3);
  const ref = table.references === null ? null : random.between(1, SHARED_ROWS);
  // A partition or child by its own name, as jobs that know about partitions do.
  const [child = table.name] = table.children.slice(random.between(0, table.children.length));
  switch (random.between(0, 3)) {
    case 0:
      return [`DELETE FROM ${table.name} WHERE id = $1`, [id]];
    case 1:
      return [`UPDATE ${child} SET n = n + 1 WHERE id = $1`, [id]];
    case 2:
      return [`UPDATE ${table.name} SET note = $2, ref = $3 WHERE id = $1`, [id, `note ${random.bits()}`, ref]];
    default:
      return [
        `INSERT INTO ${table.name} (id, note, ref) VALUES ($1, $2, $3) ON CONFLICT (id) DO UPDATE SET n = 0`,
        [id, 'new', ref],
      ];
  }
}

function read(input: SessionInput, random: Random): Statement {
  const { name, references } = tableOf(input, random);
  if (references !== null)
    return [`SELECT * FROM ${name} AS t JOIN ${references} AS r ON r.id = t.ref WHERE t.id > $1 LIMIT 5`, [OWN_IDS]];
  return random.chance(0.5)
    ? [`SELECT * FROM ${name} WHERE id = $1`, [random.between(1, SHARED_ROWS)]]
    : [`SELECT count(*), max(n) FROM ${name} WHERE id < $1`, [SHARED_ROWS]];
}

/** Calls of Portage's client, until it is over. */
export async function playClient(input: SessionInput, client: Client): Promise<void> {
  const random = randomOf(input.seed, `client ${input.number}`);
  while (!input.isOver()) {
    const table = tableOf(input, random);
    const entity = table.name.toUpperCase();
    const id = input.number * OWN_IDS + random.between(1, OWN_ROWS * 3);
    const ref = table.references === null ? null : random.between(1, SHARED_ROWS);
    const calls: readonly [() => Promise<unknown>, ...(() => Promise<unknown>)[]] = [
      () => client.put(entity, { id, n: 0, note: `put ${random.bits()}`, ref }),
      () => client.delete(entity, { id }),
      () => client.get(entity, { id }),
    ];
    const call = random.pick(calls);
    await input.waits.measure(input.kind, () => repeated(input.waits, call));
    await pause(random.between(5, 20));
  }
}

async function repeated(waits: Waits, call: () => Promise<unknown>): Promise<unknown> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await call();
    } catch (error) {
      if (attempt === 10 || !isRetryable(error)) throw error;
      waits.retries++;
      await pause(20);
    }
  }
}
