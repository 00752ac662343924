import * as z from 'zod';
import { finishRestore, saveEvidence } from '../../src/domain/decommission/evidence.ts';
import { notePhase } from '../../src/domain/progress/phase.ts';
import { control, plan } from '../wiring/control.ts';
import { lockClaim } from '../wiring/event.ts';
import { makeHandler } from '../wiring/make-handler.ts';

const count = z.number().int().nonnegative();

const schema = lockClaim.extend({
  snapshotId: z.string(),
  snapshotAt: z.string().nullish(),
  restoredCluster: z.string(),
  comparisons: z.array(
    z.object({
      entity: z.string(),
      restored: count,
      live: count,
      explained: count,
      unexplained: count,
      digest: z.string(),
    }),
  ),
});

/**
 * Records the comparison with the restored cluster; fails unless every row is accounted for
 * (RACE-51).
 */
export const handler = makeHandler({
  uses: { control, plan },
  writes: ['EVIDENCE', 'PHASE'],
  event: schema,
  run: async (event, { control, plan }) => {
    const evidence = finishRestore(plan, {
      run: event.run,
      snapshotId: event.snapshotId,
      snapshotAt: event.snapshotAt ?? null,
      restoredCluster: event.restoredCluster,
      comparedAt: event.now,
      entities: event.comparisons,
    });
    await saveEvidence(control, evidence);
    await notePhase(control, 'decommission', { detail: { restore: evidence } });
    return evidence;
  },
});
