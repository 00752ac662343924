import { measureCoverage, recordCoverage } from '../../src/domain/auth/coverage.ts';
import { metrics, userCount } from '../wiring/aws.ts';
import { control } from '../wiring/control.ts';
import { lockClaim } from '../wiring/event.ts';
import { makeHandler } from '../wiring/make-handler.ts';
import { legacyUsers } from '../wiring/source.ts';

/** Counts the legacy users who are in the pool. */
export const handler = makeHandler({
  uses: { control, legacyUsers, userCount, metrics },
  writes: ['AUTH'],
  event: lockClaim,
  run: async (event, { control, userCount, legacyUsers, metrics }) => {
    if (legacyUsers === null) return { legacyUsers: 0, poolUsers: 0, percent: 100 };
    const coverage = await measureCoverage(legacyUsers, userCount);
    metrics.count('UncoveredUsers', Math.max(0, coverage.legacyUsers - coverage.poolUsers));
    await recordCoverage(control, coverage, event.now);
    return coverage;
  },
});
