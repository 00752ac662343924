import { removeRestored } from '../../src/domain/decommission/removal.ts';
import { run } from '../wiring/event.ts';
import { makeHandler } from '../wiring/make-handler.ts';
import { z } from 'zod';

/** Removes the temporary cluster, a step a call. Asks for no lock: it has to go in every outcome (RACE 54). */
export const handler = makeHandler(z.object({ run }), (event, { clusters, clusterId }) =>
  removeRestored(clusters, clusterId, event.run),
);
