import * as z from 'zod';
import { PHASES } from '../../src/domain/progress/phase.ts';

/** Times come with the event, from the state's entry, so that they can be simulated. */
export const now = z.iso.datetime();

export const run = z.string().min(1);

/** Required by every handler that changes state: the execution that must hold the lock. */
export const lockClaim = z.object({ run, owner: z.string().min(1), now });

export const phase = z.enum(PHASES);

/** A state's error output. */
export const failure = z
  .object({ Error: z.string().default('Unknown'), Cause: z.string().default('') })
  .transform(({ Error: error, Cause: cause }) => ({ error, cause }));

/** The fields of a verification's summary that later states use. */
export const verification = z.object({
  run: z.string(),
  clean: z.boolean(),
  mismatches: z.number(),
  unverified: z.number(),
  rowsCompared: z.number(),
  mismatchPercent: z.number(),
});
