import { z } from 'zod';
import { BacklogNotEmpty } from '../../src/domain/errors.ts';
import { notePhase } from '../../src/domain/progress/phase.ts';
import { backlogReasons, readBacklog } from '../../src/domain/window/backlog.ts';
import { lockClaim } from '../wiring/event.ts';
import { makeHandler } from '../wiring/make-handler.ts';

/**
 * Behind the fence, changelog, parked rows, intents and open writers must all reach 0. Fails after
 * the last attempt.
 */
export const handler = makeHandler({
  uses: ['control', 'changelog', 'intentReader'],
  writes: ['PHASE'],
  event: lockClaim.extend({ attempt: z.number(), attempts: z.number() }),
  run: async ({ attempt, attempts }, ports) => {
    const backlog = await readBacklog(ports.changelog, ports.intentReader);
    const reasons = backlogReasons(backlog);
    if (reasons.length > 0 && attempt >= attempts) throw new BacklogNotEmpty({ ...backlog });
    await notePhase(ports.control, 'decommission', { detail: { backlog } });
    return { empty: reasons.length === 0, reasons };
  },
});
