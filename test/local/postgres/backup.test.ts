import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { restoreBackup, takeBackup, takeColdBackup } from '../../../local/postgres/backup.ts';
import { type Postgres, startPostgres } from '../../../local/postgres/server.ts';

let root: string;
let source: Postgres;

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'portage-backup-'));
  source = await startPostgres({ dataDir: join(root, 'source') });
  const client = await connect(source);
  await client.query(`
    create table account (id int primary key, balance bigint not null);
    insert into account select i, 1000 from generate_series(1, 200) i;
    create table movement (n bigint primary key, padding text);
    create table scratch (x text);`);
  await client.end();
});

afterAll(async () => {
  await source.stop();
  rmSync(root, { recursive: true, force: true });
});

async function connect(server: Postgres): Promise<Client> {
  const client = new Client({ connectionString: server.connectionString });
  await client.connect();
  return client;
}

/** Moves money and notes each movement in one transaction, and makes and empties files beside it, until told to stop. */
function keepWriting(): { acknowledged: () => number; stop: () => Promise<void> } {
  const stop = new AbortController();
  let done = 0;
  const movements = async (): Promise<void> => {
    const client = await connect(source);
    for (; !stop.signal.aborted; done++) {
      const [from, to] = [1 + (done % 200), 1 + ((done * 7 + 3) % 200)];
      await client.query('begin');
      await client.query('update account set balance = balance - 1 where id = $1', [from]);
      await client.query('update account set balance = balance + 1 where id = $1', [to]);
      await client.query(`insert into movement values ($1, repeat('x', 2000))`, [done]);
      await client.query('commit');
    }
    await client.end();
  };
  const scratch = async (): Promise<void> => {
    const client = await connect(source);
    while (!stop.signal.aborted) {
      await client.query(`insert into scratch select repeat('y', 500) from generate_series(1, 2000)`);
      await client.query('truncate scratch');
    }
    await client.end();
  };
  const working = Promise.all([movements(), scratch()]);
  return {
    acknowledged: () => done,
    stop: async () => {
      stop.abort();
      await working;
    },
  };
}

test('a backup taken under writes restores to one moment, with everything committed before it', async () => {
  const writers = keepWriting();
  while (writers.acknowledged() < 50) await new Promise((resolve) => setImmediate(resolve));
  const before = writers.acknowledged();
  await takeBackup({
    connectionString: source.connectionString,
    dataDir: source.dataDir,
    target: join(root, 'backup'),
    label: 'under writes',
  });
  const atEnd = writers.acknowledged();
  expect(atEnd).toBeGreaterThan(before);
  await writers.stop();

  await restoreBackup(join(root, 'backup'), join(root, 'copy'));
  const copy = await startPostgres({ dataDir: join(root, 'copy') });
  try {
    const client = await connect(copy);
    const { rows } = await client.query<Record<string, string>>(`
      select (select sum(balance) from account) as total, count(*) as movements, max(n) + 1 as contiguous,
             (select sum(abs(balance - 1000)) from account) as moved
        from movement`);
    const [found] = rows;
    await client.query(`insert into movement values (-1, 'the copy takes writes')`);
    await client.query('reindex table movement');
    await client.end();
    expect(found?.['total']).toBe('200000');
    expect(found?.['contiguous']).toBe(found?.['movements']);
    expect(Number(found?.['movements'])).toBeGreaterThanOrEqual(before);
    expect(Number(found?.['movements'])).toBeLessThanOrEqual(atEnd + 1);
  } finally {
    await copy.stop();
  }
});

test('the backup leaves no replication slot behind that would keep WAL for ever', async () => {
  const client = await connect(source);
  const { rowCount } = await client.query('select 1 from pg_replication_slots');
  await client.end();
  expect(rowCount).toBe(0);
});

test('a stopped server is copied as it lies', async () => {
  const first = await startPostgres({ dataDir: join(root, 'stopped') });
  const client = await connect(first);
  await client.query('create table kept as select 5 as n');
  await client.end();
  await first.stop();
  await takeColdBackup(first.dataDir, join(root, 'cold'));
  await restoreBackup(join(root, 'cold'), join(root, 'thawed'));
  const second = await startPostgres({ dataDir: join(root, 'thawed') });
  const again = await connect(second);
  const { rows } = await again.query('select n from kept');
  await again.end();
  await second.stop();
  expect(rows).toEqual([{ n: 5 }]);
});
