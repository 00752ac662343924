import { z } from 'zod';
import { releaseLock } from '../../src/domain/lock/lock.ts';
import { endRun } from '../../src/domain/progress/run.ts';
import { lockClaim } from '../wiring/event.ts';
import { makeHandler } from '../wiring/make-handler.ts';

/** Ends the run in the records and lets go of the lock, if it is still this execution's. */
export const handler = makeHandler({
  uses: ['control'],
  event: lockClaim.extend({ status: z.enum(['completed', 'recovered', 'rolled-back']) }),
  run: async (event, { control }) => {
    await endRun(control, event);
    return { run: event.run, status: event.status, lock: await releaseLock(control, event) };
  },
});
