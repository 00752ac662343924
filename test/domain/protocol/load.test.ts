import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import type { Item } from '../../../src/domain/item.ts';
import type { Table } from '../../../src/domain/ports/table.ts';
import { cutRanges } from '../../../src/domain/key-ranges/cut-ranges.ts';
import { walkRows } from '../../../src/domain/key-ranges/walk-rows.ts';
import { type FinishedLoad, finishLoad, type UnfinishedLoad } from '../../../src/domain/load/finish-load.ts';
import { type StaleItemsReport, tombstoneStaleItems } from '../../../src/domain/protocol/tombstone-stale-items.ts';
import {
  type LoadCheckpoint,
  type LoadOptions,
  type LoadPorts,
  loadRange,
} from '../../../src/domain/protocol/load-range.ts';
import { relayOnce } from '../../../src/domain/protocol/relay.ts';
import { isTombstone, versionOfItem } from '../../../src/domain/mapping/items/read-system-attributes.ts';
import { INITIAL_MODE } from '../../../src/domain/mode/modes.ts';
import { base } from '../../../src/domain/versions.ts';
import { createDeferred } from '../../../local/process/deferred.ts';
import { campaign, session, user } from '../../client/rows.ts';
import { startFixture, type Fixture } from '../../client/fixture.ts';

let fixture: Fixture;

beforeAll(async () => {
  fixture = await startFixture();
}, 120_000);
afterAll(() => fixture.stop());
beforeEach(() => fixture.clear());

const insertUsers = (count: number) =>
  fixture.psql.query(
    `INSERT INTO users (email, display_name, tags, settings) SELECT 'u' || i || '@x', 'N' || i, '{}', '{}' FROM generate_series(1, $1::int) i`,
    [count],
  );

function load(more: Partial<LoadOptions> = {}, name = 'USER', ports: LoadPorts = fixture) {
  const entity = fixture.mapping.entities[name];
  if (entity === undefined) throw new Error(name);
  return loadRange(ports, {
    entity,
    generation: 1,
    range: { after: null, upTo: null },
    from: null,
    reload: false,
    at: new Date().toISOString(),
    ...more,
  });
}

test('RACE-8 a load that dies at any step goes on from its checkpoint and misses nothing', async () => {
  await insertUsers(95);
  let steps = 0;
  const saved: LoadCheckpoint[] = [];
  for (let dies = 1; saved.at(-1)?.done !== true; dies++) {
    steps = 0;
    await load({
      pageSize: 20,
      from: saved.at(-1) ?? null,
      save: (reached) => {
        saved.push(reached);
        return Promise.resolve();
      },
      hook: () => {
        steps++;
        if (steps === dies) throw new Error('killed');
      },
    }).catch((error: Error) => expect(error.message).toBe('killed'));
  }
  expect(await fixture.differences()).toEqual([]);
  expect(saved.at(-1)).toMatchObject({ done: true, rows: 95 });
});

test('RACE-7 ranges cover every row once', async () => {
  await insertUsers(101);
  const { USER } = await walkRows(fixture.rows, ['USER'], {}, { every: 1, maxMarks: 200, pause: () => false });
  const ranges = USER === undefined ? [] : cutRanges(USER, 4);
  expect(ranges).toHaveLength(4);
  let rows = 0;
  for (const range of ranges) rows += (await load({ range, pageSize: 10 })).rows;
  expect(rows).toBe(101);
  expect(await fixture.differences()).toEqual([]);
});

test('RACE-1 RACE-58 a page that was read long ago and lands late covers nothing newer', async () => {
  await insertUsers(3);
  const [held, there] = [createDeferred<void>(), createDeferred<void>()];
  const loading = load({
    hook: async (step) => {
      if (step !== 'flushed') return;
      there.resolve();
      await held.promise;
    },
  });
  await there.promise;
  await fixture.psql.query(`UPDATE users SET bio = 'newer' WHERE email = 'u1@x'`);
  await fixture.psql.query(`DELETE FROM users WHERE email = 'u2@x'`);
  await fixture.relay();
  held.resolve();
  await loading;
  expect(await fixture.differences()).toEqual([]);
});

