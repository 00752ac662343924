import * as z from 'zod';
import { loadSegment } from '../../src/domain/load/run-load.ts';
import { budgetOf } from '../wiring/budgets.ts';
import { control, mapping, time } from '../wiring/control.ts';
import { makeHandler } from '../wiring/make-handler.ts';
import { changelog, rows } from '../wiring/source.ts';
import { bodies, tableLoad } from '../wiring/target.ts';

const event = z.object({
  generation: z.number().int().positive(),
  segment: z.number().int().nonnegative(),
  now: z.string(),
});

/** Loads a segment until it ends or time runs short; `done` tells which. */
export const handler = makeHandler({
  uses: { control, mapping, rows, changelog, tableLoad, bodies, time },
  writes: ['LOAD'],
  event,
  run: async (part, ports) => {
    const pause = budgetOf('load-segment', ports.time);
    const { done, rows, items } = await loadSegment(
      {
        control: ports.control,
        mapping: await ports.mapping(),
        rows: await ports.rows(),
        changelog: ports.changelog,
        table: ports.tableLoad,
        bodies: ports.bodies,
      },
      part,
      { pause, sleep: ports.time.sleep },
    );
    return { done, rows, items };
  },
});
