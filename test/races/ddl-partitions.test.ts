import { expect, test } from '@jest/globals';
import { Client } from 'pg';
import { captureGaps } from '../../src/adapters/postgres/capture/capture.ts';
import { adoptLeaves } from '../../src/adapters/postgres/capture/adopt-leaves.ts';
import { fence, unfence } from '../../src/adapters/postgres/capture/fence.ts';
import { watchSchema } from '../../src/domain/ddl/watch-schema.ts';
import type { SqlSource } from '../../src/domain/ports/source.ts';
import { type ChangingSchema, JANUARY, sleep, useChangingSchema } from './changing-schema.ts';

let scene: ChangingSchema;
useChangingSchema((created) => (scene = created));

test('a partition that is created is adopted: rows written before anybody noticed are carried', async () => {
  await scene.fixture.psql.query(`
    CREATE TABLE events_02 PARTITION OF events FOR VALUES FROM ('2026-02-01') TO ('2026-03-01');
    INSERT INTO events SELECT n, '2026-02-02', 'late ' || n FROM generate_series(1, 5) AS n; UPDATE events SET note = 'later' WHERE id = 1`);
  expect(await scene.watch()).toMatchObject({ adopted: [expect.stringContaining('events_02')], halted: false });
  expect(await captureGaps(scene.fixture.sql, scene.mapping)).toEqual([]);
  expect(await scene.agree()).toEqual([]);
  await expect(scene.fixture.psql.query('TRUNCATE events_02')).rejects.toThrow(/cannot be truncated/);
  expect(await scene.watch()).toMatchObject({ adopted: [], rows: 0 });
});

test('RACE-71 a table that is attached brings its rows along, under writers of them', async () => {
  await scene.fixture.psql.query(`
    CREATE TABLE events_03 (LIKE events INCLUDING ALL);
    INSERT INTO events_03 SELECT n, '2026-03-02', 'old ' || n FROM generate_series(1, 900) AS n;
    ALTER TABLE events ATTACH PARTITION events_03 FOR VALUES FROM ('2026-03-01') TO ('2026-04-01')`);
  const writer = new Client({ connectionString: scene.fixture.connectionString });
  await writer.connect();
  await writer.query(`SET search_path = ${scene.plan.source.schema}`);
  const load = { over: false };
  const writing = (async () => {
    for (let n = 1; !load.over; n = (n % 900) + 1) {
      await writer.query('UPDATE events SET note = $2 WHERE id = $1', [n, `new ${n}`]);
      if (n % 7 === 0) await writer.query('DELETE FROM events WHERE id = $1', [n]);
      if (n % 14 === 0) await writer.query(`INSERT INTO events VALUES ($1, '2026-03-03', 'again')`, [n]);
    }
  })();
  try {
    const { adopted, rows: carried } = await scene.watch();
    expect(adopted).toHaveLength(1);
    expect(carried).toBeGreaterThan(500);
  } finally {
    load.over = true;
    await writing;
    await writer.end();
  }
  expect(await scene.agree()).toEqual([]);
  expect(await scene.fixture.changelog.backlog()).toMatchObject({ adopting: 0, missed: 0 });
});

test('RACE-71 a row that is being written while it is carried keeps its later version', async () => {
  await scene.fixture.psql.query(`
    CREATE TABLE events_04 (LIKE events INCLUDING ALL);
    INSERT INTO events_04 SELECT n, '2026-04-02', 'old ' || n FROM generate_series(1, 9) AS n;
    ALTER TABLE events ATTACH PARTITION events_04 FOR VALUES FROM ('2026-04-01') TO ('2026-05-01')`);
  const writer = new Client({ connectionString: scene.fixture.connectionString });
  await writer.connect();
  let met = false;
  /** Opens a transaction that changes a row, lets the carrying statement meet it, and commits. */
  const meeting: SqlSource = {
    ...scene.fixture.sql,
    begin: async () => {
      const tx = await scene.fixture.sql.begin();
      return {
        ...tx,
        query: async (text, parameters) => {
          if (met || !text.includes(`nextval('portage.seq')`)) return tx.query(text, parameters);
          met = true;
          await writer.query(`BEGIN; UPDATE ${scene.plan.source.schema}.events SET note = 'later' WHERE id = 5`);
          const statement = { ended: false };
          const carrying = tx.query(text, parameters).finally(() => (statement.ended = true));
          const blocked = `SELECT 1 FROM pg_locks WHERE NOT granted`;
          while (!statement.ended && (await scene.fixture.psql.query(blocked)).rows.length === 0) await sleep(10);
          await writer.query('COMMIT');
          return carrying;
        },
      };
    },
  };
  try {
    await adoptLeaves(meeting, scene.mapping, { pause: () => false, returned: false, sleep });
  } finally {
    await writer.end();
  }
  expect(met).toBe(true);
  expect(await scene.agree()).toEqual([]);
});

