import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { Client } from 'pg';
import { captureGaps, installCapture } from '../../src/adapters/postgres/capture/capture.ts';
import { lostLeaves, replacedColumns } from '../../src/adapters/postgres/capture/captured-leaves.ts';
import { adoptLeaves } from '../../src/adapters/postgres/capture/adopt-leaves.ts';
import { fence, unfence } from '../../src/adapters/postgres/capture/fence.ts';
import { readCatalogue } from '../../src/adapters/postgres/catalogue/read-catalogue.ts';
import { createRowSource } from '../../src/adapters/postgres/rows/row-source.ts';
import { watchSchema, type WatchPorts, type WatchReport } from '../../src/domain/ddl/watch-schema.ts';
import type { Mapping } from '../../src/domain/mapping/mapping.ts';
import { compilePlan } from '../../src/domain/plan-check/compile-plan.ts';
import { type Plan, planSchema } from '../../src/domain/plan/plan.ts';
import type { SqlSource } from '../../src/domain/ports/source.ts';
import { relayOnce } from '../../src/domain/protocol/relay.ts';
import { allItems, differences } from '../../local/engines/differences.ts';
import { GENERATION, useFixture, type Fixture } from '../client/fixture.ts';

let fixture: Fixture;
useFixture((started) => (fixture = started), { mode: 'dual' });

let plan: Plan;
let mapping: Mapping;
let rollbacks: string[];
let schemas = 0;

const JANUARY = `FOR VALUES FROM ('2026-01-01') TO ('2026-02-01')`;

const SCHEMA = `
  CREATE TABLE events (id int, at date, note text, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
  CREATE TABLE events_01 PARTITION OF events ${JANUARY};
  -- Its name is written with its schema or without, as the search path has it.
  DO $$ BEGIN CREATE TYPE public.ddl_mood AS ENUM ('calm'); EXCEPTION WHEN duplicate_object THEN NULL; END $$;
  CREATE TABLE places (id int PRIMARY KEY, name text NOT NULL, seen timestamptz, mood public.ddl_mood DEFAULT 'calm');
  CREATE TABLE seats (id int PRIMARY KEY, code text, gone boolean NOT NULL DEFAULT false);
  CREATE UNIQUE INDEX seats_code ON seats (code) WHERE NOT gone;
  INSERT INTO events VALUES (1, '2026-01-02', 'first'); INSERT INTO places VALUES (1, 'here')`;

beforeEach(async () => {
  const schema = `ddl_${(schemas += 1)}`;
  await fixture.psql.query(`CREATE SCHEMA ${schema}; SET search_path = ${schema}; ${SCHEMA}`);
  plan = planSchema.parse({
    name: 'ddl',
    source: { schema },
    table: { name: fixture.plan.table.name },
    entities: {
      EVENT: { from: 'events', key: { PK: 'EVENT#{id}', SK: 'EVENT#{at}' } },
      PLACE: { from: 'places', key: { PK: 'PLACE#{id}', SK: 'PLACE#{id}' } },
      SEAT: {
        from: 'seats',
        key: { PK: 'SEAT#{id}', SK: 'SEAT#{id}' },
        unique: { code: { key: '{code}', when: { gone: false } } },
      },
    },
  });
  const catalogue = await readCatalogue(fixture.sql, schema);
  mapping = compilePlan(plan, catalogue, {});
  await installCapture(fixture.sql, mapping, GENERATION);
  await fixture.control.saveFacts({ generation: GENERATION, catalogue, shards: {} });
  rollbacks = [];
  await fixture.psql.query('UPDATE events SET note = note; UPDATE places SET name = name');
  await relay();
});

afterEach(async () => {
  await fixture.psql.query(`RESET search_path; DROP SCHEMA ${plan.source.schema} CASCADE`);
});

const rows = () => createRowSource(fixture.sql, mapping);
const relay = () =>
  relayOnce(
    {
      changelog: fixture.changelog,
      rows: rows(),
      table: fixture.table,
      intents: fixture.intents,
      bodies: fixture.bodies,
    },
    { mapping, generation: GENERATION, limit: 500, at: new Date().toISOString() },
  );
