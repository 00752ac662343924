import { measureCoverage, recordCoverage } from '../../src/domain/auth/coverage.ts';
import { lockClaim } from '../wiring/event.ts';
import { makeHandler } from '../wiring/make-handler.ts';

/** Counts the legacy users who are in the pool. */
export const handler = makeHandler({
  uses: ['control', 'legacyUsers', 'userPool'],
  event: lockClaim,
  run: async (event, { control, userPool, legacyUsers }) => {
    if (legacyUsers === null) return { legacyUsers: 0, poolUsers: 0, percent: 100 };
    const coverage = await measureCoverage(legacyUsers, userPool);
    await recordCoverage(control, coverage, event.now);
    return coverage;
  },
});
