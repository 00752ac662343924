import { expect, test } from '@jest/globals';
import { Client } from 'pg';
import { createPgSource } from '../../src/adapters/postgres/connection/pg-source.ts';
import { followDdl, followsDdl, stopFollowing } from '../../src/adapters/postgres/schema-watch/event-trigger.ts';
import { type ChangingSchema, JANUARY, useChangingSchema } from './changing-schema.ts';

let scene: ChangingSchema;
useChangingSchema((created) => (scene = created), { follow: true });

const FEBRUARY = `FOR VALUES FROM ('2026-02-01') TO ('2026-03-01')`;
const run = (text: string) => scene.fixture.psql.query(text);

test('RACE-71 with the event trigger a child is captured from its first row, in the transaction that creates it', async () => {
  await run(`BEGIN; CREATE TABLE far_places () INHERITS (places); INSERT INTO far_places VALUES (9, 'far'); COMMIT`);
  expect(await scene.fixture.changelog.backlog()).toMatchObject({ pending: 1, adopting: 1, missed: 0 });
  await expect(run('TRUNCATE far_places')).rejects.toMatchObject({ code: 'PT001' });
  expect(await scene.watch()).toMatchObject({ adopted: [], halted: false });
  expect(await scene.agree()).toEqual([]);
});

test.each([
  ['created', `CREATE TABLE events_02 PARTITION OF events ${FEBRUARY}`],
  [
    'attached with its rows',
    `CREATE TABLE events_02 (LIKE events INCLUDING ALL); INSERT INTO events_02 VALUES (5, '2026-02-02', 'old');
     ALTER TABLE events ATTACH PARTITION events_02 ${FEBRUARY}`,
  ],
  [
    'attached as a partition of partitions',
    `CREATE TABLE part (LIKE events INCLUDING ALL) PARTITION BY HASH (id); CREATE TABLE events_02 PARTITION OF part FOR VALUES WITH (MODULUS 1, REMAINDER 0);
     INSERT INTO part VALUES (5, '2026-02-02', 'old'); ALTER TABLE events ATTACH PARTITION part ${FEBRUARY}`,
  ],
])('RACE-71 with the event trigger TRUNCATE of a partition that was %s is refused at once', async (_, ddl) => {
  await run(ddl);
  await expect(run('TRUNCATE events_02')).rejects.toMatchObject({ code: 'PT001' });
  await run(`INSERT INTO events VALUES (6, '2026-02-03', 'new')`);
  expect(await scene.watch()).toMatchObject({ adopted: [], halted: false });
  expect(await scene.agree()).toEqual([]);
  expect(await scene.fixture.changelog.backlog()).toMatchObject({ adopting: 0, missed: 0 });
});

test('RACE-71 with the event trigger a partition that left and came back still halts', async () => {
  await run(
    `ALTER TABLE events DETACH PARTITION events_01; DELETE FROM events_01; ALTER TABLE events ATTACH PARTITION events_01 ${JANUARY}`,
  );
  expect(await scene.watch()).toMatchObject({ halted: true, changes: [{ kind: 'partition-removed' }] });
});

test('DDL goes on where capture cannot follow: what failed is kept until the watch has adopted the table', async () => {
  const { rows } = await run(`SELECT pg_get_functiondef('portage.adopt'::regproc) AS definition`);
  await run(
    `CREATE OR REPLACE FUNCTION portage.adopt(p_relation text, p_function text, p_leaf text) RETURNS int LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''out of luck''; END'`,
  );
  await run(`CREATE TABLE far_places () INHERITS (places)`);
  const kept = await run('SELECT operation, relation, reason FROM portage.missed');
  expect(kept.rows).toEqual([{ operation: 'ADOPT', relation: 'CREATE TABLE', reason: 'P0001 out of luck' }]);
  expect(await scene.fixture.changelog.backlog()).toMatchObject({ missed: 1 });
  await run(String(rows[0]?.definition));
  expect(await scene.watch()).toMatchObject({ adopted: [expect.stringContaining('far_places')] });
  expect(await scene.fixture.changelog.backlog()).toMatchObject({ missed: 0 });
});

