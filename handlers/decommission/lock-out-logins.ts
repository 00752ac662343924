import { holdLock } from '../../src/domain/lock/lock.ts';
import { notePhase } from '../../src/domain/progress/phase.ts';
import { control, plan } from '../wiring/control.ts';
import { lockClaim } from '../wiring/event.ts';
import { makeHandler } from '../wiring/make-handler.ts';
import { sourceAccess } from '../wiring/source.ts';

/**
 * Revokes every login but Portage's and those that the plan keeps for the application's dual writes, so that hidden readers and
 * writers become visible while a rollback still loses nothing.
 */
export const handler = makeHandler({
  uses: { control, plan, sourceAccess },
  writes: ['LOCK', 'PHASE'],
  event: lockClaim,
  run: async (event, { control, plan, sourceAccess }) => {
    await holdLock(control, event, plan.decommission.graceDays);
    const lockedOut = await sourceAccess.lockOutLogins(plan.decommission.keepLogins);
    await notePhase(control, 'decommission', { detail: { lockedOut, graceSince: event.now } });
    return { lockedOut };
  },
});
