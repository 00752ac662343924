import { afterAll, expect, test } from '@jest/globals';

import { demoPlace, expectCompleted, TIMEOUT_MS } from './demo-run.ts';

const place = demoPlace();
afterAll(() => place.remove());

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
