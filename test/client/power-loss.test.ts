import { expect, test } from '@jest/globals';
import { WAYS } from '../../local/engines/connect.ts';
import { createDeferred } from '../../local/process/deferred.ts';
import { user } from './rows.ts';
import { useFixture, type Fixture } from './fixture.ts';

let fixture: Fixture;
useFixture((started) => (fixture = started), { mode: 'dual', clear: false });

/** The application's own setting: with `off` its commits may be forgotten by a crash. */
async function commitsAre(setting: 'off' | 'on'): Promise<void> {
  await fixture.psql.query(`ALTER SYSTEM SET synchronous_commit = ${setting}`);
  await fixture.psql.query('SELECT pg_reload_conf()');
}

// 'collected': found by the explorer. A flush that another life of the server answers proves nothing about what this one has numbered.
const CRASHES = (['off', 'on'] as const).flatMap((setting) =>
  WAYS.flatMap((way) => ['collected', 'flushed', 'marked', 'written'].map((step) => [step, setting, way] as const)),
);

test.each(CRASHES)(
  'RACE-55 PostgreSQL dies at "%s" of a dual write (synchronous_commit %s, by %s): no write is lost, none is half there',
  async (step, setting, way) => {
    await commitsAre(setting);
    const there = createDeferred<void>();
    let armed = false;
    const client = await fixture.client({
      source: fixture.sources[way],
      hook: async (at) => {
        if (!armed || at !== step) return;
        there.resolve();
        await fixture.crashPostgres();
      },
    });
    const kept = user();
    await client.put('USER', kept);
    armed = true;
    await expect(client.update('USER', { id: kept.id }, { bio: 'half' })).rejects.toMatchObject({ retryable: true });
    await there.promise;
    armed = false;
    // Sequence values and xids that were not durable would be issued again here.
    await fixture.psql.query(
      `INSERT INTO users (email, display_name, tags, settings) VALUES ('${step} ${setting} ${way}@x', 'P', '{}', '{}')`,
    );
    await client.put('USER', user());
    await fixture.sweep();
    await fixture.relay();
    expect(await fixture.differences()).toEqual([]);
    expect(await fixture.intents.list()).toEqual([]);
    expect(await client.get('USER', { id: kept.id })).toMatchObject({ bio: null });
  },
);

test('RACE-56 what a bypassing writer has not made durable is not relayed before it is', async () => {
  await commitsAre('off');
  // Nobody else may make it durable: PostgreSQL itself would within a fraction of a second.
  await fixture.psql.query(`ALTER SYSTEM SET wal_writer_delay = '10s'`);
  await fixture.psql.query('SELECT pg_reload_conf()');
  await fixture.psql.query('SET synchronous_commit = off');
  await fixture.psql.query(
    `INSERT INTO users (email, display_name, tags, settings) VALUES ('lazy@x', 'L', '{}', '{}')`,
  );
  const crash = async (at: string): Promise<void> => {
    if (at === 'flushed') await fixture.crashPostgres();
  };
  // The item arrives in the target, the mark does not arrive in the source.
  await fixture.relay(crash).catch((error: unknown) => expect(error).toMatchObject({ retryable: true }));
  expect((await fixture.psql.query(`SELECT 1 FROM users WHERE email = 'lazy@x'`)).rowCount).toBe(1);
  await fixture.relay();
  expect(await fixture.differences()).toEqual([]);
});
