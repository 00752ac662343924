import { z } from 'zod';
import { runSegment } from '../src/domain/verification/run-part.ts';
import { now } from './event.ts';
import { makeHandler } from './make-handler.ts';
import { verificationPorts } from './compose-verification.ts';

const event = z.object({ run: z.string().min(1), segment: z.number().int().nonnegative(), now });

/** Compares the items of one scan segment with their rows. */
export const handler = makeHandler(event, async (part, ports) => runSegment(await verificationPorts(ports), part));
