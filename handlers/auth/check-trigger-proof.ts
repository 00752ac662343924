import * as z from 'zod';
import { proveTrigger } from '../../src/domain/auth/trigger-proof.ts';
import { holdLock } from '../../src/domain/lock/lock.ts';
import { notePhase } from '../../src/domain/progress/phase.ts';
import { userCount, userLookup, userTrigger } from '../wiring/aws.ts';
import { control } from '../wiring/control.ts';
import { lockClaim } from '../wiring/event.ts';
import { makeHandler } from '../wiring/make-handler.ts';
import { legacyUsers } from '../wiring/source.ts';

/** Attaches the trigger if it is missing, and looks for a user who signed in through it. */
export const handler = makeHandler({
  uses: { control, userTrigger, userCount, userLookup, legacyUsers },
  writes: ['LOCK', 'PHASE'],
  event: lockClaim.extend({ functionArn: z.string(), attempt: z.number(), attempts: z.number() }),
  run: async (event, { control, legacyUsers, userTrigger, userCount, userLookup }) => {
    await holdLock(control, event);
    const outcome = await proveTrigger(
      { control, userPool: { ...userTrigger, ...userCount, ...userLookup }, legacyUsers },
      event,
    );
    await notePhase(control, 'auth', { detail: { ...outcome } });
    return outcome;
  },
});
