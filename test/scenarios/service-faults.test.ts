import { afterAll, expect, test } from '@jest/globals';

import { demoPlace, TIMEOUT_MS } from './demo-run.ts';

const place = demoPlace();
afterAll(() => place.remove());

test(
  'every service throttles, drops, delays and fails, and is out for seconds in turn: no rollback, nothing lost',
  async () => {
    const { code, output } = await place.run('--service-faults', '0.03').ended;
    expect(`${code}\n${output}`).toMatch(/^0\n/);
    const report = place.report();
    expect(report).toMatchObject({ result: 'completed', reasons: [], recoveries: [] });
    expect(report.traffic).toMatchObject({ lost: 0, authority: 'dynamodb', staleReads: 0 });
    expect(report.verification).toMatchObject({ mismatches: 0, unverified: 0 });
    const modes = report.cutover.timeline.map(({ mode, readPercent }) => (mode === 'reads' ? readPercent : mode));
    expect(modes).toEqual(['off', 'capture', 'load', 'dual', 'shadow', 10, 50, 100, 'drained', 'complete']);
    // Those that are called all the time; whether SNS or RDS is called during its outage is a matter of the machine.
    for (const service of ['CLOUDWATCH', 'DYNAMODB', 'RDS_DATA', 'S3'] as const)
      expect(Object.keys(report.serviceFaults[service] ?? {}).length).toBeGreaterThan(3);
    expect(Object.keys(report.serviceFaults).length).toBeGreaterThan(5);
  },
  TIMEOUT_MS,
);
