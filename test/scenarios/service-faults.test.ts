import { afterAll, expect, test } from '@jest/globals';

import { SERVICES } from '../../local/stack/environment.ts';
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
    // Which fault befalls a call is a matter of the seed and of the order of calls; each service is out several times.
    expect(Object.keys(report.serviceFaults).toSorted()).toEqual([...SERVICES]);
  },
  TIMEOUT_MS,
);
