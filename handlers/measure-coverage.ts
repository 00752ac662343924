import { measureCoverage, recordCoverage } from '../src/domain/auth/coverage.ts';
import { claim } from './event.ts';
import { makeHandler } from './make-handler.ts';

/** How many legacy users the pool has by now. */
export const handler = makeHandler(claim, async (event, { control, userPool, legacyUsers }) => {
  if (legacyUsers === null) return { legacyUsers: 0, poolUsers: 0, percent: 100 };
  const coverage = await measureCoverage(legacyUsers, userPool);
  await recordCoverage(control, coverage, event.now);
  return coverage;
});
