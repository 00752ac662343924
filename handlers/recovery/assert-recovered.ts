import * as z from 'zod';
import { assertRecovered } from '../../src/domain/recovery/recovery.ts';
import { control } from '../wiring/control.ts';
import { lockClaim } from '../wiring/event.ts';
import { makeHandler } from '../wiring/make-handler.ts';

/**
 * Fails while the run's recovery is open and succeeds once it is closed, so that a redrive
 * continues after a recovery.
 */
export const handler = makeHandler({
  uses: { control },
  writes: ['RECOVERY'],
  event: lockClaim.extend({ redrives: z.number() }),
  run: async (event, { control }) => {
    await assertRecovered(control, event);
    return { run: event.run, recovery: 'closed' };
  },
});
