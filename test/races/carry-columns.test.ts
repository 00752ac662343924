import { expect, test } from '@jest/globals';
import { Client as Psql } from 'pg';
import { createRowSource } from '../../src/adapters/postgres/rows/row-source.ts';
import { createSourceState } from '../../src/adapters/postgres/rows/source-state.ts';
import { uncarriedTables } from '../../src/domain/ddl/carry-columns.ts';
import { watchSchema } from '../../src/domain/ddl/watch-schema.ts';
import { planSchema } from '../../src/domain/plan/plan.ts';
import { moveMode } from '../../src/domain/progress/move-mode.ts';
import type { Client } from '../../src/client/open-client.ts';
import { MappingOutdated } from '../../src/domain/errors.ts';
import { withoutCarrying } from '../../src/domain/mapping/without-carrying.ts';
import { relayOnce } from '../../src/domain/protocol/relay.ts';
import { repair } from '../../src/domain/protocol/repair.ts';
import { layoutOf } from '../../src/domain/verification/compare/item-layout.ts';
import { keyOfItem } from '../../src/domain/mapping/items/read-system-attributes.ts';
import { decodeItem } from '../../src/domain/mapping/items/decode.ts';
import { allItems } from '../../local/engines/differences.ts';
import { GENERATION } from '../client/fixture.ts';
import { entityNamed } from '../domain/campaigns.ts';
import { type ChangingSchema, useChangingSchema } from './changing-schema.ts';

let scene: ChangingSchema;
useChangingSchema((created) => (scene = created));

const at = () => new Date().toISOString();

/** Looks and relays until every item has the columns. */
async function carry(): Promise<void> {
  for (let look = 0; look < 50; look += 1) {
    const { changes } = await scene.watch();
    await scene.relay();
    const { carried = [] } = (await scene.fixture.control.facts(GENERATION)) ?? {};
    if (carried.length > 0 && carried.every(({ finished }) => finished !== null)) return scene.refresh();
    if (changes.every(({ action }) => action !== 'carry')) break;
  }
  throw new Error('nothing is carried');
}

const uncarried = async (): Promise<number> =>
  uncarriedTables(scene.watchPorts(), scene.mapping, await scene.fixture.control.mode());

/** Puts the mode to all reads from DynamoDB; returns a client, and what it asks of the table. */
async function readingClient(): Promise<{ readonly client: Client; readonly asked: readonly unknown[] }> {
  const { control, table } = scene.fixture;
  const state = await control.mode();
  await control.move(state, { ...state, mode: 'reads', readPercent: 100 });
  const asked: unknown[] = [];
  const get: typeof table.get = (...request) => (asked.push(request), table.get(...request));
  return { client: await scene.fixture.client({ plan: scene.plan, table: { ...table, get } }), asked };
}

const places = async () =>
  (await allItems(scene.fixture.table)).filter(
    (item) => item['_e'] !== undefined && 'S' in item['_e'] && item['_e'].S === 'PLACE',
  );

test('a new column becomes an attribute of its own name in every item, without a reload', async () => {
  await scene.fixture.psql.query(`
    INSERT INTO places (id, name) SELECT n, 'p' FROM generate_series(2, 500) AS n;
    ALTER TABLE places ADD COLUMN coupon text NOT NULL DEFAULT 'none', ADD COLUMN visits bigint;
    INSERT INTO places (id, name, coupon, visits) VALUES (501, 'new', 'ten', 5)`);
  expect(await scene.watch()).toMatchObject({
    halted: false,
    changes: [
      { table: 'places', column: 'coupon', action: 'carry' },
      { table: 'places', column: 'visits', action: 'carry' },
    ],
  });
  await carry();
  expect(await scene.agree()).toEqual([]);
  const items = await places();
  expect(items).toHaveLength(501);
  expect(items.filter((item) => item['coupon'] === undefined)).toEqual([]);
  expect(items.find((item) => 'visits' in item)).toMatchObject({ coupon: { S: 'ten' }, visits: { N: '5' } });
  expect(await scene.fixture.control.mode()).toMatchObject({ mode: 'dual', generation: GENERATION });
  expect((await scene.watch()).changes.map(({ detail }) => detail)).toEqual([
    'column coupon was added, all items have it',
    'column visits was added, all items have it',
  ]);
  expect(scene.rollbacks).toEqual([]);
});

