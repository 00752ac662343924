import { randomUUID } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { OutcomeUnknown } from '../../src/domain/errors.ts';
import type { SqlSource } from '../../src/domain/ports/source.ts';
import type { Table } from '../../src/domain/ports/table.ts';
import { user } from './rows.ts';
import { useWorld, type World } from './fixture.ts';

let world: World;
useWorld((started) => (world = started), { mode: 'dual' });

/** A source whose next commit gives no answer, having taken effect or not. */
function silent(commits: boolean): SqlSource {
  return {
    query: world.sql.query,
    begin: async () => {
      const tx = await world.sql.begin();
      return {
        ...tx,
        commit: async () => {
          await (commits ? tx.commit() : tx.rollback());
          throw new OutcomeUnknown({ operation: 'COMMIT', txn: null });
        },
      };
    },
  };
}

test('RACE-14 a commit without an answer that took effect is a success', async () => {
  const client = await world.client({ source: silent(true) });
  await client.put('USER', user());
  expect(await world.differences()).toEqual([]);
  expect(await world.items()).toHaveLength(2);
});

test('RACE-17 a commit without an answer that did not take effect is an error, and the target is repaired at once', async () => {
  const client = await world.client({ source: silent(false) });
  await expect(client.put('USER', user())).rejects.toMatchObject({ name: 'DeadlineExceeded', retryable: true });
  expect(await world.differences()).toEqual([]);
  expect(await world.intents.list()).toEqual([]);
});

/** A table whose transactions land or not, and then give no answer. */
function doubtful(lands: boolean): Table {
  return {
    ...world.table,
    transact: async (items, intent, token) => {
      if (lands) await world.table.transact(items, intent, token);
      throw new OutcomeUnknown({ operation: 'TransactWriteItems', txn: null });
    },
  };
}

test.each([true, false])(
  'RACE-14 a target without an answer (it landed: %s) means that neither store has the write',
  async (lands) => {
    const client = await world.client({ table: doubtful(lands) });
    await expect(client.put('USER', user())).rejects.toMatchObject({ retryable: true });
    expect(await world.differences()).toEqual([]);
    expect(await world.intents.list()).toEqual([]);
  },
);

test('RACE-58 RACE-61 a transaction that lands after its write was given up is undone by the sweeper, and covers nothing newer', async () => {
  const requests: (() => Promise<unknown>)[] = [];
  const late = async (): Promise<void> => {
    for (const request of requests) await request();
  };
  const table: Table = {
    ...world.table,
    transact: (items, intent) => {
      // A token of its own each time: DynamoDB's own memory of tokens ends, too.
      requests.push(() => world.table.transact(items, intent, randomUUID()));
      return Promise.reject(new OutcomeUnknown({ operation: 'TransactWriteItems', txn: null }));
    },
  };
  const [good, bad] = [await world.client(), await world.client({ table })];
  const row = user();
  await good.put('USER', row);
  await expect(bad.update('USER', { id: row.id }, { bio: 'late' })).rejects.toMatchObject({ retryable: true });
  await late();
  expect(await world.differences()).toHaveLength(1);
  await world.sweep();
  await late();
  expect(await world.differences()).toEqual([]);
  await good.update('USER', { id: row.id }, { bio: 'newer' });
  await late();
  expect(await world.differences()).toEqual([]);
});

test('RACE-73 conflicts are retried under a new token until the deadline', async () => {
  const tokens: string[] = [];
  const table: Table = {
    ...world.table,
    transact: (items, intent, token) => {
      tokens.push(token);
      return tokens.length < 4 ? Promise.resolve({ kind: 'conflict' }) : world.table.transact(items, intent, token);
    },
  };
  const client = await world.client({ table });
  await client.put('USER', user());
  expect(new Set(tokens).size).toBe(4);
  expect(await world.differences()).toEqual([]);
});

test('RACE-72 a deferred constraint fails before the target is written', async () => {
  await world.psql.query(
    'ALTER TABLE campaigns ALTER CONSTRAINT campaigns_owner_id_fkey DEFERRABLE INITIALLY DEFERRED',
  );
  const client = await world.client();
  const { id } = user();
  const orphan = { id, owner_id: id, title: 't', system: 'homebrew', budget: 1, tags: [] };
  await expect(client.put('CAMPAIGN', orphan)).rejects.toMatchObject({ name: 'StatementFailed', retryable: false });
  expect(await world.items()).toEqual([]);
  await world.psql.query('ALTER TABLE campaigns ALTER CONSTRAINT campaigns_owner_id_fkey NOT DEFERRABLE');
});

test('RACE-65 concurrent serializable transactions on different rows do not disturb each other', async () => {
  const client = await world.client();
  const rows = Array.from({ length: 12 }, () => user());
  await client.transact(rows.map((row) => ({ put: 'USER', row })));
  const write = (id: string) =>
    client.sql('serializable', async (tx) => {
      await tx.query(`UPDATE users SET bio = 'x' WHERE id = :id::uuid`, { id });
      const [row] = await tx.query(`SELECT current_setting('transaction_isolation') AS level`);
      return row?.['level'];
    });
  await world.psql.query(`ALTER DATABASE app SET default_transaction_isolation = 'serializable'`);
  // Pooled sessions would go on with what they began with.
  await world.psql.query(
    `SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = 'app' AND pid <> pg_backend_pid()`,
  );
  const outcomes = await Promise.allSettled(rows.map(({ id }) => write(id)));
  await world.psql.query('ALTER DATABASE app RESET default_transaction_isolation');
  expect(outcomes).toEqual(rows.map(() => ({ status: 'fulfilled', value: 'serializable' })));
  expect(await world.differences()).toEqual([]);
});