const sleep = (ms: number) => new Promise<void>((resolve) => void setTimeout(resolve, ms));

function watchPorts(): WatchPorts {
  return {
    plan,
    control: fixture.control,
    capture: {
      catalogue: () => readCatalogue(fixture.sql, plan.source.schema),
      gaps: (_, known) => captureGaps(fixture.sql, mapping, known),
      lost: () => lostLeaves(fixture.sql, mapping),
      replaced: () => replacedColumns(fixture.sql, mapping),
      adopt: (_, options) => adoptLeaves(fixture.sql, mapping, { ...options, sleep }),
    },
    rollback: { start: (name, { reason }) => Promise.resolve(void rollbacks.push(`${name}: ${reason}`)) },
  };
}

async function watch(): Promise<WatchReport> {
  return watchSchema(watchPorts(), { mapping, state: await fixture.control.mode(), pause: () => false });
}

/** Both stores hold the same rows of this test's tables. */
async function agree(): Promise<readonly string[]> {
  for (;;) if ((await relay()).done === 0) break;
  expect((await allItems(fixture.table)).length).toBeGreaterThan(0);
  return differences(mapping, rows(), fixture.table);
}

test.each([
  [
    'a table that no plan mentions',
    'CREATE TABLE coupons (id int PRIMARY KEY, code text)',
    [['coupons', 'unmapped-table']],
  ],
  ['a new column', 'ALTER TABLE places ADD COLUMN coupon text', [['places', 'column-added']]],
  [
    'a new column with a default',
    `ALTER TABLE places ADD COLUMN coupon text NOT NULL DEFAULT 'x'`,
    [['places', 'column-added']],
  ],
  ['an index', 'CREATE INDEX ON places (name)', []],
  [
    'a view, a function, a grant, a comment',
    `CREATE VIEW v AS SELECT * FROM places; CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'; GRANT SELECT ON places TO PUBLIC; COMMENT ON TABLE places IS 'x'`,
    [],
  ],
  [
    'statistics and a check',
    `CREATE STATISTICS s ON id, name FROM places; ALTER TABLE places ADD CHECK (name <> ''); ALTER TABLE places ALTER name SET STATISTICS 500`,
    [],
  ],
  [
    'a unique constraint and a foreign key',
    'ALTER TABLE places ADD UNIQUE (name); ALTER TABLE events ADD FOREIGN KEY (id) REFERENCES places',
    [['places', 'unique-added']],
  ],
  [
    'a unique index that another one replaces, however strict',
    'CREATE UNIQUE INDEX again ON seats (code) WHERE NOT gone; DROP INDEX seats_code; ALTER TABLE seats ADD UNIQUE (code); DROP INDEX again',
    [['seats', 'unique-added']],
  ],
  ['a default, and NULL allowed', `ALTER TABLE places ALTER name SET DEFAULT 'x', ALTER name DROP NOT NULL`, []],
])('%s is noted at most: nothing stops, and writes are captured', async (_, ddl, expected) => {
  await fixture.psql.query(ddl);
  const { changes, halted } = await watch();
  expect(changes.map(({ table, kind }) => [table, kind])).toEqual(expected);
  expect(changes.every(({ action }) => action === 'note')).toBe(true);
  expect(halted).toBe(false);
  expect(rollbacks).toEqual([]);
  await fixture.psql.query(
    `INSERT INTO places (id, name) VALUES (2, 'there'); UPDATE places SET name = 'where' WHERE id = 1`,
  );
  expect(await agree()).toEqual([]);
  expect((await fixture.control.read('SCHEMA', String(GENERATION)))?.value ?? []).toEqual(changes);
});

