import * as z from 'zod';
import { beganEmpty } from '../../src/domain/load/install.ts';
import { assertSchema } from '../../src/domain/ddl/assert-schema.ts';
import { summarizeLoad } from '../../src/domain/load/run-load.ts';
import { mapConcurrently } from '../../src/domain/concurrency.ts';
import { tombstoneStaleItems } from '../../src/domain/protocol/tombstone-stale-items.ts';
import { control, mapping, plan } from '../wiring/control.ts';
import { makeHandler } from '../wiring/make-handler.ts';
import { capture } from '../wiring/source.ts';
import { tableTombstones } from '../wiring/target.ts';

const event = z.object({ generation: z.number().int().positive(), now: z.string() });

const SEGMENTS = 32;
const AT_ONCE = 2;

/**
 * Refuses a load during which the source changed, replaces items of earlier generations with
 * tombstones, and returns the counts.
 */
export const handler = makeHandler({
  uses: { control, plan, capture, mapping, tableTombstones },
  event,
  run: async ({ generation, now }, ports) => {
    const { control, tableTombstones } = ports;
    await assertSchema(ports, await ports.mapping(), generation);
    const summary = await summarizeLoad(control, generation);
    if (await beganEmpty(control, generation)) return { ...summary, tombstones: 0 };
    const segments = Array.from({ length: SEGMENTS }, (_, segment) => segment);
    const reports = await mapConcurrently(AT_ONCE, segments, (segment) =>
      tombstoneStaleItems(tableTombstones, { generation, segment, segments: SEGMENTS, at: now }),
    );
    return { ...summary, tombstones: reports.reduce((sum, { tombstones }) => sum + tombstones, 0) };
  },
});
