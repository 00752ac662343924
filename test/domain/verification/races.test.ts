import { expect, test } from '@jest/globals';
import type { Item } from '../../../src/domain/item.ts';
import type { Table } from '../../../src/domain/ports/table.ts';
import type { RowDigests } from '../../../src/domain/ports/row-digests.ts';
import type { Changelog, RowSource } from '../../../src/domain/ports/source.ts';
import { type PartProgress, progressOf, PROGRESS_RECORD } from '../../../src/domain/verification/report/progress.ts';
import type { MonotonicClock } from '../../../src/domain/ports/clock.ts';
import { runRange, runSegment } from '../../../src/domain/verification/run/run-part.ts';
import { session, user, campaign } from '../../client/rows.ts';
import type { Fixture } from '../../client/fixture.ts';
import { overwriteBody } from '../../client/overwrite-body.ts';
import { createVerifier, damageUser, loadUsers, putItem, userItem, useVerifier, type Verifier } from './fixture.ts';

let fixture: Fixture;
let verifier: Verifier;
let run: string;
useVerifier((started) => ({ fixture, verifier, run } = started));

const now = (): string => new Date().toISOString();
const users = (count: number): Promise<readonly string[]> => loadUsers(fixture, count);
const itemOf = (id: string): Promise<Item> => userItem(fixture, id);
const damage = (id: string): Promise<void> => damageUser(fixture, id);

test('RACE-36 a segment that died halfway starts over, and finds what was damaged behind it', async () => {
  const [first = ''] = await users(30);
  let pages = 0;
  const dying: Table = {
    ...fixture.table,
    scan: async (...scan) => {
      if ((pages += 1) > 6) throw new Error('the function is gone');
      return fixture.table.scan(...scan);
    },
  };
  await verifier.plan(run);
  const died = runSegment({ ...verifier.ports, table: dying }, { run, segment: 0, now: now() });
  await expect(died).rejects.toThrow('the function is gone');
  // Without the part's documents there is no verdict, nor a way back.
  await expect(runRange(verifier.ports, { run, range: 0, now: now() })).rejects.toThrow(
    'no document with the scanned rows of segment 0',
  );
  await expect(verifier.conclude(run)).rejects.toThrow('did not run to its end');
  await damage(first);
  const summary = await verifier.verify(run);
  expect(summary).toMatchObject({ mismatches: 1, rowsCompared: 30 });
  expect(await verifier.findings(run)).toEqual([`USER ${first} value`]);
}, 30_000);

test.each([
  [
    'DDL on a mapped column',
    ['ALTER TABLE users RENAME COLUMN bio TO biography'],
    ['ALTER TABLE users RENAME COLUMN biography TO bio'],
    'its mapped columns changed',
  ],
  [
    'a TRUNCATE behind the triggers',
    [
      'ALTER TABLE characters DISABLE TRIGGER portage_truncate',
      'TRUNCATE characters',
      'ALTER TABLE characters ENABLE ALWAYS TRIGGER portage_truncate',
    ],
    [],
    'its storage was replaced',
  ],
  [
    'a disabled capture',
    ['ALTER TABLE campaigns DISABLE TRIGGER portage_capture'],
    ['ALTER TABLE campaigns ENABLE ALWAYS TRIGGER portage_capture'],
    'its capture triggers',
  ],
])('RACE-37 %s in the middle of a run stops it and is named', async (_, statements, undo, change) => {
  await users(3);
  const { segments } = await verifier.plan(run);
  for (const segment of segments) await runSegment(verifier.ports, { run, segment, now: now() });
  for (const statement of statements) await fixture.psql.query(statement);
  try {
    await expect(runRange(verifier.ports, { run, range: 0, now: now() })).rejects.toMatchObject({
      name: 'SourceChanged',
      message: expect.stringContaining(change),
    });
    await expect(verifier.conclude(run)).rejects.toMatchObject({ name: 'SourceChanged' });
    await expect(verifier.plan(run)).rejects.toMatchObject({ name: 'SourceChanged' });
  } finally {
    for (const statement of undo) await fixture.psql.query(statement);
  }
});

