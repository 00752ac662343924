import * as z from 'zod';
import { installGeneration } from '../../src/domain/load/install.ts';
import { control, plan, time } from '../wiring/control.ts';
import { makeHandler } from '../wiring/make-handler.ts';
import { capture } from '../wiring/source.ts';
import { tableScan } from '../wiring/target.ts';

const event = z.object({ run: z.string().min(1) });

/**
 * Starts a generation: installs capture, waits for older transactions to end, saves the facts,
 * moves the mode to `capture`.
 */
export const handler = makeHandler({
  uses: { plan, control, tableScan, time, capture },
  writes: ['CAPTURE', 'FACTS', 'MODE'],
  event,
  run: ({ run }, { plan, control, tableScan, time, capture }) =>
    installGeneration({ plan, control, table: tableScan, time, capture }, run),
});
