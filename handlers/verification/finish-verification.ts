import { z } from 'zod';
import { planHash } from '../../src/domain/plan/plan-hash.ts';
import { finishRun } from '../../src/domain/verification/run/finish-run.ts';
import { now } from '../wiring/event.ts';
import { makeHandler } from '../wiring/make-handler.ts';

const event = z.object({ run: z.string().min(1), now });

/** Adds up a verification run and answers its summary. */
export const handler = makeHandler(event, async (request, ports) =>
  finishRun(
    {
      control: ports.control,
      documents: ports.documents,
      metrics: ports.metrics,
      ...(await ports.verified()),
      planHash: planHash(ports.plan),
    },
    request,
  ),
);