test('RACE-71 carrying goes on where it paused, also for a partition that was dropped and made again', async () => {
  const create = `CREATE TABLE events_05 PARTITION OF events FOR VALUES FROM ('2026-05-01') TO ('2026-06-01');
    INSERT INTO events SELECT n, '2026-05-02', 'row ' || n FROM generate_series(1, 450) AS n`;
  for (const script of [create, `DROP TABLE events_05; ${create}`]) {
    await scene.fixture.psql.query(script);
    await scene.relay();
    const sizes: number[] = [];
    do
      sizes.push(
        (await adoptLeaves(scene.fixture.sql, scene.mapping, { pause: () => true, returned: true, sleep })).rows,
      );
    while ((await scene.fixture.changelog.backlog()).adopting > 0);
    expect(sizes.filter((size) => size > 0)).toEqual([200, 200, 50]);
    expect((await scene.fixture.changelog.pending(500)).map(({ pk }) => pk).length).toBe(450);
    expect(await scene.agree()).toEqual([]);
  }
});

test.each([
  ['detached and attached again', `ALTER TABLE events ATTACH PARTITION events_01 ${JANUARY}`],
  ['dropped and made again', `DROP TABLE events_01; CREATE TABLE events_01 PARTITION OF events ${JANUARY}`],
])('RACE-71 a partition that was %s halts: what was deleted meanwhile left no trace', async (_, back) => {
  await scene.fixture.psql.query(`ALTER TABLE events DETACH PARTITION events_01; DELETE FROM events_01; ${back}`);
  expect(await scene.watch()).toMatchObject({
    halted: true,
    changes: [{ kind: 'partition-removed', detail: expect.stringContaining('events_01') }],
    adopted: [],
  });
  expect(await scene.agree()).not.toEqual([]);
});

test('a partition that is created while the watch looks halts nothing, and is adopted by the next look', async () => {
  const { capture, ...ports } = scene.watchPorts();
  /** The partition comes after the schema was read for adoption, and before the triggers are. */
  const gaps: typeof capture.gaps = async (mapped, known) => {
    await scene.fixture.psql.query(
      `CREATE TABLE events_09 PARTITION OF events FOR VALUES FROM ('2026-09-01') TO ('2026-10-01')`,
    );
    return capture.gaps(mapped, known);
  };
  const state = await scene.fixture.control.mode();
  const look = { mapping: scene.mapping, state, pause: () => false };
  expect(await watchSchema({ ...ports, capture: { ...capture, gaps } }, look)).toMatchObject({
    halted: false,
    adopted: [],
    changes: [],
  });
  expect(await scene.watch()).toMatchObject({ halted: false, adopted: [expect.stringContaining('events_09')] });
});

test('a partition that is renamed stays captured, and nothing halts', async () => {
  await scene.fixture.psql.query('ALTER TABLE events_01 RENAME TO events_first');
  expect(await scene.watch()).toMatchObject({ halted: false, adopted: [] });
  await scene.fixture.psql.query(`
    CREATE TABLE events_01 PARTITION OF events FOR VALUES FROM ('2026-08-01') TO ('2026-09-01');
    INSERT INTO events VALUES (8, '2026-08-02', 'under the old name'); UPDATE events SET note = 'renamed' WHERE id = 1`);
  expect(await scene.watch()).toMatchObject({ halted: false, adopted: [expect.stringContaining('events_01')] });
  expect(await scene.watch()).toMatchObject({ halted: false });
  expect(await scene.agree()).toEqual([]);
  await expect(scene.fixture.psql.query('TRUNCATE events_first')).rejects.toMatchObject({ code: 'PT001' });
});

