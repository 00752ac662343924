import * as z from 'zod';
import { planLoad } from '../../src/domain/load/run-load.ts';
import { budgetOf } from '../wiring/budgets.ts';
import { control, mapping, time } from '../wiring/control.ts';
import { makeHandler } from '../wiring/make-handler.ts';
import { rows } from '../wiring/source.ts';

/**
 * Divides all entities into key ranges to load, once per generation. `planned` is false where time ran short before all rows were
 * counted: the next call continues.
 */
export const handler = makeHandler({
  uses: { control, mapping, rows, time },
  writes: ['LOAD-PLAN'],
  removes: ['LOAD-PLAN'],
  event: z.object({}),
  run: async (_event, ports) => {
    const pause = budgetOf('plan-load', ports.time);
    const plan = await planLoad(
      { control: ports.control, mapping: await ports.mapping(), rows: await ports.rows() },
      pause,
    );
    if (plan === null) return { planned: false };
    const { generation, segments, rows } = plan;
    return { planned: true, generation, segments: segments.map((_, segment) => segment), rows };
  },
});
