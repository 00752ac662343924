import { removeRestored } from '../../src/domain/decommission/removal.ts';
import { run } from '../wiring/event.ts';
import { makeHandler } from '../wiring/make-handler.ts';
import { z } from 'zod';

/** Removes the temporary cluster, a step a call. Asks for no lock: it has to go in every outcome (RACE-54). */
export const handler = makeHandler({
  uses: ['restoredClusterRemoval', 'clusterId'],
  event: z.object({ run }),
  run: (event, { restoredClusterRemoval, clusterId }) => removeRestored(restoredClusterRemoval, clusterId, event.run),
});
