import { readFileSync } from 'node:fs';
import { DescribeTableCommand, ScanCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { cutRanges } from '../../src/domain/key-ranges/cut-ranges.ts';
import { walkRows } from '../../src/domain/key-ranges/walk-rows.ts';
import { Client } from 'pg';
import { WAYS } from '../../local/engines/connect.ts';
import { CONTROL } from '../../local/engines/connection-info.ts';
import { createPgSource } from '../../src/adapters/postgres/connection/pg-source.ts';
import { readShardOwners } from '../../src/adapters/postgres/rows/shard-owners.ts';
import { compilePlan } from '../../src/domain/plan-check/compile-plan.ts';
import { base } from '../../src/domain/versions.ts';
import { loadRange } from '../../src/domain/protocol/load-range.ts';
import { isTombstone, keyOfItem } from '../../src/domain/mapping/items/read-system-attributes.ts';
import { createDeferred } from '../../local/process/deferred.ts';
import { campaign, session, user } from '../client/rows.ts';
import { startFixture, type Fixture } from '../client/fixture.ts';

let fixture: Fixture;

beforeAll(async () => {
  fixture = await startFixture();
  await fixture.enter('dual');
}, 120_000);
afterAll(() => fixture.stop());
beforeEach(() => fixture.clear());

/** A clock that is wrong by so many minutes, but runs. */
const clockOff = (minutes: number) => ({
  now: () => new Date(Date.now() + minutes * 60_000),
  monotonic: () => performance.now(),
  sleep: (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms)),
});

const users = (count: number) =>
  fixture.psql.query(
    `INSERT INTO users (email, display_name, tags, settings) SELECT i || '@x', 'N', '{}', '{}' FROM generate_series(1, $1::int) i`,
    [count],
  );

function loading(more: Partial<Parameters<typeof loadRange>[1]> = {}) {
  const entity = fixture.mapping.entities['USER'];
  if (entity === undefined) throw new Error('USER');
  const range = { after: null, upTo: null };
  return loadRange(fixture, { entity, generation: 1, range, from: null, reload: false, at: '', pageSize: 10, ...more });
}

test('RACE-4 rows beyond the highest and below the lowest key that the bounds were made of are loaded, or relayed', async () => {
  await users(40);
  await fixture.psql.query('TRUNCATE portage.changelog');
  const { USER } = await walkRows(fixture.rows, ['USER'], {}, { every: 1, maxMarks: 200, pause: () => false });
  const ranges = USER === undefined ? [] : cutRanges(USER, 4);
  expect(ranges).toHaveLength(4);
  const insert = (id: string) =>
    fixture.psql.query(`INSERT INTO users (id, email, display_name, tags, settings) VALUES ($1, $2, 'N', '{}', '{}')`, [
      id,
      id,
    ]);
  await insert('ffffffff-ffff-ffff-ffff-fffffffffffe');
  await insert('00000000-0000-0000-0000-000000000001');
  // Without the changelog: the load alone finds them.
  await fixture.psql.query('TRUNCATE portage.changelog');
  for (const range of ranges) await loading({ range });
  expect(await fixture.differences()).toEqual([]);
  await insert('ffffffff-ffff-ffff-ffff-ffffffffffff');
  expect(await fixture.differences()).toHaveLength(2);
  await fixture.relay();
  expect(await fixture.differences()).toEqual([]);
});

test('RACE-9 a load that goes on after the rows it brought are gone and others came before them misses nothing', async () => {
  await users(35);
  // Older than capture: nobody but the load brings them.
  await fixture.psql.query('TRUNCATE portage.changelog');
  const saved: Awaited<ReturnType<typeof loading>>[] = [];
  const save = (checkpoint: (typeof saved)[number]) => {
    saved.push(checkpoint);
    return Promise.resolve();
  };
  await loading({ save, pause: () => true });
  const [reached] = saved;
  await fixture.psql.query('DELETE FROM users WHERE id <= $1', [reached?.after?.[0]]);
  await fixture.psql.query(
    `INSERT INTO users (id, email, display_name, tags, settings) VALUES ('00000000-0000-0000-0000-000000000000', 'b@x', 'N', '{}', '{}')`,
  );
  await loading({ from: reached ?? null });
  await fixture.relay();
  expect(await fixture.differences()).toEqual([]);
});

test('RACE-10 a change carries the row as it was, not as it is when somebody reads it', async () => {
  await users(1);
  await fixture.psql.query(`UPDATE users SET bio = 'second'; UPDATE users SET bio = 'third'`);
  const images = (await fixture.changelog.pending(10)).map(({ row }) => row?.['bio']);
  expect(images).toEqual([null, 'second', 'third']);
});

