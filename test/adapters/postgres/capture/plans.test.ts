import { expect, test } from '@jest/globals';
import { Client } from 'pg';
import { installCapture } from '../../../../src/adapters/postgres/capture/capture.ts';
import { readCatalogue } from '../../../../src/adapters/postgres/catalogue/read-catalogue.ts';
import { compilePlan } from '../../../../src/domain/plan-check/compile-plan.ts';
import { planSchema } from '../../../../src/domain/plan/plan.ts';
import { GENERATION, useFixture, type Fixture } from '../../../client/fixture.ts';

let fixture: Fixture;
useFixture((started) => (fixture = started), { mode: 'dual' });

/** Every session searches its plans at each invalidation of a table, so that with hundreds of tables a removal would keep it busy for seconds. */
test('capture leaves at most four plans a table in a session that inserts, updates, moves and deletes its rows', async () => {
  await fixture.psql.query(`
    CREATE SCHEMA shop;
    CREATE TABLE shop.first (id int PRIMARY KEY, name text);
    CREATE TABLE shop.second (id int PRIMARY KEY, name text)`);
  const plan = planSchema.parse({
    name: 'shop',
    source: { schema: 'shop' },
    table: { name: 'shop' },
    entities: {
      FIRST: { from: 'first', key: { PK: 'FIRST#{id}', SK: 'FIRST#{id}' } },
      SECOND: { from: 'second', key: { PK: 'SECOND#{id}', SK: 'SECOND#{id}' } },
    },
  });
  await installCapture(fixture.sql, compilePlan(plan, await readCatalogue(fixture.sql, 'shop'), {}), GENERATION);
  const session = new Client({ connectionString: fixture.connectionString });
  await session.connect();
  const count = async (): Promise<number> => {
    const { rows } = await session.query<{ n: number }>(
      `SELECT count(*)::int AS n FROM pg_backend_memory_contexts WHERE name = 'CachedPlanSource'`,
    );
    return rows[0]?.n ?? 0;
  };
  const write = async (table: string): Promise<void> => {
    await session.query(`INSERT INTO ${table} VALUES (1, 'a')`);
    await session.query(
      `BEGIN; UPDATE ${table} SET name = 'b'; UPDATE ${table} SET id = 2; DELETE FROM ${table}; COMMIT`,
    );
  };
  try {
    // The plans of what all tables share.
    await write('shop.first');
    const before = await count();
    await write('shop.second');
    const added = (await count()) - before;
    expect(added).toBeGreaterThan(0);
    expect(added).toBeLessThanOrEqual(4);
  } finally {
    await session.end();
  }
});

test('a session finds rows by their key after the table has grown', async () => {
  await fixture.psql.query(`
    CREATE SCHEMA farm; CREATE TABLE farm.bees (id int PRIMARY KEY, note text); INSERT INTO farm.bees VALUES (1, 'a'); ANALYZE farm.bees`);
  const plan = planSchema.parse({
    name: 'farm',
    source: { schema: 'farm' },
    table: { name: 'farm' },
    entities: { BEE: { from: 'bees', key: { PK: 'BEE#{id}', SK: 'BEE#{id}' } } },
  });
  await installCapture(fixture.sql, compilePlan(plan, await readCatalogue(fixture.sql, 'farm'), {}), GENERATION);
  const session = new Client({ connectionString: fixture.connectionString });
  await session.connect();
  const scans = async (): Promise<number> => {
    await session.query('SELECT pg_stat_force_next_flush()');
    const { rows } = await session.query<{ n: number }>(
      `SELECT seq_scan::int AS n FROM pg_stat_user_tables WHERE relname = 'bees'`,
    );
    return rows[0]?.n ?? 0;
  };
  try {
    const before = await scans();
    await session.query(`DO $$ BEGIN FOR i IN 2 .. 500 LOOP INSERT INTO farm.bees VALUES (i, 'x'); END LOOP; END $$`);
    expect(await scans()).toBe(before);
  } finally {
    await session.end();
  }
});

test('a change that leaves a large body as it is reads the body once', async () => {
  await fixture.psql.query(`
    CREATE SCHEMA press;
    CREATE TABLE press.books (id int PRIMARY KEY, sold int, body text);
    ALTER TABLE press.books ALTER body SET STORAGE EXTERNAL;
    INSERT INTO press.books VALUES (1, 0, repeat('text ', 400000))`);
  const plan = planSchema.parse({
    name: 'press',
    source: { schema: 'press' },
    table: { name: 'press' },
    entities: {
      BOOK: { from: 'books', key: { PK: 'BOOK#{id}', SK: 'BOOK#{id}' }, large: { body: { pointer: 'bodyKey' } } },
    },
  });
  await installCapture(fixture.sql, compilePlan(plan, await readCatalogue(fixture.sql, 'press'), {}), GENERATION);
  const session = new Client({ connectionString: fixture.connectionString });
  await session.connect();
  const blocks = async (): Promise<number> => {
    await session.query('SELECT pg_stat_force_next_flush()');
    const { rows } = await session.query<{ n: number }>(
      `SELECT (toast_blks_hit + toast_blks_read)::int AS n FROM pg_statio_user_tables WHERE relname = 'books'`,
    );
    return rows[0]?.n ?? 0;
  };
  try {
    await session.query('UPDATE press.books SET sold = 1');
    const before = await blocks();
    await session.query('UPDATE press.books SET sold = 2');
    const size = 2_000_000 / 8_192;
    const read = (await blocks()) - before;
    expect(read).toBeGreaterThan(size);
    expect(read).toBeLessThan(2 * size);
  } finally {
    await session.end();
  }
});
