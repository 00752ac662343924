import * as z from 'zod';
import { runRange } from '../../src/domain/verification/run/run-part.ts';
import { now } from '../wiring/event.ts';
import { makeHandler } from '../wiring/make-handler.ts';
import { verification } from '../wiring/target.ts';

const event = z.object({ run: z.string().min(1), range: z.number().int().nonnegative(), now });

/** Finds the rows of one key range that the scan did not see. */
export const handler = makeHandler({
  uses: { verification },
  event,
  run: async (part, { verification }) => runRange(await verification(), part),
});
