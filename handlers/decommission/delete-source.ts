import { readFinalSnapshot } from '../../src/domain/decommission/evidence.ts';
import { finalSnapshotId } from '../../src/domain/decommission/names.ts';
import { removeSource } from '../../src/domain/decommission/removal.ts';
import { holdLock } from '../../src/domain/lock/lock.ts';
import { notePhase } from '../../src/domain/progress/phase.ts';
import { clusterId, sourceRemoval, userTrigger } from '../wiring/aws.ts';
import { control, plan } from '../wiring/control.ts';
import { lockClaim } from '../wiring/event.ts';
import { makeHandler } from '../wiring/make-handler.ts';

/**
 * Deletes PostgreSQL, one step per call, in mode `complete` only; ready once it is gone and the
 * final snapshot exists.
 */
export const handler = makeHandler({
  uses: { control, plan, sourceRemoval, clusterId, userTrigger },
  writes: ['LOCK', 'EVIDENCE', 'PHASE'],
  event: lockClaim,
  run: async (event, { control, plan, sourceRemoval, clusterId, userTrigger }) => {
    await holdLock(control, event);
    const state = await control.mode();
    const snapshot = await readFinalSnapshot(control, finalSnapshotId(clusterId, event.run));
    // The trigger queries PostgreSQL: once that is gone, an unknown name would get an error where
    // it should get a refusal.
    if (plan.auth !== undefined && state.mode === 'complete' && (await userTrigger.trigger()) !== null)
      await userTrigger.setTrigger(null);
    const step = await removeSource(sourceRemoval, {
      id: clusterId,
      source: clusterId,
      state,
      finalSnapshotId: snapshot,
    });
    if (step.ready) await notePhase(control, 'decommission', { detail: { finalSnapshot: step.finalSnapshotId } });
    return step;
  },
});
