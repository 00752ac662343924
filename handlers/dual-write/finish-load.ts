import * as z from 'zod';
import { assertSchema } from '../../src/domain/ddl/assert-schema.ts';
import { finishLoad } from '../../src/domain/load/finish-load.ts';
import { budgetOf } from '../wiring/budgets.ts';
import { control, mapping, plan, time } from '../wiring/control.ts';
import { makeHandler } from '../wiring/make-handler.ts';
import { capture } from '../wiring/source.ts';
import { tableTombstones } from '../wiring/target.ts';

const count = z.number().int().nonnegative();

const event = z.object({
  generation: z.number().int().positive(),
  now: z.string(),
  /** What the call before left; null, or absent, on the first call. */
  from: z
    .object({ tombstones: count, open: z.array(z.object({ segment: count, after: z.string().nullable() })) })
    .nullish(),
});

/**
 * Refuses a load during which the source changed, replaces items of earlier generations with tombstones until time runs short, and
 * returns the counts and what is left to do.
 */
export const handler = makeHandler({
  uses: { control, plan, capture, mapping, tableTombstones, time },
  event,
  run: async ({ generation, now, from }, ports) => {
    const pause = budgetOf('finish-load', ports.time);
    await assertSchema(ports, await ports.mapping(), generation);
    return finishLoad(
      { control: ports.control, table: ports.tableTombstones },
      { generation, now, from: from ?? null },
      pause,
    );
  },
});
