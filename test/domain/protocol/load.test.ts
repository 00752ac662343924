import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { tombstoneBelowBase } from '../../../src/domain/protocol/below-base.ts';
import { type LoadCheckpoint, type LoadOptions, loadRange } from '../../../src/domain/protocol/load-range.ts';
import { isTombstone, versionOfItem } from '../../../src/domain/protocol/stamps.ts';
import { base } from '../../../src/domain/versions.ts';
import { latch } from '../../client/latch.ts';
import { user } from '../../client/rows.ts';
import { startWorld, type World } from '../../client/world.ts';

let world: World;

beforeAll(async () => {
  world = await startWorld();
}, 120_000);
afterAll(() => world.stop());
beforeEach(() => world.clear());

const insertUsers = (count: number) =>
  world.psql.query(
    `INSERT INTO users (email, display_name, tags, settings) SELECT 'u' || i || '@x', 'N' || i, '{}', '{}' FROM generate_series(1, $1::int) i`,
    [count],
  );

function load(more: Partial<LoadOptions> = {}) {
  const entity = world.mapping.entities['USER'];
  if (entity === undefined) throw new Error('USER');
  return loadRange(world, {
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
  expect(await world.differences()).toEqual([]);
  expect(saved.at(-1)).toMatchObject({ done: true, rows: 95 });
});

test('RACE-7 ranges cover every row once', async () => {
  await insertUsers(101);
  const ranges = await world.rows.ranges('USER', 4);
  expect(ranges).toHaveLength(4);
  let rows = 0;
  for (const range of ranges) rows += (await load({ range, pageSize: 10 })).rows;
  expect(rows).toBe(101);
  expect(await world.differences()).toEqual([]);
});

test('RACE-1 RACE-58 a page that was read long ago and lands late covers nothing newer', async () => {
  await insertUsers(3);
  const [held, there] = [latch(), latch()];
  const loading = load({
    hook: async (step) => {
      if (step !== 'flushed') return;
      there.pass();
      await held.passed;
    },
  });
  await there.passed;
  await world.psql.query(`UPDATE users SET bio = 'newer' WHERE email = 'u1@x'`);
  await world.psql.query(`DELETE FROM users WHERE email = 'u2@x'`);
  await world.relay();
  held.pass();
  await loading;
  expect(await world.differences()).toEqual([]);
});

test('RACE-59 RACE-69 a new generation rewrites what stands and buries what the source no longer has', async () => {
  await insertUsers(5);
  await load();
  // What happens while capture is off leaves no trace in the changelog.
  await world.psql.query('ALTER TABLE users DISABLE TRIGGER portage_capture');
  await world.psql.query(`DELETE FROM users WHERE email = 'u1@x'; UPDATE users SET bio = 'quiet' WHERE email = 'u2@x'`);
  await world.psql.query('ALTER TABLE users ENABLE ALWAYS TRIGGER portage_capture');
  expect(await world.differences()).not.toEqual([]);
  await load({ generation: 2, reload: true });
  const buried = await tombstoneBelowBase(world.table, { generation: 2, segment: 0, segments: 1, at: '' });
  expect(buried.tombstones).toBe(2);
  expect(await world.differences()).toEqual([]);
  const items = await world.items();
  expect(items.filter(isTombstone).map((item) => versionOfItem(item))).toEqual([base(2), base(2)]);
  expect(items.every((item) => (versionOfItem(item) ?? 0) >= base(2))).toBe(true);
});

test('RACE-24 bodies are in S3 before any item points to them', async () => {
  const row = user();
  const client = await world.client({
    control: {
      ...world.control,
      mode: () => Promise.resolve({ mode: 'load', readPercent: 0, epoch: 1, generation: 1, stoppedFrom: null }),
    },
  });
  await client.put('USER', row);
  await client.put('CAMPAIGN', { id: row.id, owner_id: row.id, title: 't', system: 'homebrew', budget: 1, tags: [] });
  await client.put('SESSION', {
    user_id: row.id,
    campaign_id: row.id,
    number: 1,
    title: 's',
    started_at: new Date(),
    transcript: 'wörds '.repeat(200_000),
  });
  await world.load('SESSION');
  const [item] = await world.items();
  const pointer = item?.['transcriptS3Key'];
  const hash = pointer !== undefined && 'S' in pointer ? (pointer.S.split('/').at(-1) ?? '') : '';
  expect(await world.bodies.size(hash)).toBe(1_400_000);
  expect(Buffer.from((await world.bodies.get(hash)) ?? []).toString()).toBe('wörds '.repeat(200_000));
});
