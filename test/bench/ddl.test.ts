import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { scenarioOf } from '../../bench/ddl/command.ts';
import { type DdlRuns, openDdlRuns } from '../../bench/ddl/run.ts';

let runs: DdlRuns;

beforeAll(async () => {
  runs = await openDdlRuns();
}, 120_000);
afterAll(() => runs.stop());

/** `npm run bench -- ddl` plays as many as one likes. */
const SEEDS = Array.from({ length: 10 }, (_, n) => 1 + n);

test.each(SEEDS)(
  'RACE-71 random DDL under traffic, seed %i: no statement fails but for the DDL itself, nothing is lost, both stores are equal',
  async (seed) => {
    const report = await runs.run(scenarioOf(seed), seed);
    expect(report.faults).toEqual([]);
    expect(report.acknowledged).toBeGreaterThan(0);
    expect(report.statements.length).toBeGreaterThan(0);
  },
  60_000,
);
