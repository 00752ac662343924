import * as z from 'zod';
import { runSegment } from '../../src/domain/verification/run/run-part.ts';
import { now } from '../wiring/event.ts';
import { makeHandler } from '../wiring/make-handler.ts';
import { verification } from '../wiring/target.ts';

const event = z.object({ run: z.string().min(1), segment: z.number().int().nonnegative(), now });

/** Compares the items of one scan segment with their rows. */
export const handler = makeHandler({
  uses: { verification },
  event,
  run: async (part, { verification }) => runSegment(await verification(), part),
});
