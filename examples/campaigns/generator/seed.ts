import { readFile } from 'node:fs/promises';

import type { ClientBase } from 'pg';

import { passwordHashes } from './passwords.ts';
import { rowsOf } from './rows.ts';
import type { Row, Rows } from './rows.ts';
import { sizeOf } from './size.ts';
import type { Size } from './size.ts';

export interface SeedOptions {
  readonly seed: number;
  readonly scale: number;
  /** Called after each batch with rows so far and in all. */
  readonly onProgress?: (done: number, all: number) => void;
}

const BATCH_ROWS = 1_000;
const BATCH_CHARACTERS = 4_000_000;

/** Creates the schema in an empty database and fills it; answers how many rows each table got. */
export async function seedCampaigns(client: ClientBase, options: SeedOptions): Promise<Size> {
  const size = sizeOf(options.scale);
  const rows = rowsOf(options.seed, size, await passwordHashes(options.seed));
  const all = size.users + size.campaigns + size.sessions + size.characters;
  let done = 0;
  const loaded = (count: number): void => {
    done += count;
    options.onProgress?.(done, all);
  };
  await client.query(await readFile(new URL('../schema.sql', import.meta.url), 'utf8'));
  // Seeding is not the thing under test: nothing reads the database before the last row is in.
  await client.query('SET synchronous_commit = off');
  for (const [table, count, row] of tablesOf(rows, size)) await load(client, table, count, row, loaded);
  await client.query('SET synchronous_commit = on');
  await client.query('ANALYZE');
  return size;
}

function tablesOf(rows: Rows, size: Size): readonly (readonly [string, number, (index: number) => Row])[] {
  return [
    ['users', size.users, rows.user],
    ['campaigns', size.campaigns, rows.campaign],
    ['sessions', size.sessions, rows.session],
    ['characters', size.characters, rows.character],
  ];
}

async function load(
  client: ClientBase,
  table: string,
  count: number,
  row: (index: number) => Row,
  loaded: (count: number) => void,
): Promise<void> {
  let batch: string[] = [];
  let characters = 0;
  let sending: Promise<unknown> = Promise.resolve();
  const send = async (): Promise<void> => {
    await sending;
    loaded(batch.length);
    // The server works on one batch while the next one is made here.
    sending = client.query(`INSERT INTO ${table} SELECT * FROM json_populate_recordset(NULL::${table}, $1)`, [
      `[${batch.join(',')}]`,
    ]);
    sending.catch(() => undefined);
    batch = [];
    characters = 0;
  };
  for (let index = 0; index < count; index += 1) {
    const text = JSON.stringify(row(index));
    batch.push(text);
    characters += text.length;
    if (batch.length === BATCH_ROWS || characters > BATCH_CHARACTERS) await send();
  }
  if (batch.length > 0) await send();
  await sending;
}
