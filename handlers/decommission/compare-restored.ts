import * as z from 'zod';
import { compareRestored } from '../../src/domain/decommission/compare-restored.ts';
import { mapping } from '../wiring/control.ts';
import { makeHandler } from '../wiring/make-handler.ts';
import { restoredCopy } from '../wiring/source.ts';

const event = z.object({ clusterArn: z.string().min(1), secretArn: z.string().min(1).optional(), entity: z.string() });

/** Compares one entity in a restored cluster with the live source, both through the Data API. */
export const handler = makeHandler({
  uses: { mapping, restoredCopy },
  event,
  run: async ({ clusterArn, secretArn, entity }, ports) => {
    const compared = (await ports.mapping()).entities[entity];
    if (compared === undefined) throw new RangeError(`the plan has no entity ${entity}`);
    return compareRestored(await ports.restoredCopy(clusterArn, secretArn), compared);
  },
});
