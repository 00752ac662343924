import { ensureRestored } from '../../src/domain/decommission/restore.ts';
import { holdLock } from '../../src/domain/lock/lock.ts';
import { clusterId, clusterRestore } from '../wiring/aws.ts';
import { control } from '../wiring/control.ts';
import { lockClaim } from '../wiring/event.ts';
import { makeHandler } from '../wiring/make-handler.ts';

/**
 * Restores the snapshot to the temporary cluster, one step per call; called until it can be
 * queried.
 */
export const handler = makeHandler({
  uses: { control, clusterRestore, clusterId },
  writes: ['LOCK'],
  event: lockClaim,
  run: async (event, { control, clusterRestore, clusterId }) => {
    await holdLock(control, event);
    return ensureRestored(clusterRestore, clusterId, event.run);
  },
});
