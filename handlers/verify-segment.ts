import { z } from 'zod';
import { settlingLimits } from '../src/domain/verification/limits.ts';
import { runSegment } from '../src/domain/verification/run-part.ts';
import { makeHandler } from './make-handler.ts';

const event = z.object({ run: z.string().min(1), segment: z.number().int().nonnegative() });

/** Compares the items of one scan segment with their rows. */
export const handler = makeHandler(event, async (part, ports) =>
  runSegment(
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
