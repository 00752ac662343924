import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import type { ClientOptions } from '../../src/client/options.ts';
import type { ModeState } from '../../src/domain/mode/modes.ts';
import { capturingLogger } from './capturing-logger.ts';
import { campaign, session, user } from './rows.ts';
import { useFixture, type Fixture } from './fixture.ts';

let fixture: Fixture;
useFixture((started) => (fixture = started));

/** Clients opened from now on see this mode, whatever the control table says. */
function controlIn(state: Pick<ModeState, 'mode'> & Partial<ModeState>): Pick<ClientOptions, 'control'> {
  const mode = { readPercent: 0, epoch: 1, generation: 1, stoppedFrom: null, mappingRevision: 0, ...state };
  return { control: { ...fixture.control, mode: () => Promise.resolve(mode) } };
}

test('before dual only PostgreSQL is written, and the relay carries it over', async () => {
  const client = await fixture.client(controlIn({ mode: 'load' }));
  const row = user({ bio: null });
  expect(await client.put('USER', row)).toEqual({ id: row.id });
  await client.transact([
    { update: 'USER', key: { id: row.id }, changes: { bio: 'x' } },
    { put: 'USER', row: user() },
  ]);
  expect(await fixture.items()).toEqual([]);
  expect(await fixture.relay()).toMatchObject({ done: 3, parked: 0 });
  expect(await fixture.differences()).toEqual([]);
});

test('a client works before capture is known at all', async () => {
  const client = await fixture.client(controlIn({ mode: 'off', generation: 0 }));
  const row = user();
  await client.put('USER', row);
  expect(await client.get('USER', { id: row.id })).toMatchObject({
    email: row.email,
    settings: row.settings,
    tags: row.tags,
  });
});

test('RACE-39 RACE-40 a client that cannot refresh its lease refuses to write, and may be tried again', async () => {
  let reachable = true;
  let now = 0;
  const { control } = controlIn({ mode: 'dual' });
  const client = await fixture.client({
    control: { ...control, mode: () => (reachable ? control.mode() : Promise.reject(new Error('unreachable'))) },
    clock: { now: () => new Date(), monotonic: () => now, sleep: (ms) => sleep(ms) },
  });
  await client.put('USER', user());
  reachable = false;
  now += 2_001;
  await expect(client.put('USER', user())).rejects.toMatchObject({ name: 'LeaseExpired', retryable: true });
  reachable = true;
  await client.put('USER', user());
});

test('RACE-46 a write that outlives its lease between source and target is rolled back in the source', async () => {
  let now = 0;
  const client = await fixture.client({
    ...controlIn({ mode: 'dual' }),
    clock: { now: () => new Date(), monotonic: () => now, sleep: () => Promise.resolve() },
    hook: (step) => {
      if (step === 'flushed') now += 2_001;
    },
  });
  const row = user();
  await expect(client.put('USER', row)).rejects.toMatchObject({ name: 'LeaseExpired' });
  expect(await fixture.items()).toEqual([]);
  expect(await fixture.differences()).toEqual([]);
});

test.each(['stopped', 'drained'] as const)(
  'in %s writes are refused with a retryable error, and reads go on',
  async (mode) => {
    const row = user();
    await (await fixture.client(controlIn({ mode: 'dual' }))).put('USER', row);
    const client = await fixture.client(controlIn({ mode, readPercent: mode === 'drained' ? 100 : 0 }));
    await expect(client.put('USER', user())).rejects.toMatchObject({ name: 'WritesStopped', retryable: true });
    expect(await client.get('USER', { id: row.id })).toMatchObject({ email: row.email });
  },
);