test.each([
  ['a renamed column', 'ALTER TABLE places RENAME COLUMN name TO title', 'places: column name was dropped or renamed'],
  ['a dropped column', 'ALTER TABLE places DROP COLUMN name', 'places: column name was dropped or renamed'],
  [
    'a retyped column',
    'ALTER TABLE places ALTER name TYPE varchar(40)',
    'places: column name was text, is varchar(40)',
  ],
  [
    'a column that is dropped and added again',
    `ALTER TABLE places DROP COLUMN name; ALTER TABLE places ADD COLUMN name text NOT NULL DEFAULT 'x'`,
    'places: column name was dropped and added again',
  ],
  [
    'a lost precision',
    'ALTER TABLE places ALTER seen TYPE timestamptz(0)',
    'places: column seen was timestamp with time zone, is timestamp(0) with time zone',
  ],
  ['a dropped table', 'DROP TABLE places', 'places: it was dropped or renamed'],
  ['a dropped key', 'ALTER TABLE places DROP CONSTRAINT places_pkey', 'places: the key on id is gone'],
  ['a dropped partition', 'DROP TABLE events_01', 'events_01 was detached, dropped or created again'],
  [
    'a dropped unique index',
    'DROP INDEX seats_code',
    'seats: no index keeps code where gone = false unique any more, which unique.code does',
  ],
  [
    'a unique index with more conditions',
    `CREATE UNIQUE INDEX narrow ON seats (code) WHERE NOT gone AND code = 'x'; DROP INDEX seats_code`,
    'seats: no index keeps code where gone = false unique any more, which unique.code does',
  ],
])('%s starts the rollback once, and the application goes on', async (_, ddl, reason) => {
  await fixture.psql.query(ddl);
  expect(await watch()).toMatchObject({ halted: true });
  expect(rollbacks).toEqual([
    expect.stringMatching(
      new RegExp(`^schema-\\d+: the source's schema changed: .*${reason.replaceAll(/[()]/g, '\\$&')}`),
    ),
  ]);
  await watch();
  expect(new Set(rollbacks).size).toBe(1);
  await fixture.psql.query(`DO $$ BEGIN INSERT INTO places VALUES (7, 'x'); EXCEPTION WHEN OTHERS THEN NULL; END $$`);
});

test('a dropped unique index is noted where the plan says so: DynamoDB takes rows of one value, and the item names one', async () => {
  plan = { ...plan, ddl: { ...plan.ddl, uniqueDropped: 'note' } };
  await fixture.psql.query('DROP INDEX seats_code');
  expect(await watch()).toMatchObject({ halted: false, changes: [{ kind: 'unique-dropped', action: 'note' }] });
  await fixture.psql.query(`INSERT INTO seats VALUES (1, 'x'), (2, 'x')`);
  await agree();
  // The reason why it halts by default: one item cannot name two rows.
  const claims = (await allItems(fixture.table)).filter((item) => item['_of'] !== undefined);
  expect(claims).toMatchObject([{ PK: { S: 'UNIQUE#SEAT#code#x' }, _i: { L: [{ S: '2' }] } }]);
});

test('a partition that is created is adopted: rows written before anybody noticed are carried', async () => {
  await fixture.psql.query(`
    CREATE TABLE events_02 PARTITION OF events FOR VALUES FROM ('2026-02-01') TO ('2026-03-01');
    INSERT INTO events SELECT n, '2026-02-02', 'late ' || n FROM generate_series(1, 5) AS n; UPDATE events SET note = 'later' WHERE id = 1`);
  expect(await watch()).toMatchObject({ adopted: [expect.stringContaining('events_02')], halted: false });
  expect(await captureGaps(fixture.sql, mapping)).toEqual([]);
  expect(await agree()).toEqual([]);
  await expect(fixture.psql.query('TRUNCATE events_02')).rejects.toThrow(/cannot be truncated/);
  expect(await watch()).toMatchObject({ adopted: [], rows: 0 });
});

