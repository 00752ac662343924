import { afterAll, expect, test } from '@jest/globals';

import { demoPlace, expectCompleted, TIMEOUT_MS } from './demo-run.ts';

const place = demoPlace();
afterAll(() => place.remove());

test(
  'a migration crosses all four phases under live traffic, while every service throttles, drops, delays and fails: no rollback, nothing lost',
  async () => {
    const { code, output } = await place.run('--service-faults', '0.03').ended;
    expect(`${code}\n${output}`).toMatch(/^0\n/);
    const report = place.report();
    expectCompleted(report);
    expect(report.recoveries).toEqual([]);
    const modes = report.cutover.timeline.map(({ mode, readPercent }) => (mode === 'reads' ? readPercent : mode));
    expect(modes).toEqual(['off', 'capture', 'load', 'dual', 'shadow', 10, 50, 100, 'drained', 'complete']);
    expect(report.phases.map(({ phase, status }) => `${phase} ${status}`)).toEqual([
      'auth done',
      'dual-write done',
      'cutover done',
      'decommission done',
    ]);
    // Those that are called all the time; whether SNS or RDS is called during its outage is a matter of the machine.
    for (const service of ['CLOUDWATCH', 'DYNAMODB', 'RDS_DATA', 'S3'] as const)
      expect(Object.keys(report.serviceFaults[service] ?? {}).length).toBeGreaterThan(3);
    expect(Object.keys(report.serviceFaults).length).toBeGreaterThan(5);
  },
  TIMEOUT_MS,
);