describe.each(WAYS)('by %s', (way) => {
  test('RACE-19 clocks that are wrong by minutes change nothing: versions alone decide, and nothing uncommitted is shown', async () => {
    const source = fixture.sources[way];
    const [behind, ahead] = [
      await fixture.client({ source, clock: clockOff(-5) }),
      await fixture.client({ source, clock: clockOff(60) }),
    ];
    const row = user();
    await ahead.put('USER', { ...row, bio: 'ahead' });
    await behind.update('USER', { id: row.id }, { bio: 'behind' });
    expect(await fixture.differences()).toEqual([]);
    expect(await ahead.get('USER', { id: row.id })).toMatchObject({ bio: 'behind' });
    const [held, there] = [createDeferred<void>(), createDeferred<void>()];
    const slow = await fixture.client({
      source,
      clock: clockOff(-5),
      hook: async (step) => {
        if (step !== 'written') return;
        there.resolve();
        await held.promise;
      },
    });
    const writing = slow.update('USER', { id: row.id }, { bio: 'open' });
    await there.promise;
    const reader = await fixture.client({
      source,
      control: {
        ...fixture.control,
        mode: () =>
          Promise.resolve({
            mode: 'reads',
            readPercent: 100,
            epoch: 1,
            generation: 1,
            stoppedFrom: null,
            mappingRevision: 0,
          }),
      },
    });
    expect(await reader.get('USER', { id: row.id })).toMatchObject({ bio: 'behind' });
    held.resolve();
    await writing;
    expect(await reader.get('USER', { id: row.id })).toMatchObject({ bio: 'open' });
  });

  test('RACE-77 a dead client holds its row locks no longer than its idle timeout', async () => {
    const dies = createDeferred<void>();
    const impatient = { ...fixture.plan, writes: { leaseSeconds: 2, deadlineSeconds: 0.5 } };
    const connection = { connectionString: fixture.connectionString, allowExitOnIdle: true };
    const dead = await fixture.client({
      plan: impatient,
      // A process of its own: its connections die with it.
      source: way === 'pg' ? createPgSource({ connection }) : fixture.sources[way],
      hook: (step) => {
        if (step !== 'changed') return undefined;
        dies.resolve();
        return new Promise<void>(() => {});
      },
    });
    const row = user();
    const living = await fixture.client({ source: fixture.sources[way] });
    await living.put('USER', row);
    dead.update('USER', { id: row.id }, { bio: 'dead' }).catch(() => {});
    await dies.promise;
    const started = performance.now();
    await living.update('USER', { id: row.id }, { display_name: 'living' });
    expect(performance.now() - started).toBeLessThan(3_500);
    expect(await fixture.differences()).toEqual([]);
    expect(await living.get('USER', { id: row.id })).toMatchObject({ bio: null, display_name: 'living' });
  });
});

test('RACE-23 a stale change replayed and one that cannot be applied keep nobody waiting', async () => {
  const client = await fixture.client();
  const [stale, odd, good] = [user(), user(), user()];
  for (const row of [stale, odd]) await client.put('USER', row);
  await fixture.psql.query(`UPDATE users SET bio = 'old' WHERE id = $1`, [stale.id]);
  const [change] = await fixture.changelog.pending(10);
  await fixture.relay();
  await client.update('USER', { id: stale.id }, { bio: 'new' });
  // Read again by somebody who has not heard that it is done.
  await fixture.psql.query('DELETE FROM portage.done WHERE seq = $1', [change?.seq]);
  await fixture.table.putIfSeen({ ...(await itemOf(odd.id)), _v: { S: 'odd' } }, await stampsOf(odd.id));
  await fixture.psql.query(`UPDATE users SET bio = 'poison' WHERE id = $1`, [odd.id]);
  await fixture.psql.query(
    `INSERT INTO users (id, email, display_name, tags, settings) VALUES ($1, 'g@x', 'G', '{}', '{}')`,
    [good.id],
  );
  expect(await fixture.relay()).toMatchObject({ done: 2, parked: 1 });
  expect((await fixture.differences()).every((line) => line.includes(odd.id))).toBe(true);
  expect(await client.get('USER', { id: stale.id })).toMatchObject({ bio: 'new' });
  expect(await fixture.changelog.backlog()).toMatchObject({ pending: 0, parked: 1 });
});

async function itemOf(id: string) {
  const key = { PK: `USER#${id}`, SK: `USER#${id}` };
  const [item] = await fixture.table.get([key], { consistent: true });
  return item ?? {};
}

async function stampsOf(id: string) {
  const { _v, _t } = await itemOf(id);
  return {
    version: _v !== undefined && 'N' in _v ? Number(_v.N) : null,
    txn: _t !== undefined && 'S' in _t ? _t.S : null,
  };
}