test('DDL waits for a lock of capture less than a second, and goes on without it', async () => {
  const other = new Client({ connectionString: scene.fixture.connectionString });
  await other.connect();
  try {
    await other.query('BEGIN; LOCK TABLE portage.captured, portage.missed');
    const begun = performance.now();
    await run(`CREATE TABLE far_places () INHERITS (places)`);
    expect(performance.now() - begun).toBeLessThan(1_000);
  } finally {
    await other.end();
  }
  expect(await scene.watch()).toMatchObject({ adopted: [expect.stringContaining('far_places')] });
});

test('a role without rights in the schema portage makes partitions that are followed', async () => {
  const { schema } = scene.plan.source;
  await run(`CREATE ROLE maker; GRANT ALL ON SCHEMA ${schema} TO maker; ALTER TABLE places OWNER TO maker`);
  try {
    await run(`SET ROLE maker; CREATE TABLE far_places () INHERITS (places); RESET ROLE`);
    await expect(run('TRUNCATE far_places')).rejects.toMatchObject({ code: 'PT001' });
  } finally {
    await run('RESET ROLE; ALTER TABLE places OWNER TO CURRENT_USER; DROP OWNED BY maker CASCADE; DROP ROLE maker');
  }
});

test('a role that may create no event trigger leaves the following to the watch', async () => {
  expect(await followsDdl(scene.fixture.sql)).toBe(true);
  await stopFollowing(scene.fixture.sql);
  await run('DROP FUNCTION portage.follow(); CREATE ROLE modest; GRANT ALL ON SCHEMA portage TO modest');
  const { connectionString } = scene.fixture;
  const source = createPgSource({ connection: { connectionString, options: '-c role=modest' } });
  try {
    await followDdl(source);
  } finally {
    await source.close();
    await run('DROP OWNED BY modest; DROP ROLE modest');
  }
  expect(await followsDdl(scene.fixture.sql)).toBe(false);
  expect((await run(`SELECT to_regproc('portage.follow') AS there`)).rows).toEqual([{ there: null }]);
});

test('a temporary child is its session’s own: it is not captured, and its end is no loss', async () => {
  await run(`CREATE TEMPORARY TABLE draft_places () INHERITS (places); INSERT INTO draft_places VALUES (8, 'draft')`);
  expect(await scene.watch()).toMatchObject({ adopted: [], changes: [], halted: false });
  await run('DROP TABLE draft_places');
  expect(await scene.watch()).toMatchObject({ adopted: [], changes: [], halted: false });
  expect(await scene.agree()).toEqual([]);
});

test('a foreign table that becomes a child halts: writes on its own server would go unseen', async () => {
  await run('CREATE FOREIGN DATA WRAPPER nothing; CREATE SERVER far FOREIGN DATA WRAPPER nothing');
  try {
    await run(`CREATE FOREIGN TABLE far_places () INHERITS (places) SERVER far`);
    expect(await scene.watch()).toMatchObject({ adopted: [], halted: true, changes: [{ kind: 'partition-foreign' }] });
  } finally {
    await run('DROP FOREIGN DATA WRAPPER nothing CASCADE');
  }
});

test('with the event trigger a table’s new owner makes partitions at once', async () => {
  const { schema } = scene.plan.source;
  await run(`CREATE ROLE maker; GRANT ALL ON SCHEMA ${schema} TO maker; ALTER TABLE events OWNER TO maker`);
  try {
    await run(`SET ROLE maker; CREATE TABLE events_02 PARTITION OF events ${FEBRUARY}; RESET ROLE`);
    await expect(run('TRUNCATE events_02')).rejects.toMatchObject({ code: 'PT001' });
  } finally {
    await run('RESET ROLE; REASSIGN OWNED BY maker TO CURRENT_USER; DROP OWNED BY maker CASCADE; DROP ROLE maker');
  }
});