test('RACE-37 a column that is added in the middle of a run does not disturb it', async () => {
  await users(3);
  const { segments, ranges } = await verifier.plan(run);
  for (const segment of segments) await runSegment(verifier.ports, { run, segment, now: now() });
  await fixture.psql.query('ALTER TABLE users ADD COLUMN shoe_size int');
  for (const range of ranges) await runRange(verifier.ports, { run, range, now: now() });
  expect(await verifier.conclude(run)).toMatchObject({ clean: true, rowsCompared: 3 });
  await fixture.psql.query('ALTER TABLE users DROP COLUMN shoe_size');
});

test('RACE-37 a TRUNCATE under a part that then ends as if nothing had been spoils the part', async () => {
  await users(3);
  await verifier.plan(run);
  const rowDigests: RowDigests = async (...asked) => {
    const found = await verifier.ports.rowDigests(...asked);
    await fixture.psql.query('ALTER TABLE characters DISABLE TRIGGER portage_truncate');
    await fixture.psql.query('TRUNCATE characters');
    await fixture.psql.query('ALTER TABLE characters ENABLE ALWAYS TRIGGER portage_truncate');
    return found;
  };
  const part = runSegment({ ...verifier.ports, rowDigests }, { run, segment: 0, now: now() });
  await expect(part).rejects.toMatchObject({ name: 'SourceChanged', fields: { relation: 'public.characters' } });
  await expect(verifier.conclude(run)).rejects.toMatchObject({ name: 'SourceChanged' });
});

test('RACE-37 no run begins over a table whose changes nobody captures', async () => {
  await fixture.psql.query('ALTER TABLE campaigns DISABLE TRIGGER portage_capture');
  const planned = verifier.plan(run);
  await expect(planned).rejects.toMatchObject({ name: 'SourceChanged', fields: { relation: 'public.campaigns' } });
  await fixture.psql.query('ALTER TABLE campaigns ENABLE ALWAYS TRIGGER portage_capture');
});

test('RACE-37 a column dropped under a part is told as that, not as the statement that it broke', async () => {
  await users(3);
  await fixture.psql.query('ALTER TABLE users ALTER COLUMN bio TYPE varchar');
  await fixture.psql.query('ALTER TABLE users ALTER COLUMN bio TYPE text');
  await verifier.plan(run);
  const rowDigests: RowDigests = async () => {
    await fixture.psql.query('ALTER TABLE users RENAME COLUMN bio TO biography');
    throw new Error('column t.bio does not exist');
  };
  const part = runSegment({ ...verifier.ports, rowDigests }, { run, segment: 0, now: now() });
  await expect(part).rejects.toMatchObject({ name: 'SourceChanged', fields: { relation: 'public.users' } });
  await fixture.psql.query('ALTER TABLE users RENAME COLUMN biography TO bio');
});

test('RACE-37 another plan than the run, or the load, went by stops the run', async () => {
  await users(1);
  await verifier.plan(run);
  const other = createVerifier(fixture, { limits: verifier.ports.limits, planHash: 'f'.repeat(64) });
  const part = runSegment(other.ports, { run, segment: 0, now: now() });
  await expect(part).rejects.toMatchObject({ name: 'PlanChanged' });
  const facts = await fixture.control.facts(1);
  if (facts === null) throw new Error('the fixture has no facts');
  await fixture.control.saveFacts({ ...facts, planHash: 'e'.repeat(64) });
  await expect(verifier.plan(`${run} again`)).rejects.toMatchObject({ name: 'PlanChanged' });
  await fixture.control.saveFacts(facts);
});

test('RACE-29 a row that changes faster than it can be read is unverified, by name, until somebody accepts it', async () => {
  const [id = ''] = await users(2);
  // Each look at the row finds it one step further than its item.
  let step = 0;
  const rows: RowSource = {
    ...fixture.rows,
    rows: async (entity, identities) =>
      (await fixture.rows.rows(entity, identities)).map((row) =>
        row.identity[0] === id
          ? { ...row, seq: row.seq + (step += 1), image: { ...row.image, bio: `step ${step}` } }
          : row,
      ),
  };
  const rowDigests: RowDigests = async (entity, identities) => {
    const found = await verifier.ports.rowDigests(entity, identities);
    return found.map((row, at) => (row !== null && identities[at]?.[0] === id ? { ...row, digest: '' } : row));
  };
  const hot = createVerifier(fixture, {
    rows,
    rowDigests,
    limits: { ...verifier.ports.limits, stabilityTimeoutMs: 1000 },
  });
  const unstable = { clean: false, mismatches: 0, unverified: 1, unstable: [{ entity: 'USER', identity: [id] }] };
  expect(await hot.verify(run)).toMatchObject(unstable);
  // RACE-35: only what is stably wrong is repaired.
  expect(await verifier.repair(run)).toMatchObject({ repair: { repaired: 0, settled: 0, overtaken: 0 } });
  const acceptance = { entity: 'USER', identity: [id], by: 'mara', reason: 'a heartbeat', run, at: now() };
  await fixture.control.write('ACCEPTED', `USER ["${id}"]`, acceptance, 'any');
  expect(await hot.verify(`${run} accepted`)).toMatchObject({ clean: true, unverified: 1, accepted: [{ by: 'mara' }] });
  // Once it was compared, nobody's word is needed, nor taken, any more.
  expect(await verifier.verify(`${run} quiet`)).toMatchObject({ clean: true, unverified: 0, accepted: [] });
  expect(await fixture.control.list('ACCEPTED')).toEqual([]);
}, 60_000);