test('RACE-59 RACE-69 a new generation rewrites what stands and buries what the source no longer has', async () => {
  await insertUsers(5);
  await load();
  // What happens while capture is off leaves no trace in the changelog.
  await fixture.psql.query('ALTER TABLE users DISABLE TRIGGER portage_capture');
  await fixture.psql.query(
    `DELETE FROM users WHERE email = 'u1@x'; UPDATE users SET bio = 'quiet' WHERE email = 'u2@x'`,
  );
  await fixture.psql.query('ALTER TABLE users ENABLE ALWAYS TRIGGER portage_capture');
  expect(await fixture.differences()).not.toEqual([]);
  await load({ generation: 2, reload: true });
  const buried = await tombstoneStaleItems(fixture.table, { generation: 2, segment: 0, segments: 1, at: '' });
  expect(buried.tombstones).toBe(2);
  expect(await fixture.differences()).toEqual([]);
  const items = await fixture.items();
  expect(items.filter(isTombstone).map((item) => versionOfItem(item))).toEqual([base(2), base(2)]);
  expect(items.every((item) => (versionOfItem(item) ?? 0) >= base(2))).toBe(true);
});

test('RACE-59 stale items are buried in many calls, each killed once and made again, as in one', async () => {
  await fixture.psql.query(
    `INSERT INTO users (email, display_name, bio, tags, settings)
     SELECT 'u' || i || '@x', 'N' || i, repeat('x', 30000), '{}', '{}' FROM generate_series(1, 100) i`,
  );
  await load();
  await fixture.psql.query('ALTER TABLE users DISABLE TRIGGER portage_capture');
  await fixture.psql.query(`DELETE FROM users WHERE email LIKE 'u%0@x'`);
  await fixture.psql.query('ALTER TABLE users ENABLE ALWAYS TRIGGER portage_capture');
  await load({ generation: 2, reload: true });
  await fixture.control.write('LOAD-PLAN', '2', { generation: 2, segments: [], rows: {} }, 'any');
  let [unfinished, calls, buried]: [UnfinishedLoad | null, number, number] = [null, 0, 0];
  do {
    const from: UnfinishedLoad | null = JSON.parse(JSON.stringify(unfinished));
    const step = () => finishLoad(fixture, { generation: 2, now: '', from }, () => true);
    const killed = await step();
    const done = await step();
    // The tombstones of the call that was killed are there already.
    buried += killed.summary.tombstones - (from?.tombstones ?? 0);
    expect(done.summary.tombstones).toBe(from?.tombstones ?? 0);
    expect(done.unfinished?.open).toEqual(killed.unfinished?.open);
    unfinished = done.unfinished;
    calls++;
  } while (unfinished !== null);
  expect(calls).toBeGreaterThan(4);
  // Ten users, each with the item of its unique address.
  expect(buried).toBe(20);
  expect(await fixture.differences()).toEqual([]);
});

test('the search for stale items reads each page once, though every call stops after one page of a few segments', async () => {
  await fixture.control.write('LOAD-PLAN', '3', { generation: 3, segments: [], rows: {} }, 'any');
  const pages: string[] = [];
  const table = {
    scan: (segment: number, _: number, after: string | null) => {
      pages.push(`${segment} ${after}`);
      const next = after === null ? '1' : after === '1' ? '2' : null;
      return Promise.resolve({ items: [], next, scanned: 0, rcu: 0 });
    },
    putIfSeen: fixture.table.putIfSeen,
  };
  let from: UnfinishedLoad | null = null;
  do {
    const before = pages.length;
    const step: FinishedLoad = await finishLoad(
      { control: fixture.control, table },
      { generation: 3, now: '', from },
      () => true,
    );
    from = step.unfinished;
    expect(pages.length - before).toBeLessThanOrEqual(4);
  } while (from !== null);
  expect(new Set(pages).size).toBe(32 * 3);
  expect(pages).toHaveLength(32 * 3);
});