test('clients write, read and bypass the column while it is carried: nothing is lost, and no call fails', async () => {
  // Long enough that no lease expires on a busy machine.
  scene.plan = { ...scene.plan, writes: { leaseSeconds: 4, deadlineSeconds: 2 } };
  const client = await scene.fixture.client({ plan: scene.plan });
  await scene.fixture.psql.query(`INSERT INTO places (id, name) SELECT n, 'p' FROM generate_series(2, 300) AS n`);
  await scene.agree();
  const traffic = { over: false };
  const writing = (async () => {
    for (let id = 1; !traffic.over; id = (id % 300) + 1) {
      await client.update('PLACE', { id }, { name: `n${id}` });
      await scene.fixture.psql.query(`UPDATE places SET mood = 'calm' WHERE id = $1`, [301 - id]);
    }
  })();
  await scene.fixture.psql.query(`ALTER TABLE places ADD COLUMN coupon text DEFAULT 'none'`);
  await carry().finally(() => (traffic.over = true));
  await writing;
  expect(await scene.agree()).toEqual([]);
  expect((await places()).filter((item) => item['coupon'] === undefined)).toEqual([]);
  await client.put('PLACE', { id: 7, coupon: 'seven', name: 'x' });
  expect(await client.get('PLACE', { id: 7 })).toMatchObject({ coupon: 'seven' });
  expect(await scene.agree()).toEqual([]);
});

test('while it is carried, reads of the table come from PostgreSQL, and gates stay closed', async () => {
  await scene.fixture.psql.query(`ALTER TABLE places ADD COLUMN coupon text DEFAULT 'none'`);
  expect(await uncarried()).toBe(1);
  await scene.watch();
  const { client, asked } = await readingClient();
  expect(await client.get('PLACE', { id: 1 })).toMatchObject({ coupon: 'none' });
  expect(asked).toEqual([]);
  expect(await uncarried()).toBe(1);
  await carry();
  expect(await uncarried()).toBe(0);
  expect(await scene.fixture.changelog.backlog()).toMatchObject({ carrying: 0 });
});

test('a column that is added in `drained` is carried before PostgreSQL may go', async () => {
  const { control, psql } = scene.fixture;
  await scene.agree();
  const state = await control.mode();
  await control.move(state, { ...state, mode: 'drained', readPercent: 100 });
  await psql.query(`ALTER TABLE places ADD COLUMN coupon text DEFAULT 'none'`);
  expect(await uncarried()).toBe(1);
  await scene.watch();
  const complete = { mode: 'complete', readPercent: 100 } as const;
  await expect(moveMode(control, scene.plan, complete)).rejects.toThrow(/1 tables with a new column/);
  await carry();
  expect(await uncarried()).toBe(0);
  expect(await places()).toMatchObject([{ coupon: { S: 'none' } }]);
});

test('reads return to DynamoDB once all items have it', async () => {
  await scene.fixture.psql.query(`ALTER TABLE places ADD COLUMN coupon text DEFAULT 'none'`);
  await carry();
  const { client, asked } = await readingClient();
  expect(await client.get('PLACE', { id: 1 })).toMatchObject({ coupon: 'none' });
  expect(asked).toHaveLength(1);
});