test('RACE-71 a table that is attached brings its rows along, under writers of them', async () => {
  await fixture.psql.query(`
    CREATE TABLE events_03 (LIKE events INCLUDING ALL);
    INSERT INTO events_03 SELECT n, '2026-03-02', 'old ' || n FROM generate_series(1, 900) AS n;
    ALTER TABLE events ATTACH PARTITION events_03 FOR VALUES FROM ('2026-03-01') TO ('2026-04-01')`);
  const writer = new Client({ connectionString: fixture.connectionString });
  await writer.connect();
  await writer.query(`SET search_path = ${plan.source.schema}`);
  const load = { over: false };
  const writing = (async () => {
    for (let n = 1; !load.over; n = (n % 900) + 1) {
      await writer.query('UPDATE events SET note = $2 WHERE id = $1', [n, `new ${n}`]);
      if (n % 7 === 0) await writer.query('DELETE FROM events WHERE id = $1', [n]);
      if (n % 14 === 0) await writer.query(`INSERT INTO events VALUES ($1, '2026-03-03', 'again')`, [n]);
    }
  })();
  try {
    const { adopted, rows: carried } = await watch();
    expect(adopted).toHaveLength(1);
    expect(carried).toBeGreaterThan(500);
  } finally {
    load.over = true;
    await writing;
    await writer.end();
  }
  expect(await agree()).toEqual([]);
  expect(await fixture.changelog.backlog()).toMatchObject({ adopting: 0, missed: 0 });
});

test('RACE-71 a row that is being written while it is carried keeps its later version', async () => {
  await fixture.psql.query(`
    CREATE TABLE events_04 (LIKE events INCLUDING ALL);
    INSERT INTO events_04 SELECT n, '2026-04-02', 'old ' || n FROM generate_series(1, 9) AS n;
    ALTER TABLE events ATTACH PARTITION events_04 FOR VALUES FROM ('2026-04-01') TO ('2026-05-01')`);
  const writer = new Client({ connectionString: fixture.connectionString });
  await writer.connect();
  let met = false;
  /** Opens a transaction that changes a row, lets the carrying statement meet it, and commits. */
  const meeting: SqlSource = {
    ...fixture.sql,
    begin: async () => {
      const tx = await fixture.sql.begin();
      return {
        ...tx,
        query: async (text, parameters) => {
          if (met || !text.includes(`nextval('portage.seq')`)) return tx.query(text, parameters);
          met = true;
          await writer.query(`BEGIN; UPDATE ${plan.source.schema}.events SET note = 'later' WHERE id = 5`);
          const statement = { ended: false };
          const carrying = tx.query(text, parameters).finally(() => (statement.ended = true));
          const blocked = `SELECT 1 FROM pg_locks WHERE NOT granted`;
          while (!statement.ended && (await fixture.psql.query(blocked)).rows.length === 0) await sleep(10);
          await writer.query('COMMIT');
          return carrying;
        },
      };
    },
  };
  try {
    await adoptLeaves(meeting, mapping, { pause: () => false, returned: false, sleep });
  } finally {
    await writer.end();
  }
  expect(met).toBe(true);
  expect(await agree()).toEqual([]);
});

test('RACE-71 carrying goes on where it paused, also for a partition that was dropped and made again', async () => {
  const create = `CREATE TABLE events_05 PARTITION OF events FOR VALUES FROM ('2026-05-01') TO ('2026-06-01');
    INSERT INTO events SELECT n, '2026-05-02', 'row ' || n FROM generate_series(1, 450) AS n`;
  for (const script of [create, `DROP TABLE events_05; ${create}`]) {
    await fixture.psql.query(script);
    await relay();
    const sizes: number[] = [];
    do sizes.push((await adoptLeaves(fixture.sql, mapping, { pause: () => true, returned: true, sleep })).rows);
    while ((await fixture.changelog.backlog()).adopting > 0);
    expect(sizes.filter((size) => size > 0)).toEqual([200, 200, 50]);
    expect((await fixture.changelog.pending(500)).map(({ pk }) => pk).length).toBe(450);
    expect(await agree()).toEqual([]);
  }
});

test.each([
  ['detached and attached again', `ALTER TABLE events ATTACH PARTITION events_01 ${JANUARY}`],
  ['dropped and made again', `DROP TABLE events_01; CREATE TABLE events_01 PARTITION OF events ${JANUARY}`],
])('RACE-71 a partition that was %s halts: what was deleted meanwhile left no trace', async (_, back) => {
  await fixture.psql.query(`ALTER TABLE events DETACH PARTITION events_01; DELETE FROM events_01; ${back}`);
  expect(await watch()).toMatchObject({
    halted: true,
    changes: [{ kind: 'partition-removed', detail: expect.stringContaining('events_01') }],
    adopted: [],
  });
  expect(await agree()).not.toEqual([]);
});

