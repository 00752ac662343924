import { holdLock } from '../../src/domain/lock/lock.ts';
import { MoveRefused } from '../../src/domain/errors.ts';
import { nextState } from '../../src/domain/mode/transitions.ts';
import { control, plan } from '../wiring/control.ts';
import { lockClaim } from '../wiring/event.ts';
import { makeHandler } from '../wiring/make-handler.ts';
import { capture } from '../wiring/source.ts';

/**
 * Gives the migration up: moves the mode from `capture` to `off` first, so that nothing relies on a
 * changelog that is about to be dropped.
 */
export const handler = makeHandler({
  uses: { control, plan, capture },
  writes: ['LOCK', 'MODE'],
  event: lockClaim,
  run: async (event, { control, plan, capture }) => {
    await holdLock(control, event);
    const state = await control.mode();
    if (state.mode !== 'off' && state.mode !== 'capture')
      throw new MoveRefused({ from: state.mode, to: 'off', reason: 'capture is removed in mode capture or off only' });
    const off = nextState(state, { mode: 'off', readPercent: 0 }, plan.cutover.stages);
    if (off !== null) await control.move(state, off);
    await capture.remove();
    return { removed: true };
  },
});
