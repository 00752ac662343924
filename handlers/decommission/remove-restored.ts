import { removeRestored } from '../../src/domain/decommission/removal.ts';
import { clusterId, restoredClusterRemoval } from '../wiring/aws.ts';
import { run } from '../wiring/event.ts';
import { makeHandler } from '../wiring/make-handler.ts';
import * as z from 'zod';

/**
 * Deletes the temporary cluster, one step per call. Needs no lock, because it must go whatever the
 * outcome (RACE-54).
 */
export const handler = makeHandler({
  uses: { restoredClusterRemoval, clusterId },
  event: z.object({ run }),
  run: (event, { restoredClusterRemoval, clusterId }) => removeRestored(restoredClusterRemoval, clusterId, event.run),
});