test('a scan of one segment goes on from its cursor', async () => {
  await fixture.psql.query(
    `INSERT INTO users (email, display_name, bio, tags, settings)
     SELECT 'u' || i || '@x', 'N' || i, repeat('x', 30000), '{}', '{}' FROM generate_series(1, 100) i`,
  );
  await load();
  const pages: StaleItemsReport[] = [];
  do {
    const from = pages.at(-1)?.next ?? null;
    const options = { generation: 1, segment: 0, segments: 1, at: '', from, pause: () => true };
    pages.push(await tombstoneStaleItems(fixture.table, options));
  } while (pages.at(-1)?.next !== null);
  expect(pages.length).toBeGreaterThan(2);
  expect(pages.reduce((sum, { scanned }) => sum + scanned, 0)).toBe((await fixture.items()).length);
});

test('RACE-24 whoever writes an item, the body that it points to is in S3 by then', async () => {
  const pointedTo: (number | null)[] = [];
  const look = async (items: readonly Item[]): Promise<void> => {
    for (const { transcriptS3Key: pointer } of items)
      if (pointer !== undefined && 'S' in pointer)
        pointedTo.push(await fixture.bodies.size(pointer.S.split('/').at(-1) ?? ''));
  };
  const table: Table = {
    ...fixture.table,
    insertAbsent: (items) => look(items).then(() => fixture.table.insertAbsent(items)),
    putNewer: (item) => look([item]).then(() => fixture.table.putNewer(item)),
    putIfSeen: (item, seen) => look([item]).then(() => fixture.table.putIfSeen(item, seen)),
    transact: (items, intent, token) => look(items).then(() => fixture.table.transact(items, intent, token)),
  };
  const ports = { ...fixture, table };
  const owner = user();
  const home = campaign(owner.id);
  await fixture.psql.query(
    `INSERT INTO users (id, email, display_name, tags, settings) VALUES ($1, $2, 'N', '{}', '{}')`,
    [owner.id, owner.email],
  );
  await fixture.psql.query(
    `INSERT INTO campaigns (id, owner_id, title, system, budget, tags) VALUES ($1, $2, 't', 'homebrew', 1, '{}')`,
    [home.id, owner.id],
  );
  const night = session(owner.id, home.id);
  await fixture.psql.query(
    `INSERT INTO sessions (id, user_id, campaign_id, number, title, started_at, transcript) VALUES ($1, $2, $3, 1, 's', now(), repeat('wörds ', 200000))`,
    [night.id, owner.id, home.id],
  );
  // Older than capture: the load's alone.
  await fixture.psql.query('TRUNCATE portage.changelog');
  await load({}, 'SESSION', ports);
  const [item] = await fixture.items();
  const pointer = item?.['transcriptS3Key'];
  const hash = pointer !== undefined && 'S' in pointer ? (pointer.S.split('/').at(-1) ?? '') : '';
  expect(Buffer.from((await fixture.bodies.get(hash)) ?? []).toString()).toBe('wörds '.repeat(200_000));
  await fixture.psql.query(`UPDATE sessions SET transcript = repeat('bypass ', 30000)`);
  await relayOnce(ports, { mapping: fixture.mapping, generation: 1, limit: 10, at: '' });
  const client = await fixture.client({
    table,
    control: {
      ...fixture.control,
      mode: () => Promise.resolve({ ...INITIAL_MODE, mode: 'dual', epoch: 1, generation: 1 }),
    },
  });
  await client.update('SESSION', { id: night.id }, { transcript: 'x'.repeat(400_000) });
  await client.sql('bodies', (tx) => tx.query(`UPDATE sessions SET transcript = repeat('sql ', 90000)`));
  expect(pointedTo).toEqual([1_400_000, 210_000, 400_000, 360_000]);
});
