import { z } from 'zod';
import { runRange } from '../../src/domain/verification/run/run-part.ts';
import { now } from '../wiring/event.ts';
import { makeHandler } from '../wiring/make-handler.ts';
import { verificationPorts } from '../wiring/compose-verification.ts';

const event = z.object({ run: z.string().min(1), range: z.number().int().nonnegative(), now });

/** Looks for the rows of one key range that the scan did not meet. */
export const handler = makeHandler(event, async (part, ports) => runRange(await verificationPorts(ports), part));
