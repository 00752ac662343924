import * as z from 'zod';
import { BacklogNotEmpty } from '../../src/domain/errors.ts';
import { uncarriedTables } from '../../src/domain/ddl/carry-columns.ts';
import { notePhase } from '../../src/domain/progress/phase.ts';
import { backlogReasons, readBacklog } from '../../src/domain/window/backlog.ts';
import { control, mapping, plan } from '../wiring/control.ts';
import { lockClaim } from '../wiring/event.ts';
import { makeHandler } from '../wiring/make-handler.ts';
import { capture, changelog } from '../wiring/source.ts';
import { intentReader } from '../wiring/target.ts';

/**
 * Behind the fence, changelog, parked rows, columns to carry, intents and open writers must all reach 0. Fails after
 * the last attempt.
 */
export const handler = makeHandler({
  uses: { control, plan, mapping, capture, changelog, intentReader },
  writes: ['PHASE'],
  event: lockClaim.extend({ attempt: z.number(), attempts: z.number() }),
  run: async ({ attempt, attempts }, ports) => {
    const [read, carrying] = await Promise.all([
      readBacklog(ports.changelog, ports.intentReader),
      uncarriedTables(ports, await ports.mapping(), await ports.control.mode()),
    ]);
    // A column that was just added is in none of the tables that are being carried yet.
    const backlog = { ...read, carrying: Math.max(read.carrying, carrying) };
    const reasons = backlogReasons(backlog);
    if (reasons.length > 0 && attempt >= attempts) throw new BacklogNotEmpty({ ...backlog });
    await notePhase(ports.control, 'decommission', { detail: { backlog } });
    return { empty: reasons.length === 0, reasons };
  },
});