test('a relay and a repair with the older mapping write nothing: the column would be lost', async () => {
  const { fixture } = scene;
  const older = scene.mapping;
  const { changelog, table, intents, bodies, control, sql, psql } = fixture;
  await psql.query(`ALTER TABLE places ADD COLUMN coupon text DEFAULT 'none'`);
  await carry();
  await scene.agree();
  const before = await places();
  await psql.query(`UPDATE places SET coupon = 'late'`);
  const ports = { changelog, rows: createRowSource(sql, older), table, intents, bodies, control };
  const options = { mapping: older, generation: GENERATION, at: at() };
  await expect(relayOnce(ports, { ...options, limit: 10 })).rejects.toThrow(MappingOutdated);
  const [item] = before;
  if (item === undefined) throw new Error('there is no place');
  const key = keyOfItem(item);
  await expect(repair(ports, options, { relation: 'places', pk: ['1'], key })).rejects.toThrow(MappingOutdated);
  expect(await places()).toEqual(before);
  expect(await scene.agree()).toEqual([]);
  expect(await places()).toMatchObject([{ coupon: { S: 'late' } }]);
});

test('a row that is inserted with the older trigger, and committed after it, has the column', async () => {
  const { psql, connectionString } = scene.fixture;
  await psql.query(`ALTER TABLE places ADD COLUMN coupon text DEFAULT 'none'`);
  await scene.watch();
  const writer = new Psql({ connectionString });
  await writer.connect();
  try {
    // Its key is before all others: rows that are read in order of their keys have passed it.
    await writer.query(`BEGIN; INSERT INTO ${scene.plan.source.schema}.places (id, name) VALUES (0, 'open')`);
    let committed: Promise<unknown> | null = null;
    await scene.watch(() => {
      committed ??= writer.query('COMMIT');
      return false;
    });
    await committed;
  } finally {
    await writer.end();
  }
  await carry();
  expect(await scene.agree()).toEqual([]);
  expect((await places()).filter((item) => item['coupon'] === undefined)).toEqual([]);
});

test('a verification that has begun goes on: the column is compared once all items have it', async () => {
  const { sql, psql } = scene.fixture;
  const sourceState = await createSourceState(sql, scene.mapping)();
  await psql.query(`ALTER TABLE places ADD COLUMN coupon text DEFAULT 'none'`);
  await scene.watch();
  await scene.refresh();
  await psql.query(`UPDATE places SET name = 'again'`);
  const compared = withoutCarrying(scene.mapping);
  expect(await createSourceState(sql, compared)()).toEqual(sourceState);
  await scene.watch();
  await scene.relay();
  const [item] = await places();
  if (item === undefined) throw new Error('there is no place');
  const { image } = decodeItem(compared, item);
  expect(image).not.toHaveProperty('coupon');
  expect(layoutOf(entityNamed(compared, 'PLACE'), image, item)).toEqual({ placed: true, matches: true });
  await carry();
  expect(withoutCarrying(scene.mapping).entities['PLACE']?.columns.map(({ column }) => column)).toContain('coupon');
  expect(await createSourceState(sql, scene.mapping)()).toEqual(sourceState);
});

test('a new column that the mapping cannot take in is left out, and the reason told; others are carried', async () => {
  await scene.fixture.psql.query(
    'ALTER TABLE places ADD COLUMN "_v" text, ADD COLUMN kin regclass, ADD COLUMN coupon text',
  );
  const { changes, halted } = await scene.watch();
  expect(halted).toBe(false);
  expect(changes).toMatchObject([
    { action: 'note', detail: expect.stringMatching(/_v was added and is left out: .*_v/) },
    { action: 'note', detail: expect.stringMatching(/kin was added and is left out: .*regclass/) },
    { action: 'carry', detail: 'column coupon was added' },
  ]);
  await carry();
  expect(await scene.agree()).toEqual([]);
});

test('where the plan says `note`, the column is left out; with `halt`, reads return', async () => {
  await scene.fixture.psql.query(`ALTER TABLE places ADD COLUMN coupon text DEFAULT 'none'`);
  scene.plan = { ...scene.plan, ddl: { ...scene.plan.ddl, columnAdded: 'note' } };
  expect(await scene.watch()).toMatchObject({ halted: false, changes: [{ action: 'note' }] });
  expect(await scene.fixture.control.facts(GENERATION)).not.toHaveProperty('carried');
  scene.plan = { ...scene.plan, ddl: { ...scene.plan.ddl, columnAdded: 'halt' } };
  expect(await scene.watch()).toMatchObject({ halted: true });
});

