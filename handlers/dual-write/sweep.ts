import * as z from 'zod';
import { longestOpenSeconds } from '../../src/domain/gates/gate-store.ts';
import { repairMissed } from '../../src/domain/protocol/repair-missed.ts';
import { sweep } from '../../src/domain/protocol/sweep.ts';
import { BACKLOG, type BacklogRecord, backlogSize, oldestSince, readBacklog } from '../../src/domain/window/backlog.ts';
import { metrics } from '../wiring/aws.ts';
import { control, mapping, plan } from '../wiring/control.ts';
import { makeHandler } from '../wiring/make-handler.ts';
import { changelog, missedChanges, rows } from '../wiring/source.ts';
import { bodies, intents, tableRepair } from '../wiring/target.ts';

const event = z.object({ now: z.string().optional() });

/**
 * Settles dual writes that left their intent behind, prunes the changelog, and reports the backlog.
 */
export const handler = makeHandler({
  uses: { control, plan, mapping, rows, changelog, missedChanges, tableRepair, intents, bodies, metrics },
  writes: ['BACKLOG'],
  event,
  run: async ({ now }, ports) => {
    // `_at` of an intent is its writer's wall-clock time, so its age is measured against the wall
    // clock.
    const at = now ?? new Date().toISOString();
    ports.metrics.count('GateWaitingSeconds', await longestOpenSeconds(ports.control, at));
    const { mode, generation } = await ports.control.mode();
    if (mode === 'off' || mode === 'complete') return { intents: 0, committed: 0, repaired: 0, waiting: 0, old: 0 };
    const [mapping, rows] = await Promise.all([ports.mapping(), ports.rows()]);
    const { changelog, tableRepair: table, intents, bodies, metrics } = ports;
    const report = await sweep(
      { table, intents, rows, changelog, bodies, control: ports.control },
      { mapping, generation, at, oldAfterMs: ports.plan.writes.deadlineSeconds * 4000 },
    );
    // In `capture` the load that follows covers what was missed until then.
    const missed =
      mode === 'capture'
        ? { repaired: 0, failures: [] }
        : await repairMissed(
            { table, intents, rows, changelog, bodies, control: ports.control, missed: ports.missedChanges },
            { mapping, generation, at },
          );
    const [backlog, open] = await Promise.all([readBacklog(changelog, intents), intents.list()]);
    const ages = open.map((intent) => (Date.parse(at) - Date.parse(intent.at)) / 1000);
    metrics.count('Backlog', backlogSize(backlog));
    metrics.count('Parked', backlog.parked);
    metrics.count('Missed', backlog.missed + missed.repaired);
    metrics.count('OldestIntentSeconds', Math.max(0, ...ages));
    const previous = await ports.control.read<BacklogRecord>(BACKLOG, 'last');
    const since = oldestSince(previous?.value ?? null, backlog, at);
    metrics.count('BacklogAgeSeconds', since === null ? 0 : (Date.parse(at) - Date.parse(since)) / 1000);
    const record: BacklogRecord = { at, ...backlog, oldestSince: since, failures: missed.failures };
    await ports.control.write(BACKLOG, 'last', record, 'any');
    return { ...report, missed, backlog };
  },
});
