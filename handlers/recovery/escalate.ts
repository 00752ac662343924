import { escalate } from '../../src/domain/recovery/escalate.ts';
import { control } from '../wiring/control.ts';
import { lockClaim, failure, phase } from '../wiring/event.ts';
import { makeHandler } from '../wiring/make-handler.ts';

/** Fails with the original error; a redriven phase continues once its recovery is closed. */
export const handler = makeHandler({
  uses: { control },
  writes: ['PHASE'],
  event: lockClaim.extend({ phase, failure }),
  run: async (event, { control }) => {
    await escalate(control, event);
    return { run: event.run, phase: event.phase, status: 'running' };
  },
});