test('RACE-27 what index keys of other rows hold cannot change: refused by the client, parked by the relay', async () => {
  const client = await fixture.client();
  const [one, two] = [user(), user()];
  const home = campaign(one.id);
  await client.transact([
    { put: 'USER', row: one },
    { put: 'USER', row: two },
    { put: 'CAMPAIGN', row: home },
  ]);
  await expect(client.update('CAMPAIGN', { id: home.id }, { owner_id: two.id })).rejects.toMatchObject({
    name: 'ImmutableChanged',
    retryable: false,
  });
  expect(await fixture.differences()).toEqual([]);
  await fixture.psql.query('UPDATE campaigns SET owner_id = $1', [two.id]);
  expect(await fixture.relay()).toMatchObject({ done: 0, parked: 1 });
});

test('RACE-67 an idle transaction, here or in another database, delays the pruning and never the relay', async () => {
  await fixture.psql.query('CREATE DATABASE elsewhere');
  const idle = [
    new Client({ connectionString: fixture.connectionString }),
    new Client({ connectionString: fixture.connectionString.replace(/app$/, 'elsewhere') }),
  ];
  for (const client of idle) {
    await client.connect();
    await client.query('BEGIN; SELECT pg_current_xact_id()');
  }
  await users(3);
  expect(await fixture.relay()).toMatchObject({ done: 3 });
  expect(await fixture.differences()).toEqual([]);
  await fixture.psql.query(`UPDATE users SET bio = 'again'`);
  expect(await fixture.relay()).toMatchObject({ done: 3 });
  expect(await fixture.changelog.backlog()).toMatchObject({ pending: 0 });
  for (const client of idle) await client.end();
});

test('RACE-68 a tombstone has nothing that could expire it, and keeps a late put out', async () => {
  const client = await fixture.client();
  const row = user();
  await client.put('USER', row);
  const late = await itemOf(row.id);
  await client.delete('USER', { id: row.id });
  const tombstones = (await fixture.items()).filter(isTombstone);
  expect(tombstones).toHaveLength(2);
  for (const tombstone of tombstones) {
    expect(
      Object.keys(tombstone).filter((name) => !['PK', 'SK', '_v', '_e', '_d', '_t', '_at', '_of', '_i'].includes(name)),
    ).toEqual([]);
  }
  expect((await fixture.table.putNewer(late)).kind).toBe('refused');
  expect(await fixture.table.insertAbsent([{ ...late, _v: { N: String(base(1)) } }])).toEqual(['present']);
  expect(await fixture.differences()).toEqual([]);
});

test('RACE-26 RACE-68 neither here nor on AWS the table has a stream that consumers could hear, or a time to live', async () => {
  expect(readFileSync('infra/data.ts', 'utf8')).not.toMatch(/stream|timeToLive/i);
  const { Table } = await fixture.dynamo.send(new DescribeTableCommand({ TableName: fixture.plan.table.name }));
  expect(Table?.StreamSpecification).toBeUndefined();
});

test('RACE-70 an owner who outgrows one partition after the load keeps it: the list of sharded ones is that of the generation', async () => {
  const { SESSION, ...others } = fixture.plan.entities;
  if (SESSION === undefined) throw new Error('SESSION');
  const plan = {
    ...fixture.plan,
    entities: { ...others, SESSION: { ...SESSION, shard: { by: 'id', over: 3, into: 8 } } },
  };
  const client = await fixture.client({ plan });
  const owner = user();
  const home = campaign(owner.id);
  await client.transact([
    { put: 'USER', row: owner },
    { put: 'CAMPAIGN', row: home },
  ]);
  const nights = Array.from({ length: 5 }, () => session(owner.id, home.id));
  for (const row of nights) await client.put('SESSION', row);
  await client.update('SESSION', { id: nights[0]?.id }, { title: 'again' });
  // A process that begins now takes the generation's list too.
  const later = await fixture.client({ plan });
  await later.update('SESSION', { id: nights[1]?.id }, { title: 'again' });
  expect(await readShardOwners(fixture.sql, compilePlan(plan, fixture.mapping.catalogue, {}))).toEqual({
    SESSION: [`USER#${owner.id}`],
  });
  expect((await fixture.items()).filter((item) => keyOfItem(item).PK.includes('#SHARD#'))).toEqual([]);
  expect(await fixture.differences()).toEqual([]);
});

test('RACE-75 intents are spread over sixteen partitions', async () => {
  const client = await fixture.client({ intents: { ...fixture.intents, delete: () => Promise.resolve() } });
  await Promise.all(Array.from({ length: 120 }, () => client.put('USER', user())));
  const { Items = [] } = await fixture.dynamo.send(
    new ScanCommand({ TableName: CONTROL, FilterExpression: 'attribute_exists(xid)' }),
  );
  expect(Items).toHaveLength(120);
  const partitions = Items.map(({ PK }) => PK?.S ?? '');
  expect(new Set(partitions).size).toBe(16);
  const most = Math.max(...[...new Set(partitions)].map((name) => partitions.filter((other) => other === name).length));
  expect(most).toBeLessThan(40);
  expect(await fixture.sweep()).toMatchObject({ committed: 120, repaired: 0 });
  expect((await fixture.items()).map(keyOfItem)).toHaveLength(240);
});
