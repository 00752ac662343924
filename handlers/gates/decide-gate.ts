import * as z from 'zod';
import { GATES } from '../../src/domain/gates/names.ts';
import { decideGate } from '../../src/domain/gates/gate-store.ts';
import { gateTasks } from '../wiring/aws.ts';
import { control } from '../wiring/control.ts';
import { now, run } from '../wiring/event.ts';
import { makeHandler } from '../wiring/make-handler.ts';

const schema = z.object({
  gate: z.enum(GATES).optional(),
  run: run.optional(),
  decision: z.enum(['approve', 'reject']),
  by: z.string().min(1),
  reason: z.string().optional(),
  evidenceHash: z.string().min(1).optional(),
  now,
});

/** Records a person's decision, once, on the evidence that it names (RACE-52), or that the only open gate shows. */
export const handler = makeHandler({
  uses: { control, gateTasks },
  writes: ['GATE'],
  event: schema,
  run: (event, { control, gateTasks }) => decideGate(control, gateTasks, event),
});
