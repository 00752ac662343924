import { measureCoverage } from '../src/domain/auth/coverage.ts';
import { leftBehind, readEvidence } from '../src/domain/decommission/evidence.ts';
import { finalSnapshotId } from '../src/domain/decommission/names.ts';
import { claim } from './event.ts';
import { makeHandler } from './make-handler.ts';

/** What the two persons of the decommission gate decide on. */
export const handler = makeHandler(claim, async ({ run }, ports) => {
  const { control, plan, clusterId, legacyUsers, userPool } = ports;
  return {
    cluster: clusterId,
    finalSnapshot: finalSnapshotId(clusterId, run),
    restore: await readEvidence(control, run),
    users: legacyUsers === null ? null : await measureCoverage(legacyUsers, userPool),
    leftBehind: leftBehind(plan),
    graceDays: plan.decommission.graceDays,
    pointOfNoReturn: 'mode complete, after the grace days and the final verification',
  };
});
