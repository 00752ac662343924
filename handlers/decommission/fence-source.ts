import { holdLock } from '../../src/domain/lock/lock.ts';
import { control } from '../wiring/control.ts';
import { lockClaim } from '../wiring/event.ts';
import { makeHandler } from '../wiring/make-handler.ts';
import { sourceAccess } from '../wiring/source.ts';

/** Blocks every write to the mapped tables; returns once no older writer is open (RACE-78). */
export const handler = makeHandler({
  uses: { control, sourceAccess },
  writes: ['LOCK'],
  event: lockClaim,
  run: async (event, { control, sourceAccess }) => {
    await holdLock(control, event);
    await sourceAccess.fence();
    return { fenced: true };
  },
});
