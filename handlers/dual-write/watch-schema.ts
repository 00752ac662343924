import * as z from 'zod';
import { watchSchema, type WatchReport } from '../../src/domain/ddl/watch-schema.ts';
import { metrics, rollback } from '../wiring/aws.ts';
import { control, mapping, plan, time } from '../wiring/control.ts';
import { makeHandler } from '../wiring/make-handler.ts';
import { capture } from '../wiring/source.ts';

const event = z.object({
  seconds: z.number().nonnegative().max(600).default(50),
});

const EVERY_MS = 5_000;
const NOTHING: WatchReport = { changes: [], adopted: [], rows: 0, halted: false };

/** Looks at the source's schema every few seconds until time is up: adopts new partitions, carries new columns, halts on changes that the plan does not allow. */
export const handler = makeHandler({
  uses: { plan, control, mapping, capture, rollback, metrics, time },
  writes: ['SCHEMA', 'FACTS', 'MODE'],
  event,
  run: async ({ seconds }, ports) => {
    const ends = ports.time.monotonic() + seconds * 1000;
    for (;;) {
      const state = await ports.control.mode();
      const report =
        state.mode === 'off' || state.mode === 'complete'
          ? NOTHING
          : await watchSchema(ports, {
              mapping: await ports.mapping(),
              state,
              pause: () => ports.time.monotonic() > ends,
            });
      ports.metrics.count('SchemaHalts', report.changes.filter(({ action }) => action === 'halt').length);
      if (ports.time.monotonic() + EVERY_MS > ends) return report;
      await ports.time.sleep(EVERY_MS);
    }
  },
});
