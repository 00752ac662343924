import * as z from 'zod';
import { compareRestored } from '../../src/domain/decommission/compare-restored.ts';
import { budgetOf } from '../wiring/budgets.ts';
import { mapping, time } from '../wiring/control.ts';
import { makeHandler } from '../wiring/make-handler.ts';
import { restoredCopy } from '../wiring/source.ts';

const count = z.number().int().nonnegative();

const event = z.object({
  clusterArn: z.string().min(1),
  secretArn: z.string().min(1).optional(),
  entity: z.string(),
  /** What the call before returned; null, or absent, on the first call. */
  from: z
    .object({
      after: z.array(z.string()).nullable(),
      restored: count,
      live: count,
      explained: count,
      unexplained: count,
      digest: z.string(),
    })
    .nullish(),
});

/**
 * Compares rows of one entity in a restored cluster with the live source, both through the Data API, until it ends or time runs short;
 * `done` tells which.
 */
export const handler = makeHandler({
  uses: { mapping, restoredCopy, time },
  event,
  run: async ({ clusterArn, secretArn, entity, from }, ports) => {
    const compared = (await ports.mapping()).entities[entity];
    if (compared === undefined) throw new RangeError(`the plan has no entity ${entity}`);
    const pause = budgetOf('compare-restored', ports.time);
    return compareRestored(await ports.restoredCopy(clusterArn, secretArn), compared, {
      from: from ?? null,
      pause,
    });
  },
});
