import { backupSnapshotId } from '../../src/domain/decommission/names.ts';
import { ensureSnapshot } from '../../src/domain/decommission/restore.ts';
import { holdLock } from '../../src/domain/lock/lock.ts';
import { backupSnapshots, clusterId } from '../wiring/aws.ts';
import { control } from '../wiring/control.ts';
import { lockClaim } from '../wiring/event.ts';
import { makeHandler } from '../wiring/make-handler.ts';

/** Takes the snapshot to be restored; called until it is available. */
export const handler = makeHandler({
  uses: { control, backupSnapshots, clusterId },
  writes: ['LOCK'],
  event: lockClaim,
  run: async (event, { control, backupSnapshots, clusterId }) => {
    await holdLock(control, event);
    return ensureSnapshot(backupSnapshots, clusterId, backupSnapshotId(clusterId, event.run));
  },
});
