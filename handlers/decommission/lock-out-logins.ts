import { holdLock } from '../../src/domain/lock/lock.ts';
import { notePhase } from '../../src/domain/progress/phase.ts';
import { lockClaim } from '../wiring/event.ts';
import { makeHandler } from '../wiring/make-handler.ts';

/** Takes the login from everyone but us, so that hidden readers and writers show themselves while going back loses nothing. */
export const handler = makeHandler({
  uses: ['control', 'plan', 'sourceAccess'],
  event: lockClaim,
  run: async (event, { control, plan, sourceAccess }) => {
    await holdLock(control, event, plan.decommission.graceDays);
    const lockedOut = await sourceAccess.lockOutLogins();
    await notePhase(control, 'decommission', { detail: { lockedOut, graceSince: event.now } });
    return { lockedOut };
  },
});
