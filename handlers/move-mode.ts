import { z } from 'zod';
import { MODES } from '../src/domain/modes.ts';
import { holdLock } from '../src/domain/lock/lock.ts';
import { moveTo } from '../src/domain/progress/move.ts';
import { claim } from './event.ts';
import { makeHandler } from './make-handler.ts';

/** Moves the mode to a neighbour, for the holder of the lock only; done already is done. */
export const handler = makeHandler(
  claim.extend({ to: z.object({ mode: z.enum(MODES), readPercent: z.number().default(0) }) }),
  async (event, { control, plan }) => {
    await holdLock(control, event);
    return moveTo(control, plan, event.to);
  },
);
