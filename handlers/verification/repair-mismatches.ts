import * as z from 'zod';
import { recheckLimits } from '../../src/domain/verification/recheck/limits.ts';
import { repairRun } from '../../src/domain/verification/run/repair-run.ts';
import { budgetOf } from '../wiring/budgets.ts';
import { control, mapping, plan, time } from '../wiring/control.ts';
import { makeHandler } from '../wiring/make-handler.ts';
import { changelog, rows } from '../wiring/source.ts';
import { bodies, documents, intentReader, tableRepair } from '../wiring/target.ts';

const event = z.object({ run: z.string().min(1), from: z.number().int().nonnegative() });

/** Rewrites the items that a finished run found wrong; returns where to continue, or the totals. */
export const handler = makeHandler({
  uses: { control, plan, mapping, rows, changelog, tableRepair, intentReader, bodies, documents, time },
  writes: ['REPAIR'],
  event,
  run: async (request, ports) => {
    const { tableRepair: table, intentReader: intents, bodies, documents, control, plan, time } = ports;
    const pause = budgetOf('repair-mismatches', time);
    return repairRun(
      {
        mapping: await ports.mapping(),
        rows: await ports.rows(),
        changelog: ports.changelog,
        table,
        intents,
        bodies,
        documents,
        control,
        indexKeys: recheckLimits(plan).indexKeys,
        pause,
      },
      request,
    );
  },
});
