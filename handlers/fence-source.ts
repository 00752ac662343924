import { holdLock } from '../src/domain/lock/lock.ts';
import { claim } from './event.ts';
import { makeHandler } from './make-handler.ts';

/** Refuses every write to the mapped tables; returns once no older writer is open (RACE 78). */
export const handler = makeHandler(claim, async (event, { control, sourceAccess }) => {
  await holdLock(control, event);
  await sourceAccess.fence();
  return { fenced: true };
});
