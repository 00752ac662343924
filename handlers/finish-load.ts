import { z } from 'zod';
import { beganEmpty } from '../src/domain/load/install.ts';
import { summarizeLoad } from '../src/domain/load/run.ts';
import { concurrently } from '../src/domain/protocol/concurrently.ts';
import { tombstoneBelowBase } from '../src/domain/protocol/below-base.ts';
import { makeHandler } from './make-handler.ts';

const event = z.object({ generation: z.number().int().positive(), now: z.string() });

const SEGMENTS = 32;
const AT_ONCE = 2;

/** Buries what an earlier generation left behind, and answers the counts of the load. */
export const handler = makeHandler(event, async ({ generation, now }, { control, table }) => {
  const summary = await summarizeLoad(control, generation);
  if (await beganEmpty(control, generation)) return { ...summary, tombstones: 0 };
  const segments = Array.from({ length: SEGMENTS }, (_, segment) => segment);
  const buried = await concurrently(AT_ONCE, segments, (segment) =>
    tombstoneBelowBase(table, { generation, segment, segments: SEGMENTS, at: now }),
  );
  return { ...summary, tombstones: buried.reduce((sum, { tombstones }) => sum + tombstones, 0) };
});
