import { z } from 'zod';
import { recheckLimits } from '../../src/domain/verification/recheck/limits.ts';
import { repairRun } from '../../src/domain/verification/run/repair-run.ts';
import { makeHandler } from '../wiring/make-handler.ts';

const event = z.object({ run: z.string().min(1), from: z.number().int().nonnegative() });

/** A part begun before this is ended within the function's time: its findings are at most a few thousand. */
const PAUSE_AFTER_MS = 120_000;

/** Rewrites what a concluded run found stably wrong; answers where to go on, or what all of it came to. */
export const handler = makeHandler({
  uses: ['control', 'plan', 'mapping', 'rows', 'changelog', 'table', 'intents', 'bodies', 'documents', 'time'],
  event,
  run: async (request, ports) => {
    const { table, intents, bodies, documents, control, plan, time } = ports;
    const started = time.monotonic();
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
        pause: () => time.monotonic() - started > PAUSE_AFTER_MS,
      },
      request,
    );
  },
});
