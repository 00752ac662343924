import * as z from 'zod';
import { planLoad } from '../../src/domain/load/run-load.ts';
import { control, mapping } from '../wiring/control.ts';
import { makeHandler } from '../wiring/make-handler.ts';
import { rows } from '../wiring/source.ts';

/** Divides all entities into key ranges to load, once per generation. */
export const handler = makeHandler({
  uses: { control, mapping, rows },
  writes: ['LOAD-PLAN'],
  event: z.object({}),
  run: async (_event, ports) => {
    const { generation, segments, rows } = await planLoad({
      control: ports.control,
      mapping: await ports.mapping(),
      rows: await ports.rows(),
    });
    return { generation, segments: segments.map((_, segment) => segment), rows };
  },
});
