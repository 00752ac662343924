import { expireGates } from '../../src/domain/gates/gate-store.ts';
import { acquireLock } from '../../src/domain/lock/lock.ts';
import { startRun } from '../../src/domain/progress/run.ts';
import { settleBeforeStart } from '../../src/domain/recovery/recovery.ts';
import * as z from 'zod';
import { executionStatus } from '../wiring/aws.ts';
import { control } from '../wiring/control.ts';
import { lockClaim } from '../wiring/event.ts';
import { makeHandler } from '../wiring/make-handler.ts';

/**
 * Acquires the migration's lock for this execution (RACE-53). Refused while another execution holds
 * it, or while a recovery is open.
 */
export const handler = makeHandler({
  uses: { control, executionStatus },
  writes: ['LOCK', 'RECOVERY', 'GATE', 'RUN'],
  event: lockClaim.extend({ note: z.string().nullish() }),
  run: async ({ note, ...event }, { control, executionStatus }) => {
    const lock = await acquireLock(control, executionStatus, event);
    await settleBeforeStart(control, event.now);
    await expireGates(control);
    await startRun(control, { ...event, note: note ?? null });
    return { run: event.run, lockedUntil: lock.expiresAt };
  },
});
