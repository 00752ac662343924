import { expect, test } from '@jest/globals';
import { installCapture } from '../../src/adapters/postgres/capture/capture.ts';
import { readCatalogue } from '../../src/adapters/postgres/catalogue/read-catalogue.ts';
import { allItems } from '../../local/engines/differences.ts';
import { compilePlan } from '../../src/domain/plan-check/compile-plan.ts';
import { GENERATION } from '../client/fixture.ts';
import { type ChangingSchema, useChangingSchema } from './changing-schema.ts';

let scene: ChangingSchema;
useChangingSchema((created) => (scene = created));

test.each([
  [
    'a table that no plan mentions',
    'CREATE TABLE coupons (id int PRIMARY KEY, code text)',
    [['coupons', 'unmapped-table']],
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
  await scene.fixture.psql.query(ddl);
  const { changes, halted } = await scene.watch();
  expect(changes.map(({ table, kind }) => [table, kind])).toEqual(expected);
  expect(changes.every(({ action }) => action === 'note')).toBe(true);
  expect(halted).toBe(false);
  expect(scene.rollbacks).toEqual([]);
  await scene.fixture.psql.query(
    `INSERT INTO places (id, name) VALUES (2, 'there'); UPDATE places SET name = 'where' WHERE id = 1`,
  );
  expect(await scene.agree()).toEqual([]);
  expect((await scene.fixture.control.read('SCHEMA', String(GENERATION)))?.value ?? []).toEqual(changes);
});

test('clients write columns of a type that was renamed or moved: its name is in none of their statements', async () => {
  const { psql } = scene.fixture;
  const client = await scene.fixture.client({ plan: scene.plan });
  await psql.query('ALTER TYPE public.ddl_mood RENAME TO ddl_spirit');
  try {
    await client.put('PLACE', { id: 5, name: 'new', mood: 'calm' });
    await psql.query(`CREATE SCHEMA types; ALTER TYPE public.ddl_spirit SET SCHEMA types`);
    await client.update('PLACE', { id: 5 }, { mood: null });
    await client.update('PLACE', { id: 5 }, { mood: 'calm' });
    expect((await psql.query('SELECT mood FROM places WHERE id = 5')).rows).toEqual([{ mood: 'calm' }]);
    expect(await scene.watch()).toMatchObject({ changes: [], halted: false });
    expect(await scene.agree()).toEqual([]);
  } finally {
    await psql.query(
      'ALTER TYPE types.ddl_spirit SET SCHEMA public; ALTER TYPE public.ddl_spirit RENAME TO ddl_mood; DROP SCHEMA types',
    );
  }
});

test('a column that gets another type of the database’s own is retyped, whatever the type is called', async () => {
  await scene.fixture.psql.query(`
    CREATE TYPE mood_too AS ENUM ('calm'); ALTER TABLE places ALTER mood DROP DEFAULT, ALTER mood TYPE mood_too USING mood::text::mood_too`);
  expect(await scene.watch()).toMatchObject({ halted: true, changes: [{ kind: 'column-retyped', column: 'mood' }] });
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
  await scene.fixture.psql.query(ddl);
  expect(await scene.watch()).toMatchObject({ halted: true });
  expect(scene.rollbacks).toEqual([
    expect.stringMatching(
      new RegExp(`^schema-\\d+: the source's schema changed: .*${reason.replaceAll(/[()]/g, '\\$&')}`),
    ),
  ]);
  await scene.watch();
  expect(new Set(scene.rollbacks).size).toBe(1);
  await scene.fixture.psql.query(
    `DO $$ BEGIN INSERT INTO places VALUES (7, 'x'); EXCEPTION WHEN OTHERS THEN NULL; END $$`,
  );
});

test('a dropped unique index is noted where the plan says so: DynamoDB takes rows of one value, and the item names one', async () => {
  scene.plan = { ...scene.plan, ddl: { ...scene.plan.ddl, uniqueDropped: 'note' } };
  await scene.fixture.psql.query('DROP INDEX seats_code');
  expect(await scene.watch()).toMatchObject({ halted: false, changes: [{ kind: 'unique-dropped', action: 'note' }] });
  await scene.fixture.psql.query(`INSERT INTO seats VALUES (1, 'x'), (2, 'x')`);
  await scene.agree();
  // The reason why it halts by default: one item cannot name two rows.
  const claims = (await allItems(scene.fixture.table)).filter((item) => item['_of'] !== undefined);
  expect(claims).toMatchObject([{ PK: { S: 'UNIQUE#SEAT#code#x' }, _i: { L: [{ S: '2' }] } }]);
});

test('a client reads a table whose mapped column was renamed: the column is NULL, the others are there', async () => {
  const client = await scene.fixture.client({ plan: scene.plan });
  await scene.fixture.psql.query('ALTER TABLE places RENAME COLUMN name TO title');
  expect(await client.get('PLACE', { id: 1 })).toEqual({ id: 1, name: null, seen: null, mood: 'calm' });
  await scene.fixture.psql.query('ALTER TABLE places RENAME COLUMN id TO number');
  await expect(client.get('PLACE', { id: 1 })).rejects.toMatchObject({ fields: { sqlstate: '42703' } });
});

test('a new generation takes capture off a table that its plan leaves out', async () => {
  const { EVENT } = scene.plan.entities;
  if (EVENT === undefined) throw new Error('the plan has no EVENT');
  await scene.fixture.psql.query('ALTER TABLE places RENAME TO locations');
  const catalogue = await readCatalogue(scene.fixture.sql, scene.plan.source.schema);
  await installCapture(
    scene.fixture.sql,
    compilePlan(
      { ...scene.plan, entities: { EVENT }, exclude: { locations: 'renamed', seats: 'not of this test' } },
      catalogue,
      {},
    ),
    GENERATION,
  );
  await scene.fixture.psql.query(`UPDATE locations SET name = 'not recorded'; TRUNCATE locations`);
  expect(await scene.fixture.changelog.backlog()).toMatchObject({ pending: 0, missed: 0 });
});

test.each([
  ['disabled', 'ALTER TABLE places DISABLE TRIGGER portage_capture'],
  ['dropped', 'DROP TRIGGER portage_capture ON places'],
  [
    'lost with its table, which was made again',
    'DROP TABLE places; CREATE TABLE places (id int PRIMARY KEY, name text NOT NULL, seen timestamptz, mood public.ddl_mood)',
  ],
])('RACE-71 a trigger that is %s starts the rollback at the next look', async (_, ddl) => {
  await scene.fixture.psql.query(ddl);
  expect(await scene.watch()).toMatchObject({
    halted: true,
    changes: expect.arrayContaining([
      expect.objectContaining({ kind: 'uncaptured', detail: expect.stringContaining('places') }),
    ]),
  });
  expect(scene.rollbacks).toHaveLength(1);
});

test('RACE-71 a dropped trigger of a partitioned table is not taken for partitions that left and came back', async () => {
  scene.plan = { ...scene.plan, ddl: { ...scene.plan.ddl, partitionRemoved: 'note' } };
  await scene.fixture.psql.query(
    `DO $$ DECLARE v name := (SELECT tgname FROM pg_trigger WHERE tgrelid = 'events'::regclass AND tgname LIKE 'portage_capture%'); BEGIN EXECUTE format('DROP TRIGGER %I ON events', v); END $$`,
  );
  expect(await scene.watch()).toMatchObject({ halted: true, adopted: [] });
});

test('what the plan forbids halts: a plan may hold still for all DDL', async () => {
  scene.plan = {
    ...scene.plan,
    ddl: {
      unmappedTable: 'halt',
      columnAdded: 'halt',
      partitionAdded: 'halt',
      partitionRemoved: 'note',
      uniqueDropped: 'note',
    },
  };
  await scene.fixture.psql.query('CREATE TABLE coupons (id int PRIMARY KEY)');
  expect(await scene.watch()).toMatchObject({ halted: true, changes: [{ table: 'coupons', action: 'halt' }] });
});
