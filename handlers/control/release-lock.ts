import * as z from 'zod';
import { releaseLock } from '../../src/domain/lock/lock.ts';
import { endRun } from '../../src/domain/progress/run.ts';
import { control } from '../wiring/control.ts';
import { lockClaim } from '../wiring/event.ts';
import { makeHandler } from '../wiring/make-handler.ts';

/** Records the end of the run and releases the lock if this execution still holds it. */
export const handler = makeHandler({
  uses: { control },
  writes: ['LOCK', 'RUN'],
  event: lockClaim.extend({ status: z.enum(['completed', 'recovered', 'rolled-back']) }),
  run: async (event, { control }) => {
    await endRun(control, event);
    return { run: event.run, status: event.status, lock: await releaseLock(control, event) };
  },
});