test('a partition that is created while the watch looks halts nothing, and is adopted by the next look', async () => {
  const { capture, ...ports } = watchPorts();
  /** The partition comes after the schema was read for adoption, and before the triggers are. */
  const gaps: typeof capture.gaps = async (mapped, known) => {
    await fixture.psql.query(
      `CREATE TABLE events_09 PARTITION OF events FOR VALUES FROM ('2026-09-01') TO ('2026-10-01')`,
    );
    return capture.gaps(mapped, known);
  };
  const state = await fixture.control.mode();
  const look = { mapping, state, pause: () => false };
  expect(await watchSchema({ ...ports, capture: { ...capture, gaps } }, look)).toMatchObject({
    halted: false,
    adopted: [],
    changes: [],
  });
  expect(await watch()).toMatchObject({ halted: false, adopted: [expect.stringContaining('events_09')] });
});

test('a partition that is renamed stays captured, and nothing halts', async () => {
  await fixture.psql.query('ALTER TABLE events_01 RENAME TO events_first');
  expect(await watch()).toMatchObject({ halted: false, adopted: [] });
  await fixture.psql.query(`
    CREATE TABLE events_01 PARTITION OF events FOR VALUES FROM ('2026-08-01') TO ('2026-09-01');
    INSERT INTO events VALUES (8, '2026-08-02', 'under the old name'); UPDATE events SET note = 'renamed' WHERE id = 1`);
  expect(await watch()).toMatchObject({ halted: false, adopted: [expect.stringContaining('events_01')] });
  expect(await watch()).toMatchObject({ halted: false });
  expect(await agree()).toEqual([]);
  await expect(fixture.psql.query('TRUNCATE events_first')).rejects.toMatchObject({ code: 'PT001' });
});

test('a partition or child that has left its table may be truncated, one that is in it may not', async () => {
  await fixture.psql.query('CREATE TABLE far_places () INHERITS (places)');
  await watch();
  for (const table of ['events', 'events_01', 'places', 'far_places'])
    await expect(fixture.psql.query(`TRUNCATE ${table}`)).rejects.toMatchObject({ code: 'PT001' });
  await fixture.psql.query('ALTER TABLE events DETACH PARTITION events_01; ALTER TABLE far_places NO INHERIT places');
  await fixture.psql.query('TRUNCATE events_01; TRUNCATE far_places');
});

test('a client reads a table whose mapped column was renamed: the column is NULL, the others are there', async () => {
  const client = await fixture.client({ plan });
  await fixture.psql.query('ALTER TABLE places RENAME COLUMN name TO title');
  expect(await client.get('PLACE', { id: 1 })).toEqual({ id: 1, name: null, seen: null, mood: 'calm' });
  await fixture.psql.query('ALTER TABLE places RENAME COLUMN id TO number');
  await expect(client.get('PLACE', { id: 1 })).rejects.toMatchObject({ fields: { sqlstate: '42703' } });
});

test('a new generation takes capture off a table that its plan leaves out', async () => {
  const { EVENT } = plan.entities;
  if (EVENT === undefined) throw new Error('the plan has no EVENT');
  await fixture.psql.query('ALTER TABLE places RENAME TO locations');
  const catalogue = await readCatalogue(fixture.sql, plan.source.schema);
  await installCapture(
    fixture.sql,
    compilePlan(
      { ...plan, entities: { EVENT }, exclude: { locations: 'renamed', seats: 'not of this test' } },
      catalogue,
      {},
    ),
    GENERATION,
  );
  await fixture.psql.query(`UPDATE locations SET name = 'not recorded'; TRUNCATE locations`);
  expect(await fixture.changelog.backlog()).toMatchObject({ pending: 0, missed: 0 });
});

test('RACE-71 a partition that was adopted and dropped halts', async () => {
  await fixture.psql.query(
    `CREATE TABLE events_02 PARTITION OF events FOR VALUES FROM ('2026-02-01') TO ('2026-03-01')`,
  );
  await watch();
  await fixture.psql.query('DROP TABLE events_02');
  expect(await watch()).toMatchObject({ halted: true, changes: [{ kind: 'partition-removed' }] });
});

