import { holdLock } from '../../src/domain/lock/lock.ts';
import { enterPhase, readPhase } from '../../src/domain/progress/phase.ts';
import { settingsFor } from '../../src/domain/progress/settings.ts';
import { control, plan } from '../wiring/control.ts';
import { lockClaim, phase } from '../wiring/event.ts';
import { makeHandler } from '../wiring/make-handler.ts';

/**
 * Reads the migration's state, so that a rerun skips finished steps (RACE-43), and the plan's
 * times.
 */
export const handler = makeHandler({
  uses: { control, plan },
  writes: ['LOCK', 'PHASE'],
  event: lockClaim.extend({ phase }),
  run: async (event, { control, plan }) => {
    await holdLock(control, event);
    const [state, record] = await Promise.all([control.mode(), readPhase(control, event.phase)]);
    const settings = settingsFor(event.phase, plan, state, record);
    await enterPhase(control, { ...event, skip: settings.skip });
    return settings;
  },
});
