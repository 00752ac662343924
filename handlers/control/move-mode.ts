import * as z from 'zod';
import { holdLock } from '../../src/domain/lock/lock.ts';
import { TTL } from '../../src/domain/mapping/values/expiry.ts';
import { MODES } from '../../src/domain/mode/modes.ts';
import { countersOf, countsOn, startCounters } from '../../src/domain/progress/counters.ts';
import { moveMode } from '../../src/domain/progress/move-mode.ts';
import { control, mapping, plan } from '../wiring/control.ts';
import { lockClaim } from '../wiring/event.ts';
import { makeHandler } from '../wiring/make-handler.ts';
import { highestNumbers } from '../wiring/source.ts';
import { expiry } from '../wiring/target.ts';

/**
 * Moves to a neighbouring mode, for the holder of the lock only; does nothing if already there.
 * Before `complete` it starts the counters that replace PostgreSQL's sequences; only after it may
 * DynamoDB delete expired rows, because until then an absent item counts as lost.
 */
export const handler = makeHandler({
  uses: { control, plan, mapping, highestNumbers, expiry },
  writes: ['LOCK', 'MODE', 'FACTS', 'COUNTER'],
  event: lockClaim.extend({ to: z.object({ mode: z.enum(MODES), readPercent: z.number().default(0) }) }),
  run: async (event, ports) => {
    const { control, plan } = ports;
    await holdLock(control, event);
    if (countsOn(plan) && event.to.mode === 'complete' && (await control.mode()).mode === 'drained')
      await startCounters(control, countersOf(plan, await ports.mapping()), ports.highestNumbers);
    const state = await moveMode(control, plan, event.to);
    const expiring = Object.values(plan.entities).some(({ expires }) => expires !== undefined);
    if (expiring && state.mode === 'complete') await ports.expiry.enable(TTL);
    return state;
  },
});