test('a carried column that is dropped again returns reads to PostgreSQL', async () => {
  await scene.fixture.psql.query('ALTER TABLE places ADD COLUMN coupon text');
  await carry();
  await scene.fixture.psql.query('ALTER TABLE places DROP COLUMN coupon');
  expect(await scene.watch()).toMatchObject({ halted: true });
  expect(scene.rollbacks).toEqual([expect.stringMatching(/places: column coupon was dropped or renamed/)]);
});

test('two watches at once, and one that dies after each step, carry the column once', async () => {
  await scene.fixture.psql.query(`
    INSERT INTO places (id, name) SELECT n, 'p' FROM generate_series(2, 450) AS n;
    ALTER TABLE places ADD COLUMN coupon text DEFAULT 'none'`);
  const control = scene.fixture.control;
  for (let look = 0; look < 50; look += 1) {
    await Promise.allSettled([scene.watch(), scene.watch()]);
    await scene.relay();
    const { carried = [] } = (await control.facts(GENERATION)) ?? {};
    if (carried.every(({ finished }) => finished !== null)) break;
  }
  const { carried } = (await control.facts(GENERATION)) ?? {};
  expect(carried).toEqual([{ table: 'places', column: 'coupon', finished: expect.any(Number) }]);
  await scene.refresh();
  expect(await scene.agree()).toEqual([]);
});

test('the wait for older mappings goes on from look to look, where it is longer than a look', async () => {
  scene.plan = { ...scene.plan, writes: { leaseSeconds: 60, deadlineSeconds: 60 } };
  await scene.fixture.psql.query(`ALTER TABLE places ADD COLUMN coupon text DEFAULT 'none'`);
  await scene.watch();
  let now = 0;
  const time = { monotonic: () => now, sleep: (milliseconds: number) => Promise.resolve(void (now += milliseconds)) };
  const captured = async (): Promise<boolean> =>
    (await scene.fixture.psql.query(`SELECT FROM portage.shape WHERE name = 'coupon'`)).rows.length > 0;
  const looks: number[] = [];
  while (!(await captured())) {
    const begun = now;
    const state = await scene.fixture.control.mode();
    await scene.refresh();
    const pause = () => now - begun >= 50_000;
    await watchSchema({ ...scene.watchPorts(), time }, { mapping: scene.mapping, state, pause });
    looks.push(now - begun);
  }
  expect(looks).toEqual([50_000, 50_000, 20_000]);
  await carry();
  expect(await scene.agree()).toEqual([]);
});

test('a page token of DynamoDB goes on there while a column is carried, with the values of PostgreSQL', async () => {
  const patterns = { eventsOfId: { entity: 'EVENT', SK: 'EVENT#', limit: 2 } };
  scene.plan = planSchema.parse({ ...scene.plan, patterns });
  const { psql } = scene.fixture;
  await psql.query(
    `INSERT INTO events SELECT 1, CAST('2026-01-02' AS date) + n, 'day ' || n FROM generate_series(1, 4) AS n`,
  );
  await scene.agree();
  const { client } = await readingClient();
  const first = await client.query('eventsOfId', { id: 1 });
  await psql.query(`ALTER TABLE events ADD COLUMN coupon text DEFAULT 'none'`);
  await scene.watch();
  const later = await scene.fixture.client({ plan: scene.plan });
  const second = await later.query('eventsOfId', { id: 1 }, { after: first.next });
  const third = await later.query('eventsOfId', { id: 1 }, { after: second.next });
  expect([first, second, third].map((page) => page.map(({ note }) => note))).toEqual([
    ['first', 'day 1'],
    ['day 2', 'day 3'],
    ['day 4'],
  ]);
  expect([...second, ...third].map(({ coupon }) => coupon)).toEqual(['none', 'none', 'none']);
});
