import { backupSnapshotId } from '../../src/domain/decommission/names.ts';
import { ensureSnapshot } from '../../src/domain/decommission/restore.ts';
import { holdLock } from '../../src/domain/lock/lock.ts';
import { lockClaim } from '../wiring/event.ts';
import { makeHandler } from '../wiring/make-handler.ts';

/** Takes the snapshot that will be restored; called until it is ready. */
export const handler = makeHandler(lockClaim, async (event, { control, clusters, clusterId }) => {
  await holdLock(control, event);
  return ensureSnapshot(clusters, clusterId, backupSnapshotId(clusterId, event.run));
});