test('RACE-71 where removal is only noted, a partition that left and came back is adopted again with its rows', async () => {
  plan = { ...plan, ddl: { ...plan.ddl, partitionRemoved: 'note' } };
  await fixture.psql.query(`
    ALTER TABLE events DETACH PARTITION events_01;
    UPDATE events_01 SET note = 'written while detached'; INSERT INTO events_01 VALUES (2, '2026-01-03', 'new');
    ALTER TABLE events ATTACH PARTITION events_01 ${JANUARY}`);
  expect(await watch()).toMatchObject({ halted: false, adopted: [expect.stringContaining('events_01')], rows: 2 });
  expect(await agree()).toEqual([]);
  expect(await watch()).toMatchObject({ adopted: [], rows: 0, changes: [] });
});

test.each([
  ['disabled', 'ALTER TABLE places DISABLE TRIGGER portage_capture'],
  ['dropped', 'DROP TRIGGER portage_capture ON places'],
  [
    'lost with its table, which was made again',
    'DROP TABLE places; CREATE TABLE places (id int PRIMARY KEY, name text NOT NULL, seen timestamptz, mood public.ddl_mood)',
  ],
])('RACE-71 a trigger that is %s starts the rollback at the next look', async (_, ddl) => {
  await fixture.psql.query(ddl);
  expect(await watch()).toMatchObject({
    halted: true,
    changes: expect.arrayContaining([
      expect.objectContaining({ kind: 'uncaptured', detail: expect.stringContaining('places') }),
    ]),
  });
  expect(rollbacks).toHaveLength(1);
});

test('a change that halts starts the rollback though a partition could not be adopted', async () => {
  await fixture.psql.query(`
    CREATE TABLE events_06 PARTITION OF events FOR VALUES FROM ('2026-06-01') TO ('2026-07-01');
    INSERT INTO events VALUES (1, '2026-06-02', 'x'); ALTER TABLE events RENAME COLUMN note TO text`);
  expect(await watch()).toMatchObject({ halted: true, adopted: [] });
  expect(rollbacks).toHaveLength(1);
});

test('RACE-78 the fence holds for a partition that is added behind it', async () => {
  await fence(fixture.sql);
  try {
    await fixture.psql.query(
      `CREATE TABLE events_07 PARTITION OF events FOR VALUES FROM ('2026-07-01') TO ('2026-08-01')`,
    );
    for (const at of ['2026-07-02', '2026-01-09'])
      await expect(fixture.psql.query(`INSERT INTO events VALUES (9, '${at}', 'x')`)).rejects.toMatchObject({
        code: 'PT002',
      });
    await fixture.psql.query('SET session_replication_role = replica');
    await expect(fixture.psql.query(`INSERT INTO events VALUES (9, '2026-01-09', 'x')`)).rejects.toMatchObject({
      code: 'PT002',
    });
  } finally {
    await fixture.psql.query('RESET session_replication_role');
    await unfence(fixture.sql);
  }
  await fixture.psql.query(`INSERT INTO events VALUES (9, '2026-07-02', 'x')`);
});

test('RACE-71 an inheritance child gets the trigger and is carried, with what was written before', async () => {
  await fixture.psql.query(
    `CREATE TABLE far_places () INHERITS (places); INSERT INTO far_places VALUES (9, 'far'), (10, 'away')`,
  );
  expect((await fixture.changelog.backlog()).pending).toBe(0);
  expect(await watch()).toMatchObject({ adopted: [expect.stringContaining('far_places')] });
  await fixture.psql.query(`UPDATE places SET name = 'farther' WHERE id = 9`);
  expect(await agree()).toEqual([]);
});

test('what the plan forbids halts: a plan may hold still for all DDL', async () => {
  plan = {
    ...plan,
    ddl: {
      unmappedTable: 'halt',
      columnAdded: 'halt',
      partitionAdded: 'halt',
      partitionRemoved: 'note',
      uniqueDropped: 'note',
    },
  };
  await fixture.psql.query('CREATE TABLE coupons (id int PRIMARY KEY)');
  expect(await watch()).toMatchObject({ halted: true, changes: [{ table: 'coupons', action: 'halt' }] });
});