test('a partition or child that has left its table may be truncated, one that is in it may not', async () => {
  await scene.fixture.psql.query('CREATE TABLE far_places () INHERITS (places)');
  await scene.watch();
  for (const table of ['events', 'events_01', 'places', 'far_places'])
    await expect(scene.fixture.psql.query(`TRUNCATE ${table}`)).rejects.toMatchObject({ code: 'PT001' });
  await scene.fixture.psql.query(
    'ALTER TABLE events DETACH PARTITION events_01; ALTER TABLE far_places NO INHERIT places',
  );
  await scene.fixture.psql.query('TRUNCATE events_01; TRUNCATE far_places');
});

test('RACE-71 a partition that was adopted and dropped halts', async () => {
  await scene.fixture.psql.query(
    `CREATE TABLE events_02 PARTITION OF events FOR VALUES FROM ('2026-02-01') TO ('2026-03-01')`,
  );
  await scene.watch();
  await scene.fixture.psql.query('DROP TABLE events_02');
  expect(await scene.watch()).toMatchObject({ halted: true, changes: [{ kind: 'partition-removed' }] });
});

test('RACE-71 where removal is only noted, a partition that left and came back is adopted again with its rows', async () => {
  scene.plan = { ...scene.plan, ddl: { ...scene.plan.ddl, partitionRemoved: 'note' } };
  await scene.fixture.psql.query(`
    ALTER TABLE events DETACH PARTITION events_01;
    UPDATE events_01 SET note = 'written while detached'; INSERT INTO events_01 VALUES (2, '2026-01-03', 'new');
    ALTER TABLE events ATTACH PARTITION events_01 ${JANUARY}`);
  expect(await scene.watch()).toMatchObject({
    halted: false,
    adopted: [expect.stringContaining('events_01')],
    rows: 2,
  });
  expect(await scene.agree()).toEqual([]);
  expect(await scene.watch()).toMatchObject({ adopted: [], rows: 0, changes: [] });
});

test('a change that halts starts the rollback though a partition could not be adopted', async () => {
  await scene.fixture.psql.query(`
    CREATE TABLE events_06 PARTITION OF events FOR VALUES FROM ('2026-06-01') TO ('2026-07-01');
    INSERT INTO events VALUES (1, '2026-06-02', 'x'); ALTER TABLE events RENAME COLUMN note TO text`);
  expect(await scene.watch()).toMatchObject({ halted: true, adopted: [] });
  expect(scene.rollbacks).toHaveLength(1);
});

test('RACE-78 the fence holds for a partition that is added behind it', async () => {
  await fence(scene.fixture.sql);
  try {
    await scene.fixture.psql.query(
      `CREATE TABLE events_07 PARTITION OF events FOR VALUES FROM ('2026-07-01') TO ('2026-08-01')`,
    );
    for (const at of ['2026-07-02', '2026-01-09'])
      await expect(scene.fixture.psql.query(`INSERT INTO events VALUES (9, '${at}', 'x')`)).rejects.toMatchObject({
        code: 'PT002',
      });
    await scene.fixture.psql.query('SET session_replication_role = replica');
    await expect(scene.fixture.psql.query(`INSERT INTO events VALUES (9, '2026-01-09', 'x')`)).rejects.toMatchObject({
      code: 'PT002',
    });
  } finally {
    await scene.fixture.psql.query('RESET session_replication_role');
    await unfence(scene.fixture.sql);
  }
  await scene.fixture.psql.query(`INSERT INTO events VALUES (9, '2026-07-02', 'x')`);
});

test('RACE-71 an inheritance child gets the trigger and is carried, with what was written before', async () => {
  await scene.fixture.psql.query(
    `CREATE TABLE far_places () INHERITS (places); INSERT INTO far_places VALUES (9, 'far'), (10, 'away')`,
  );
  expect((await scene.fixture.changelog.backlog()).pending).toBe(0);
  expect(await scene.watch()).toMatchObject({ adopted: [expect.stringContaining('far_places')] });
  await scene.fixture.psql.query(`UPDATE places SET name = 'farther' WHERE id = 9`);
  expect(await scene.agree()).toEqual([]);
});