test('both stores answer every kind of read alike', async () => {
  const writer = await fixture.client(controlIn({ mode: 'dual' }));
  const owner = user();
  const home = campaign(owner.id);
  const homes = [home, campaign(owner.id, { title: 'The Deeper' }), campaign(owner.id, { title: 'Elsewhere' })];
  const nights = Array.from({ length: 7 }, (_, n) =>
    session(owner.id, home.id, {
      number: n,
      started_at: `2024-01-0${n + 1}T20:00:00Z`,
      ended_at: n % 2 === 0 ? null : `2024-01-0${n + 1}T23:00:00Z`,
      transcript: n === 3 ? 'Es war einmal… '.repeat(5_000) : null,
    }),
  );
  await writer.transact([{ put: 'USER', row: owner }, ...homes.map((row) => ({ put: 'CAMPAIGN', row }))]);
  await writer.transact(nights.map((row) => ({ put: 'SESSION', row })));
  const source = await fixture.client(controlIn({ mode: 'reads', readPercent: 0 }));
  const target = await fixture.client(controlIn({ mode: 'reads', readPercent: 100 }));
  const alike = async (ask: (client: typeof source) => Promise<unknown>): Promise<unknown> => {
    const [ours, theirs] = [await ask(source), await ask(target)];
    expect(theirs).toEqual(ours);
    return ours;
  };
  const key = { id: nights[3]?.id, user_id: owner.id, campaign_id: home.id };
  expect(await alike((client) => client.get('SESSION', key))).toMatchObject({
    transcript: 'Es war einmal… '.repeat(5_000),
  });
  expect(await alike((client) => client.query('openSessions', { 'campaign_id.owner_id': owner.id }))).toHaveLength(4);
  expect(await alike((client) => client.query('campaignsByTitle', { owner_id: owner.id, title: 'The' }))).toHaveLength(
    2,
  );
  expect(
    await alike((client) => client.query('sessionsOfCampaign', { user_id: owner.id, campaign_id: home.id })),
  ).toHaveLength(7);
  expect(await alike((client) => client.query('userByEmail', { email: owner.email.toUpperCase() }))).toHaveLength(1);
  expect(
    await alike((client) =>
      client.batchGet(
        'CAMPAIGN',
        homes.map(({ id }) => ({ id })),
      ),
    ),
  ).toHaveLength(3);
  expect(await alike((client) => client.get('USER', { id: user().id }))).toBeNull();
  expect(fixture.observed.sum('ShadowMismatches')).toBe(0);
});

test('a difference that lasts is counted as a mismatch of the shadow', async () => {
  const row = user();
  await (await fixture.client(controlIn({ mode: 'dual' }))).put('USER', row);
  await fixture.psql.query('ALTER TABLE users DISABLE TRIGGER portage_capture');
  await fixture.psql.query(`UPDATE users SET bio = 'unseen' WHERE id = $1`, [row.id]);
  await fixture.psql.query('ALTER TABLE users ENABLE ALWAYS TRIGGER portage_capture');
  const client = await fixture.client(controlIn({ mode: 'shadow' }));
  expect(await client.get('USER', { id: row.id })).toMatchObject({ bio: 'unseen' });
  await client.close();
  expect(fixture.observed.sum('ShadowMismatches')).toBe(1);
});

test('after completion DynamoDB alone is written, above every version of before', async () => {
  const owner = user();
  const home = campaign(owner.id);
  const before = await fixture.client(controlIn({ mode: 'dual' }));
  await before.transact([
    { put: 'USER', row: owner },
    { put: 'CAMPAIGN', row: home },
  ]);
  const source = { query: () => Promise.reject(new Error('gone')), begin: () => Promise.reject(new Error('gone')) };
  const client = await fixture.client({ ...controlIn({ mode: 'complete', readPercent: 100 }), source });
  await client.update('USER', { id: owner.id }, { bio: 'later', email: 'later@x' });
  expect(await client.get('USER', { id: owner.id })).toMatchObject({
    bio: 'later',
    email: 'later@x',
    display_name: owner.display_name,
  });
  const night = session(owner.id, home.id, { transcript: 'x'.repeat(200_000) });
  await client.put('SESSION', night);
  const key = { id: night.id, user_id: owner.id, campaign_id: home.id };
  expect(await client.get('SESSION', key)).toMatchObject({ transcript: 'x'.repeat(200_000) });
  expect(await client.query('openSessions', { 'campaign_id.owner_id': owner.id })).toHaveLength(1);
  await expect(client.put('USER', user({ email: 'later@x' }))).rejects.toMatchObject({ name: 'UniqueTaken' });
  await client.put('USER', user({ email: owner.email }));
  expect(await client.delete('SESSION', key)).toBe(true);
  expect(await client.delete('SESSION', key)).toBe(false);
  expect(await client.get('SESSION', key)).toBeNull();
  await expect(client.update('SESSION', key, { title: 'x' })).rejects.toMatchObject({ name: 'RowNotFound' });
  await expect(client.sql('old', (tx) => tx.query('SELECT 1'))).rejects.toMatchObject({ name: 'WritesStopped' });
});

