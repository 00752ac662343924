import { z } from 'zod';
import { settlingLimits } from '../src/domain/verification/limits.ts';
import { runRange } from '../src/domain/verification/run-part.ts';
import { makeHandler } from './make-handler.ts';

const event = z.object({ run: z.string().min(1), range: z.number().int().nonnegative() });

/** Looks for the rows of one key range that the scan did not meet. */
export const handler = makeHandler(event, async (part, ports) =>
  runRange(
    {
      mapping: await ports.mapping(),
      rows: await ports.rows(),
      changelog: await ports.changelog(),
      table: ports.table,
      intents: ports.intents,
      bodies: ports.bodies,
      documents: ports.documents,
      time: ports.time,
    },
    part,
    settlingLimits(ports.plan),
  ),
);
