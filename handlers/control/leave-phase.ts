import { notePhase } from '../../src/domain/progress/phase.ts';
import * as z from 'zod';
import { control } from '../wiring/control.ts';
import { lockClaim, phase } from '../wiring/event.ts';
import { makeHandler } from '../wiring/make-handler.ts';

/** Records that a phase is finished. */
export const handler = makeHandler({
  uses: { control },
  writes: ['PHASE'],
  event: lockClaim.extend({ phase, detail: z.record(z.string(), z.unknown()).default({}) }),
  run: async (event, { control }) => {
    await notePhase(control, event.phase, { status: 'done', endedAt: event.now, detail: event.detail });
    return { run: event.run, phase: event.phase, status: 'done' };
  },
});
