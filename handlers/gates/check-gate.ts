import { setTimeout as pause } from 'node:timers/promises';
import * as z from 'zod';
import { BacklogNotEmpty, GateRefused } from '../../src/domain/errors.ts';
import { holdLock } from '../../src/domain/lock/lock.ts';
import { uncarriedTables } from '../../src/domain/ddl/carry-columns.ts';
import { assertAllCarried } from '../../src/domain/progress/carried.ts';
import { assertSchema } from '../../src/domain/ddl/assert-schema.ts';
import { countSqlUses } from '../../src/domain/decommission/sql-uses.ts';
import { GATES } from '../../src/domain/gates/names.ts';
import { approvedGate } from '../../src/domain/gates/gate-store.ts';
import { MODES } from '../../src/domain/mode/modes.ts';
import { readBacklog, settleBacklog } from '../../src/domain/window/backlog.ts';
import { metricReader } from '../wiring/aws.ts';
import { control, mapping, plan } from '../wiring/control.ts';
import { lockClaim } from '../wiring/event.ts';
import { makeHandler } from '../wiring/make-handler.ts';
import { capture, changelog } from '../wiring/source.ts';
import { intentReader } from '../wiring/target.ts';

const schema = lockClaim.extend({ gate: z.enum(GATES), evidence: z.unknown(), mode: z.enum(MODES) });

/**
 * Repeats the checks after approval: this evidence was approved, mode and schema are unchanged, capture is
 * complete, `sql()` is unused before the deletion, and the backlog is empty.
 */
export const handler = makeHandler({
  uses: { control, plan, capture, mapping, changelog, intentReader, metricReader },
  writes: ['LOCK'],
  event: schema,
  run: async (event, ports) => {
    const { control, intentReader: intents } = ports;
    await holdLock(control, event);
    const approvals = await approvedGate(control, event.gate, event.run, event.evidence);
    const { mode, generation } = await control.mode();
    if (mode !== event.mode)
      throw new GateRefused({ gate: event.gate, reason: `the mode is ${mode}, not ${event.mode}` });
    const mapping = await ports.mapping();
    await assertSchema(ports, mapping, generation);
    assertAllCarried(await uncarriedTables(ports, mapping, { mode, generation }));
    if (event.gate === 'decommission') {
      const { uses, days } = await countSqlUses(ports.metricReader, ports.plan, event.now);
      if (uses !== 0)
        throw new GateRefused({
          gate: event.gate,
          reason:
            uses === null
              ? `usage of sql() is unknown: no client reported SqlUses in ${days} days`
              : `sql() was used ${uses} times in ${days} days`,
        });
    }
    const changelog = ports.changelog;
    const reasons = await settleBacklog(changelog, intents, () => pause(500), 40);
    if (reasons.length > 0) throw new BacklogNotEmpty(await readBacklog(changelog, intents));
    return { gate: event.gate, approvals };
  },
});
