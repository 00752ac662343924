import { describe, expect, test } from '@jest/globals';
import { WAYS } from '../../local/engines/connect.ts';
import { createPgSource } from '../../src/adapters/postgres/connection/pg-source.ts';
import type { Client } from '../../src/client/open-client.ts';
import type { ClientOptions } from '../../src/client/options.ts';
import { sweep } from '../../src/domain/protocol/sweep.ts';
import { createDeferred } from '../../local/process/deferred.ts';
import { campaign, session, user } from './rows.ts';
import { GENERATION, useFixture, type Fixture } from './fixture.ts';

let fixture: Fixture;
useFixture((started) => (fixture = started), { mode: 'dual' });

describe.each(WAYS)('by %s', (way) => {
  const open = (options: Partial<ClientOptions> = {}) => fixture.client({ source: fixture.sources[way], ...options });

  /** A client that stops for ever at a step of its next write once `armed`, as a process does that is killed there. */
  async function doomed(
    step: string,
  ): Promise<{ client: Client; die(write: (client: Client) => Promise<unknown>): Promise<void> }> {
    let armed = false;
    const there = createDeferred<void>();
    const client = await open({
      // A process of its own: the connections of the dead are nobody else's.
      ...(way === 'pg'
        ? {
            source: createPgSource({
              connection: { connectionString: fixture.facts.connectionString, allowExitOnIdle: true },
            }),
          }
        : {}),
      hook: (at) => {
        if (!armed || at !== step) return undefined;
        there.resolve();
        return new Promise<void>(() => {});
      },
    });
    return {
      client,
      die: async (write) => {
        armed = true;
        write(client).catch(() => {});
        await there.promise;
        // What PostgreSQL does when the connection of a dead process goes.
        await fixture.psql.query(
          `SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE state LIKE 'idle in transaction%' AND pid <> pg_backend_pid()`,
        );
      },
    };
  }

  const STEPS = ['begun', 'changed', 'collected', 'bodies', 'flushed', 'marked', 'attempted', 'written', 'committed'];

  test.each(STEPS)(
    'RACE-12 RACE-17 a writer that dies at "%s" leaves both stores equal after a sweep',
    async (step) => {
      const { client, die } = await doomed(step);
      const owner = user();
      const other = user();
      await client.put('USER', owner);
      await client.put('USER', other);
      await die((dying) =>
        dying.transact([
          { update: 'USER', key: { id: owner.id }, changes: { bio: 'never seen', email: 'new@example.org' } },
          { delete: 'USER', key: { id: other.id } },
          { put: 'USER', row: user() },
        ]),
      );
      await fixture.sweep();
      await fixture.relay();
      expect(await fixture.differences()).toEqual([]);
      expect(await fixture.intents.list()).toEqual([]);
      const survivor = await client.get('USER', { id: owner.id });
      expect(survivor?.['bio']).toBe(step === 'committed' ? 'never seen' : null);
    },
  );

  test('RACE-63 an aborted key change leaves nothing under the new key', async () => {
    const { client, die } = await doomed('written');
    const [one, two] = [user(), user()];
    const home = campaign(one.id);
    const night = session(one.id, home.id);
    await client.transact([
      { put: 'USER', row: one },
      { put: 'USER', row: two },
      { put: 'CAMPAIGN', row: home },
      { put: 'SESSION', row: night },
    ]);
    await die((dying) => dying.update('SESSION', { id: night.id }, { user_id: two.id }));
    expect(await fixture.differences()).toHaveLength(2);
    await fixture.sweep();
    expect(await fixture.differences()).toEqual([]);
  });

  test.each(['status', 'flushed'])(
    'RACE-62 an aborted write of two rows is repaired for one although the other has moved on at the sweeper\'s "%s"',
    async (when) => {
      const { client, die } = await doomed('written');
      const [one, two] = [user(), user()];
      await client.transact([
        { put: 'USER', row: one },
        { put: 'USER', row: two },
      ]);
      await die((dying) =>
        dying.transact([
          { update: 'USER', key: { id: one.id }, changes: { bio: 'lost' } },
          { update: 'USER', key: { id: two.id }, changes: { bio: 'lost' } },
        ]),
      );
      const living = await open();
      let moved = false;
      await sweep(fixture, {
        mapping: fixture.mapping,
        generation: GENERATION,
        at: new Date().toISOString(),
        oldAfterMs: 60_000,
        hook: async (step) => {
          if (step !== when || moved) return;
          moved = true;
          await living.update('USER', { id: one.id }, { bio: 'kept' });
        },
      });
      expect(await fixture.differences()).toEqual([]);
      expect(await living.get('USER', { id: one.id })).toMatchObject({ bio: 'kept' });
      expect(await living.get('USER', { id: two.id })).toMatchObject({ bio: null });
    },
  );

  test('RACE-60 the sweeper leaves a write in doubt alone, and it then commits', async () => {
    const row = user();
    const [held, there] = [createDeferred<void>(), createDeferred<void>()];
    const client = await open({
      hook: async (at) => {
        if (at !== 'written') return;
        there.resolve();
        await held.promise;
      },
    });
    const writing = client.put('USER', row);
    await there.promise;
    expect(await fixture.sweep()).toMatchObject({ intents: 1, waiting: 1 });
    held.resolve();
    await writing;
    expect(await fixture.differences()).toEqual([]);
  });

  test('RACE-66 a reader of DynamoDB does not see a write that is not committed', async () => {
    const { client, die } = await doomed('written');
    const row = user();
    await client.put('USER', row);
    await die((dying) => dying.update('USER', { id: row.id }, { bio: 'uncommitted' }));
    await fixture.enter('shadow');
    await fixture.enter('reads', 100);
    const reader = await open();
    expect(await reader.get('USER', { id: row.id })).toMatchObject({ bio: null });
    expect(fixture.observed.sum('ReadFallbacks')).toBe(1);
    await fixture.sweep();
    expect(await reader.get('USER', { id: row.id })).toMatchObject({ bio: null });
    expect(fixture.observed.sum('ReadFallbacks')).toBe(1);
    await fixture.enter('shadow');
    await fixture.enter('dual');
  });
});