test('after completion concurrent updates of one row all take effect', async () => {
  const row = user({ bio: '' });
  const client = await fixture.client(controlIn({ mode: 'complete', readPercent: 100 }));
  await client.put('USER', row);
  const columns = [{ bio: 'b' }, { display_name: 'd' }, { tags: ['t'] }, { birthday: '2000-02-29' }];
  await Promise.all(columns.map((changes) => client.update('USER', { id: row.id }, changes)));
  expect(await client.get('USER', { id: row.id })).toMatchObject({
    bio: 'b',
    display_name: 'd',
    tags: ['t'],
    birthday: '2000-02-29',
  });
});

test('RACE-42 a page token goes on in the store that made it', async () => {
  const writer = await fixture.client(controlIn({ mode: 'dual' }));
  const owner = user();
  const home = campaign(owner.id);
  await writer.transact([
    { put: 'USER', row: owner },
    { put: 'CAMPAIGN', row: home },
  ]);
  for (let batch = 0; batch < 2; batch++) {
    await writer.transact(Array.from({ length: 60 }, () => ({ put: 'SESSION', row: session(owner.id, home.id) })));
  }
  const args = { user_id: owner.id, campaign_id: home.id };
  for (const readPercent of [0, 100]) {
    const client = await fixture.client(controlIn({ mode: 'reads', readPercent }));
    const first = await client.query('sessionsOfCampaign', args);
    expect(first).toHaveLength(100);
    const other = await fixture.client(controlIn({ mode: 'reads', readPercent: 100 - readPercent }));
    const second = await other.query('sessionsOfCampaign', args, { after: first.next });
    expect(second).toHaveLength(20);
    expect(second.next).toBeNull();
    const ids = [...first, ...second].map((row) => row['id']);
    expect(new Set(ids).size).toBe(120);
  }
});

test('the mode is asked for again and again, also where nobody writes', async () => {
  const answers: unknown[] = [];
  const mode = async () => {
    const state = await fixture.control.mode();
    answers.push(state);
    return state;
  };
  await fixture.client({ control: { ...fixture.control, mode } });
  while (answers.length < 3) await sleep(50);
});

test('the mode is followed', async () => {
  await fixture.enter('dual');
  const client = await fixture.client();
  await client.put('USER', user());
  await fixture.enter('stopped');
  const refused = async (): Promise<boolean> =>
    client.put('USER', user()).then(
      () => false,
      (error: Error) => error.name === 'WritesStopped',
    );
  while (!(await refused())) await sleep(50);
  await fixture.enter('dual');
});

test('no mode logs values, keys or SQL, and every kind of line names what it is about', async () => {
  const sentinel = 'sentinel-of-a-row';
  const logger = capturingLogger();
  const row = user({ bio: sentinel, display_name: sentinel });
  const dual = await fixture.client({ ...controlIn({ mode: 'dual' }), logger });
  await dual.put('USER', row);
  await expect(dual.put('USER', user({ email: row.email }))).rejects.toMatchObject({ name: 'UniqueTaken' });
  const shadow = await fixture.client({ ...controlIn({ mode: 'shadow' }), logger });
  await fixture.psql.query('UPDATE users SET bio = $1 WHERE id = $2', [`${sentinel} changed`, row.id]);
  await shadow.get('USER', { id: row.id });
  await shadow.close();
  const complete = await fixture.client({ ...controlIn({ mode: 'complete' }), logger });
  await Promise.all(
    Array.from({ length: 4 }, (_, n) => complete.update('USER', { id: row.id }, { bio: `${sentinel} ${n}` })),
  );
  const stopped = await fixture.client({ ...controlIn({ mode: 'stopped' }), logger });
  await expect(stopped.put('USER', user({ bio: sentinel }))).rejects.toMatchObject({ name: 'WritesStopped' });
  expect(logger.lines).toContainEqual({
    level: 'warn',
    message: 'stores differ',
    fields: { entity: 'USER', pattern: null },
  });
  expect(logger.lines).toContainEqual({
    level: 'warn',
    message: 'write refused in this mode',
    fields: { mode: 'stopped' },
  });
  expect(logger.lines.map(({ message }) => message)).toContain('write conflicted; retrying');
  const text = JSON.stringify(logger.lines);
  for (const value of [sentinel, row.id, row.email, 'INSERT', 'UPDATE']) expect(text).not.toContain(value);
});
