import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Client } from 'pg';
import { dischargeChanges, installCapture } from '../../../../src/adapters/postgres/capture/capture.ts';
import { createCapturedSource } from '../../../../src/adapters/postgres/capture/captured-transaction.ts';
import { user } from '../../../client/rows.ts';
import { startFixture, type Fixture } from '../../../client/fixture.ts';

let fixture: Fixture;

beforeAll(async () => {
  fixture = await startFixture();
}, 120_000);
afterAll(() => fixture.stop());

const insert = (name: string): Promise<unknown> =>
  fixture.psql.query(`INSERT INTO users (email, display_name, tags, settings) VALUES ($1, 'N', '{}', '{}')`, [
    `${name}@x`,
  ]);

/** The next answer, however many connections the crash has broken before. */
async function answered<T>(ask: () => Promise<T>): Promise<T> {
  for (let tries = 0; ; tries++) {
    try {
      return await ask();
    } catch (error) {
      if (tries === 100) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

test('RACE-55 a flush counts only in the life that was read from: not after a restart, nor after a backend crashed', async () => {
  const first = await fixture.changelog.incarnation();
  await fixture.changelog.flush(first);
  expect(await fixture.changelog.incarnation()).toBe(first);
  // The postmaster lives on, but shared memory, and with it what was not flushed, is gone.
  const doomed = new Client({ connectionString: fixture.connectionString });
  doomed.on('error', () => {});
  await doomed.connect();
  const { rows } = await doomed.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
  process.kill(rows[0]?.pid ?? 0, 'SIGKILL');
  await expect(answered(() => unchanged(first))).resolves.toBe(false);
  await expect(fixture.changelog.flush(first)).rejects.toMatchObject({ name: 'SourceUnavailable', retryable: true });
  const second = await fixture.changelog.incarnation();
  await fixture.crashPostgres();
  expect(await answered(() => fixture.changelog.incarnation())).not.toBe(second);
});

async function unchanged(incarnation: string): Promise<boolean> {
  if ((await fixture.changelog.incarnation()) === incarnation) throw new Error('the server has not noticed yet');
  return false;
}

test('RACE-59 marks of an older generation are refused, and its changes are discharged for the load of the next', async () => {
  await insert('before');
  const [older] = await fixture.changelog.pending(10);
  const seq = older?.seq ?? 0;
  await installCapture(fixture.sql, fixture.mapping, 2);
  await expect(fixture.changelog.markDone([seq], 1)).rejects.toMatchObject({ name: 'EpochMoved', retryable: true });
  expect(await fixture.changelog.pending(10)).toMatchObject([{ seq }]);
  await dischargeChanges(fixture.sql);
  expect(await fixture.changelog.pending(10)).toEqual([]);
  await insert('after');
  expect(await fixture.changelog.pending(10)).toHaveLength(1);
  const pending = await fixture.changelog.pending(10);
  await fixture.changelog.markDone(
    pending.map((change) => change.seq),
    2,
  );
  expect(await fixture.changelog.pending(10)).toEqual([]);
});

test('RACE-59 a dual write of an older generation cannot take its mark', async () => {
  const { id } = user();
  const source = createCapturedSource(fixture.sql, {
    mapping: fixture.mapping,
    generation: 1,
    lockMs: 5_000,
    idleMs: 20_000,
  });
  const tx = await source.begin('w');
  await tx.query(
    `INSERT INTO users (id, email, display_name, tags, settings) VALUES (CAST(:id AS uuid), 'o@x', 'N', '{}', '{}')`,
    {
      id: String(id),
    },
  );
  const { changes } = await tx.collect();
  await expect(tx.mark(changes.map(({ seq }) => seq))).rejects.toMatchObject({
    name: 'WritesStopped',
    retryable: true,
  });
  await tx.rollback();
});
