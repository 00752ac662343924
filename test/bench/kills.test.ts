import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type Kills, openKills } from '../../bench/kills/run.ts';
import type { JournaledWrite } from '../../bench/kills/journal.ts';
import { checkJournal } from '../../bench/kills/check-journal.ts';

let kills: Kills;

beforeAll(async () => {
  kills = await openKills();
}, 120_000);
afterAll(() => kills.stop());

/** Another seed every day would make a failure nobody's; `npm run bench -- kills` plays as many as one likes. */
const FIRST_SEED = 1;
const RUNS = Number(process.env['PORTAGE_KILL_RUNS'] ?? 8);

test.each(Array.from({ length: RUNS }, (_, n) => FIRST_SEED + n))(
  'RACE-9 RACE-12 RACE-23 load, relay, sweeper and writers are killed at random, seed %i: nothing is lost, both stores are equal',
  async (seed) => {
    const report = await kills.run(seed);
    expect(report).toMatchObject({ lost: [], mismatches: [] });
    expect(report.writes).toBeGreaterThan(0);
  },
  90_000,
);

test('checkJournal reports a write that is lost, one that was refused and is there, and one that is half there', () => {
  const writes: readonly JournaledWrite[] = [
    { expected: { a: '1', b: '1' }, outcome: 'acknowledged' },
    { expected: { a: '2' }, outcome: 'refused' },
    { expected: { c: '3', d: '3' }, outcome: 'unknown' },
  ];
  const judged = (cells: Readonly<Record<string, string>>) => checkJournal('w', writes, (cell) => cells[cell] ?? null);
  expect(judged({ a: '1', b: '1' })).toEqual([]);
  expect(judged({ a: '1', b: '1', c: '3', d: '3' })).toEqual([]);
  expect(judged({ a: '1' })).toHaveLength(1);
  expect(judged({ a: '2', b: '1' })).toHaveLength(1);
  expect(judged({ a: '1', b: '1', c: '3' })).toHaveLength(1);
});