/** Time in which only waiting takes any, and something happens once it has lasted longer than any write in flight. */
function patienceUntil(late: () => Promise<unknown>): MonotonicClock {
  let [now, happened] = [0, false];
  return {
    monotonic: () => now,
    sleep: async (milliseconds) => {
      now += milliseconds;
      if (now < 3 * verifier.ports.limits.stableMs || happened) return;
      happened = true;
      await late();
    },
  };
}

test('RACE-28 a change that waits for the relay is no mismatch, however long it waits', async () => {
  const [first = ''] = await users(3);
  await fixture.psql.query(`UPDATE users SET bio = 'late'`);
  await fixture.psql.query(
    `INSERT INTO users (email, display_name, tags, settings) VALUES ('new@x', 'New', '{}', '{}')`,
  );
  await fixture.psql.query('DELETE FROM users WHERE id = $1', [first]);
  const time = patienceUntil(() => fixture.relay());
  const waiting = createVerifier(fixture, { limits: verifier.ports.limits, time });
  const summary = await waiting.verify(run);
  expect(summary).toMatchObject({ clean: true, mismatches: 0, unverified: 0, rowsCompared: 3 });
  // However a row came to be compared, it adds the same to the digest.
  expect(summary.digests).toEqual((await verifier.verify(`${run} at rest`)).digests);
}, 30_000);

/** As many changes as anybody asks for, none of a row that is there. */
const flood: Changelog['pending'] = async (limit) =>
  Array.from({ length: limit }, (_, at) => ({
    seq: at + 1,
    xid: '1',
    txn: null,
    relation: 'users',
    pk: [String(at)],
    oldKey: null,
    row: null,
  }));

test('RACE-28 where more waits for the relay than can be asked for, nothing is called a mismatch', async () => {
  const [id = ''] = await users(1);
  await damage(id);
  const flooded = createVerifier(fixture, {
    limits: verifier.ports.limits,
    time: patienceUntil(() => Promise.resolve()),
    changelog: { ...fixture.changelog, pending: flood },
  });
  expect(await flooded.verify(run)).toMatchObject({ clean: false, mismatches: 0, unverified: 1 });
}, 30_000);

test('a sample neither raises the alarm nor quiets it', async () => {
  const ids = await users(4);
  for (const id of ids) await damage(id);
  expect(await verifier.verify(run, { scope: { entity: null, sample: 2 } })).toMatchObject({ clean: false });
  expect(fixture.observed.sum('MismatchPercent') + fixture.observed.sum('RowsCompared')).toBe(0);
  await verifier.verify(`${run} whole`);
  expect(fixture.observed.sum('MismatchPercent')).toBe(100);
}, 30_000);

test('RACE-28 an item of a dual write that is still open is no mismatch, however long it is open', async () => {
  const [id = ''] = await users(2);
  const before = await itemOf(id);
  const uuid = '00000000-0000-4000-8000-00000000abcd';
  const version = 1_500_000_000_000;
  const key = { PK: `USER#${id}`, SK: `USER#${id}` };
  const writes = [{ relation: 'users', pk: [id], key, seq: 500_000_000_000 }];
  const open = { ...before, bio: { S: 'not committed' }, _v: { N: String(version) }, _t: { S: uuid } };
  await fixture.table.transact([open], { txn: uuid, generation: 1, xid: '1', at: now(), writes }, uuid);
  const time = patienceUntil(async () => {
    await putItem(fixture, before);
    await fixture.intents.delete(uuid);
  });
  const waiting = createVerifier(fixture, { limits: verifier.ports.limits, time });
  expect(await waiting.verify(run)).toMatchObject({ clean: true, mismatches: 0, unverified: 0, rowsCompared: 2 });
}, 30_000);

