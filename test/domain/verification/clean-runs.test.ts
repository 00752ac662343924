import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { campaign, session, user } from '../../client/rows.ts';
import { startFixture, type Fixture } from '../../client/fixture.ts';
import { isRetryable, RowNotFound } from '../../../src/domain/errors.ts';
import { createVerifier } from './fixture.ts';

/** 100 runs are the proof, and are made before a release; each commit makes some of them. */
const RUNS = Number(process.env['PORTAGE_CLEAN_RUNS'] ?? 10);
const SEED = Number(process.env['PORTAGE_SEED'] ?? Date.now() % 1_000_000);

let fixture: Fixture;

beforeAll(async () => {
  fixture = await startFixture();
  await fixture.enter('dual');
}, 120_000);
afterAll(() => fixture.stop());

function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

test(`RACE-28 ${RUNS} runs under live writes to the very rows compared raise no false alarm (seed ${SEED})`, async () => {
  console.info(`clean runs: ${RUNS}, seed ${SEED}`);
  const next = random(SEED);
  const pick = <T>(from: readonly T[]): T => {
    // A third of all writes goes to three rows: they are hot.
    const found = from[Math.floor(next() * (next() < 1 / 3 ? 3 : from.length))];
    if (found === undefined) throw new RangeError('nothing to pick from');
    return found;
  };
  const client = await fixture.client();
  const people = Array.from({ length: 40 }, () => user());
  for (const row of people) await client.put('USER', row);
  const quests = people.slice(0, 10).map(({ id }) => campaign(id));
  for (const row of quests) await client.put('CAMPAIGN', row);
  const nights = people.map(({ id }) => session(id, pick(quests).id, { transcript: 'once upon a time '.repeat(50) }));
  for (const row of nights) await client.put('SESSION', row);

  let writes = 0;
  const stop = new AbortController();
  const pause = (): Promise<unknown> => new Promise((resolve) => setTimeout(resolve, 5 + next() * 20));
  const writer = async (write: () => Promise<unknown>): Promise<void> => {
    while (!stop.signal.aborted) {
      try {
        await write();
        writes++;
      } catch (error) {
        // Another writer may just have deleted the row; a retryable error, such as a lease that expired on a busy machine, is retried.
        if (!(error instanceof RowNotFound) && !isRetryable(error)) throw error;
      }
      await pause();
    }
  };
  const number = (): number => Math.floor(next() * 1_000_000);
  const writers = [
    writer(() => client.update('USER', { id: pick(people).id }, { bio: `bio ${number()}` })),
    writer(() => client.update('USER', { id: pick(people).id }, { email: `${number()}-${number()}@example.org` })),
    writer(() => client.update('SESSION', { id: pick(nights).id }, { transcript: `${number()} `.repeat(200) })),
    writer(() => client.update('CAMPAIGN', { id: pick(quests).id }, { budget: `${number()}.50` })),
    // Deletes and inserts again, without the client.
    writer(async () => {
      const { id, ...row } = pick(nights);
      await fixture.psql.query('DELETE FROM sessions WHERE id = $1', [id]);
      await fixture.psql.query(
        `INSERT INTO sessions (id, user_id, campaign_id, number, title, started_at) VALUES ($1, $2, $3, $4, $5, $6)`,
        [id, row.user_id, row.campaign_id, number(), 'again', row.started_at],
      );
    }),
    writer(() =>
      fixture.psql.query('UPDATE users SET display_name = $1 WHERE id = $2', [`n ${number()}`, pick(people).id]),
    ),
    writer(() => fixture.relay()),
  ];
  const verifier = createVerifier(fixture);
  const alarms: string[] = [];
  const broken: string[] = [];
  let compared = 0;
  try {
    for (let run = 1; run <= RUNS; run++) {
      const summary = await verifier.verify(`live-${run}`);
      compared += summary.rowsCompared;
      if (summary.mismatches > 0) alarms.push(...(await verifier.findings(`live-${run}`)));
      if (summary.unverified > 0) alarms.push(`${summary.unverified} unverified in run ${run}`);
    }
  } finally {
    stop.abort();
    const ended = await Promise.allSettled(writers);
    broken.push(...ended.flatMap((outcome) => (outcome.status === 'rejected' ? [String(outcome.reason)] : [])));
  }
  console.info(`${RUNS} runs, ${compared} rows compared, ${writes} writes`);
  expect(alarms).toEqual([]);
  expect(broken).toEqual([]);
  expect(writes).toBeGreaterThan(RUNS);
  expect(compared).toBeGreaterThan(RUNS * 60);
}, 1_800_000);
