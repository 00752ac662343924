import * as z from 'zod';
import { classify } from '../../src/domain/recovery/classify.ts';
import { innermost } from '../../src/domain/progress/failure.ts';
import { openRecovery } from '../../src/domain/recovery/recovery.ts';
import { control } from '../wiring/control.ts';
import { lockClaim, failure, phase } from '../wiring/event.ts';
import { makeHandler } from '../wiring/make-handler.ts';

/** Chooses the recovery by the failure, and records it as open. */
export const handler = makeHandler({
  uses: { control },
  writes: ['RECOVERY'],
  event: lockClaim.extend({ phase: phase.or(z.literal('rollback')), failure, redrives: z.number() }),
  run: async (event, { control }) => {
    const { error, cause: message } = innermost(event.failure);
    const { cause } = classify({ error });
    const { run, redrives, phase: failed } = event;
    await openRecovery(control, { run, cause, phase: failed, error, message, openedAt: event.now, redrives });
    return { cause, error, message };
  },
});
