import { randomUUID } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { OutcomeUnknown } from '../../src/domain/errors.ts';
import type { SqlSource } from '../../src/domain/ports/source.ts';
import type { Table } from '../../src/domain/ports/table.ts';
import { user } from './rows.ts';
import { useFixture, type Fixture } from './fixture.ts';

let fixture: Fixture;
useFixture((started) => (fixture = started), { mode: 'dual' });

/** A source whose next commit gives no answer, having taken effect or not. */
function silent(commits: boolean): SqlSource {
  return {
    query: fixture.sql.query,
    begin: async () => {
      const tx = await fixture.sql.begin();
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
  const client = await fixture.client({ source: silent(true) });
  await client.put('USER', user());
  expect(await fixture.differences()).toEqual([]);
  expect(await fixture.items()).toHaveLength(2);
});

test('RACE-17 a commit without an answer that did not take effect is an error, and the target is repaired at once', async () => {
  const client = await fixture.client({ source: silent(false) });
  await expect(client.put('USER', user())).rejects.toMatchObject({ name: 'DeadlineExceeded', retryable: true });
  expect(await fixture.differences()).toEqual([]);
  expect(await fixture.intents.list()).toEqual([]);
});

/** A table whose transactions land or not, and then give no answer. */
function doubtful(lands: boolean): Table {
  return {
    ...fixture.table,
    transact: async (items, intent, token) => {
      if (lands) await fixture.table.transact(items, intent, token);
      throw new OutcomeUnknown({ operation: 'TransactWriteItems', txn: null });
    },
  };
}

test.each([true, false])(
  'RACE-14 a target without an answer (it landed: %s) means that neither store has the write',
  async (lands) => {
    const client = await fixture.client({ table: doubtful(lands) });
    await expect(client.put('USER', user())).rejects.toMatchObject({ retryable: true });
    expect(await fixture.differences()).toEqual([]);
    expect(await fixture.intents.list()).toEqual([]);
  },
);

test('RACE-58 RACE-61 a transaction that lands after its write was given up is undone by the sweeper, and covers nothing newer', async () => {
  const requests: (() => Promise<unknown>)[] = [];
  const late = async (): Promise<void> => {
    for (const request of requests) await request();
  };
  const table: Table = {
    ...fixture.table,
    transact: (items, intent) => {
      // A token of its own each time: DynamoDB's own memory of tokens ends, too.
      requests.push(() => fixture.table.transact(items, intent, randomUUID()));
      return Promise.reject(new OutcomeUnknown({ operation: 'TransactWriteItems', txn: null }));
    },
  };
  const [good, bad] = [await fixture.client(), await fixture.client({ table })];
  const row = user();
  await good.put('USER', row);
  await expect(bad.update('USER', { id: row.id }, { bio: 'late' })).rejects.toMatchObject({ retryable: true });
  await late();
  expect(await fixture.differences()).toHaveLength(1);
  await fixture.sweep();
  await late();
  expect(await fixture.differences()).toEqual([]);
  await good.update('USER', { id: row.id }, { bio: 'newer' });
  await late();
  expect(await fixture.differences()).toEqual([]);
});

test('RACE-73 conflicts are retried under a new token until the deadline', async () => {
  const tokens: string[] = [];
  const table: Table = {
    ...fixture.table,
    transact: (items, intent, token) => {
      tokens.push(token);
      return tokens.length < 4 ? Promise.resolve({ kind: 'conflict' }) : fixture.table.transact(items, intent, token);
    },
  };
  const client = await fixture.client({ table });
  await client.put('USER', user());
  expect(new Set(tokens).size).toBe(4);
  expect(await fixture.differences()).toEqual([]);
});

test('RACE-72 a deferred constraint fails before the target is written', async () => {
  await fixture.psql.query(
    'ALTER TABLE campaigns ALTER CONSTRAINT campaigns_owner_id_fkey DEFERRABLE INITIALLY DEFERRED',
  );
  const client = await fixture.client();
  const { id } = user();
  const orphan = { id, owner_id: id, title: 't', system: 'homebrew', budget: 1, tags: [] };
  await expect(client.put('CAMPAIGN', orphan)).rejects.toMatchObject({ name: 'StatementFailed', retryable: false });
  expect(await fixture.items()).toEqual([]);
  await fixture.psql.query('ALTER TABLE campaigns ALTER CONSTRAINT campaigns_owner_id_fkey NOT DEFERRABLE');
});

test.each(['data-api', 'pg'] as const)(
  'RACE-72 deferred triggers of the application find what its search path has, by %s',
  async (way) => {
    await fixture.psql.query(`
      CREATE TABLE greeted (id uuid);
      CREATE FUNCTION greet() RETURNS trigger LANGUAGE plpgsql AS $f$ BEGIN INSERT INTO greeted VALUES (NEW.id); RETURN NULL; END $f$;
      CREATE CONSTRAINT TRIGGER greeting AFTER INSERT ON users DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION greet()`);
    try {
      const client = await fixture.client({ source: fixture.sources[way] });
      const row = user();
      await client.put('USER', row);
      expect((await fixture.psql.query('SELECT id FROM greeted')).rows).toEqual([{ id: row.id }]);
      expect(await fixture.differences()).toEqual([]);
    } finally {
      await fixture.psql.query('DROP TRIGGER greeting ON users; DROP FUNCTION greet; DROP TABLE greeted');
    }
  },
);

test('RACE-65 concurrent serializable transactions on different rows do not disturb each other', async () => {
  const client = await fixture.client();
  const rows = Array.from({ length: 12 }, () => user());
  await client.transact(rows.map((row) => ({ put: 'USER', row })));
  const write = (id: string) =>
    client.sql('serializable', async (tx) => {
      await tx.query(`UPDATE users SET bio = 'x' WHERE id = :id::uuid`, { id });
      const [row] = await tx.query(`SELECT current_setting('transaction_isolation') AS level`);
      return row?.['level'];
    });
  await fixture.psql.query(`ALTER DATABASE app SET default_transaction_isolation = 'serializable'`);
  // Pooled sessions would go on with what they began with.
  await fixture.psql.query(
    `SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = 'app' AND pid <> pg_backend_pid()`,
  );
  const outcomes = await Promise.allSettled(rows.map(({ id }) => write(id)));
  await fixture.psql.query('ALTER DATABASE app RESET default_transaction_isolation');
  expect(outcomes).toEqual(rows.map(() => ({ status: 'fulfilled', value: 'serializable' })));
  expect(await fixture.differences()).toEqual([]);
});