test('RACE-38 a part goes slower for a source that answers slowly, and says so', async () => {
  await users(3);
  let [clock, slept] = [0, 0];
  // Whatever is looked at has taken 600 ms.
  const time: MonotonicClock = {
    monotonic: () => (clock += 600),
    sleep: async (milliseconds) => void (slept += milliseconds),
  };
  const slow = createVerifier(fixture, { limits: verifier.ports.limits, time, sourceP99Ms: 100 });
  await slow.plan(run);
  await runSegment(slow.ports, { run, segment: 0, now: now() });
  const progress = (await fixture.control.list<PartProgress>(PROGRESS_RECORD)).map(({ value }) => value);
  expect(progress.find(({ run: of, part }) => of === run && part === 'segment 0')).toMatchObject({
    limit: 100,
    sourceP99Ms: 600,
    done: true,
  });
  expect(progressOf(await fixture.control.list(PROGRESS_RECORD), run)).toMatchObject({ total: 9, rows: 6 });
}, 30_000);

const nameOf = ({ PK, SK }: Item) => JSON.stringify([PK, SK]);

test('RACE-34 what an old replica answers is read again, strongly, before it counts', async () => {
  const ids = await users(5);
  const before = await Promise.all(ids.map(itemOf));
  await fixture.psql.query(`UPDATE users SET bio = 'new'`);
  await fixture.relay();
  const replica = new Map(before.map((item) => [nameOf(item), item]));
  const old = (items: readonly Item[]) => items.map((item) => replica.get(nameOf(item)) ?? item);
  const table: Table = {
    ...fixture.table,
    scan: async (...scan) => {
      const page = await fixture.table.scan(...scan);
      return { ...page, items: old(page.items) };
    },
    get: async (keys, options) => {
      const items = await fixture.table.get(keys, options);
      return options.consistent ? items : old(items);
    },
  };
  const summary = await createVerifier(fixture, { limits: verifier.ports.limits, table }).verify(run);
  expect(summary).toMatchObject({ clean: true, rowsCompared: 5 });
  expect(summary.digests).toEqual((await verifier.verify(`${run} with no replica`)).digests);
}, 30_000);

test('bodies are proven once, and again when somebody wrote them: by the hash that the source computes', async () => {
  const client = await fixture.client();
  const owner = user();
  await client.put('USER', owner);
  const quest = campaign(owner.id);
  await client.put('CAMPAIGN', quest);
  const kept = session(owner.id, quest.id, { transcript: 'kept '.repeat(500) });
  const changed = session(owner.id, quest.id, { transcript: 'other '.repeat(500) });
  for (const row of [kept, changed]) await client.put('SESSION', row);
  await client.close();
  let [hashed, heads] = [0, 0];
  const counted = createVerifier(fixture, {
    limits: verifier.ports.limits,
    bodyMd5: async (entity, column, identities) => {
      hashed += identities.length;
      return verifier.ports.bodyMd5(entity, column, identities);
    },
    bodies: {
      ...fixture.bodies,
      head: async (sha256) => {
        heads += 1;
        return fixture.bodies.head(sha256);
      },
    },
  });
  expect(await counted.verify(run)).toMatchObject({ clean: true });
  expect(await counted.verify(`${run} again`)).toMatchObject({ clean: true });
  expect({ hashed, heads }).toEqual({ hashed: 2, heads: 0 });
  const [found] = (await fixture.items()).filter(
    (item) => item['id'] !== undefined && 'S' in item['id'] && item['id'].S === changed.id,
  );
  const pointer = found?.['transcriptS3Key'];
  const sha256 = pointer !== undefined && 'S' in pointer ? pointer.S.slice(-64) : '';
  await overwriteBody(fixture, sha256, 'wrong '.repeat(500));
  expect(await counted.verify(`${run} damaged`)).toMatchObject({ clean: false, mismatches: 1 });
  expect(await counted.findings(`${run} damaged`)).toEqual([`SESSION ${changed.id} body`]);
}, 60_000);
