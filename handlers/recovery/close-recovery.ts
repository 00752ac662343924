import * as z from 'zod';
import { holdLock, releaseLock } from '../../src/domain/lock/lock.ts';
import { CAUSES } from '../../src/domain/recovery/classify.ts';
import { closeRecovery } from '../../src/domain/recovery/recovery.ts';
import { forgetWindow } from '../../src/domain/window/window-store.ts';
import { control } from '../wiring/control.ts';
import { lockClaim } from '../wiring/event.ts';
import { makeHandler } from '../wiring/make-handler.ts';

/**
 * Closes a recovery. After a rewrite of the target the window's evidence is void, so the window
 * starts again.
 */
export const handler = makeHandler({
  uses: { control },
  writes: ['LOCK', 'RECOVERY'],
  removes: ['WINDOW'],
  event: lockClaim.extend({ cause: z.enum(CAUSES), release: z.boolean() }),
  run: async (event, { control }) => {
    await holdLock(control, event);
    if (event.cause === 'data-loss') await forgetWindow(control);
    await closeRecovery(control, event.run, event.now);
    if (event.release) await releaseLock(control, event);
    return { run: event.run, cause: event.cause, status: 'closed' };
  },
});
