import { afterAll, expect, test } from '@jest/globals';

import type { DemoReport } from '../../local/demo/output/report.ts';
import { demoPlace, TIMEOUT_MS } from './demo-run.ts';

const place = demoPlace();
afterAll(() => place.remove());

function expectCompleted(report: DemoReport): void {
  expect(report.reasons).toEqual([]);
  expect(report).toMatchObject({ result: 'completed', exitCode: 0 });
  expect(report.traffic).toMatchObject({ lost: 0, authority: 'dynamodb', wrongPasswordsAccepted: 0, staleReads: 0 });
  expect(report.traffic?.acknowledged).toBeGreaterThan(50);
  expect(report.verification).toMatchObject({ mismatches: 0, unverified: 0 });
  expect(Object.keys(report.entities).toSorted()).toEqual(['CAMPAIGN', 'CHARACTER', 'SESSION', 'USER']);
  for (const tally of Object.values(report.entities)) expect(tally.matched).toBe(tally.source);
  expect(report.postgres).toEqual({ cluster: 'gone', answers: false });
}

test(
  'a migration under live traffic crosses all four phases, loses nothing, and leaves no PostgreSQL behind',
  async () => {
    const { code, output } = await place.run().ended;
    expect(`${code}\n${output}`).toMatch(/^0\n/);
    const report = place.report();
    expectCompleted(report);
    const modes = report.cutover.timeline.map(({ mode, readPercent }) => (mode === 'reads' ? readPercent : mode));
    expect(modes).toEqual(['off', 'capture', 'load', 'dual', 'shadow', 10, 50, 100, 'drained', 'complete']);
    expect(report.phases.map(({ phase, status }) => `${phase} ${status}`)).toEqual([
      'auth done',
      'dual-write done',
      'cutover done',
      'decommission done',
    ]);
  },
  TIMEOUT_MS,
);

test(
  'RACE-43 a demo killed with kill -9 goes on with --resume to the same end, with the ledger of both processes',
  async () => {
    const first = place.run();
    await first.said('nightly');
    first.child.kill('SIGKILL');
    await first.ended;
    const { code, output } = await place.run('--resume').ended;
    expect(`${code}\n${output}`).toMatch(/^0\n/);
    const report = place.report();
    expectCompleted(report);
    expect(report.resumes).toBe(1);
  },
  TIMEOUT_MS,
);
