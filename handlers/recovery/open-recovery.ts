import * as z from 'zod';
import { acquireLock } from '../../src/domain/lock/lock.ts';
import { settleSeconds } from '../../src/domain/progress/settings.ts';
import { CAUSES } from '../../src/domain/recovery/classify.ts';
import { openRecovery, readRecovery } from '../../src/domain/recovery/recovery.ts';
import { executionStatus } from '../wiring/aws.ts';
import { control, plan } from '../wiring/control.ts';
import { lockClaim } from '../wiring/event.ts';
import { makeHandler } from '../wiring/make-handler.ts';

/** Starts a recovery, for the migration or an operator: takes the lock and records it. */
export const handler = makeHandler({
  uses: { control, plan, executionStatus },
  writes: ['LOCK', 'RECOVERY'],
  event: lockClaim.extend({ cause: z.enum(CAUSES) }),
  run: async (event, { control, executionStatus, plan }) => {
    await acquireLock(control, executionStatus, event);
    const { run, cause, now } = event;
    const before = await readRecovery(control, run);
    const recovery =
      before?.status === 'open' && before.cause === cause
        ? before
        : await openRecovery(control, {
            run,
            cause,
            phase: 'by hand',
            error: 'started by hand',
            message: '',
            openedAt: now,
            redrives: 0,
          });
    return { recovery, settleSeconds: settleSeconds(plan), state: await control.mode() };
  },
});
