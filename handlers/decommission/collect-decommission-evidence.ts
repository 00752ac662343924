import { measureCoverage } from '../../src/domain/auth/coverage.ts';
import { leftBehind, readEvidence } from '../../src/domain/decommission/evidence.ts';
import { countSqlUses } from '../../src/domain/decommission/sql-uses.ts';
import { finalSnapshotId } from '../../src/domain/decommission/names.ts';
import { clusterId, metricReader, userCount } from '../wiring/aws.ts';
import { control, plan } from '../wiring/control.ts';
import { lockClaim } from '../wiring/event.ts';
import { makeHandler } from '../wiring/make-handler.ts';
import { legacyUsers } from '../wiring/source.ts';

/** Collects the evidence for the two approvals of the decommission gate. */
export const handler = makeHandler({
  uses: { control, plan, clusterId, legacyUsers, userCount, metricReader },
  event: lockClaim,
  run: async ({ run, now }, ports) => {
    const { control, plan, clusterId, legacyUsers, userCount, metricReader } = ports;
    return {
      cluster: clusterId,
      finalSnapshot: finalSnapshotId(clusterId, run),
      restore: await readEvidence(control, run),
      users: legacyUsers === null ? null : await measureCoverage(legacyUsers, userCount),
      sqlUses: await countSqlUses(metricReader, plan, now),
      leftBehind: leftBehind(plan),
      graceDays: plan.decommission.graceDays,
      pointOfNoReturn: 'mode complete, after the grace days and the final verification',
    };
  },
});
