import { z } from 'zod';
import { contentHash } from '../src/domain/plan/content.ts';
import { concludeRun } from '../src/domain/verification/conclude-run.ts';
import { now } from './event.ts';
import { makeHandler } from './make-handler.ts';

const event = z.object({ run: z.string().min(1), now });

/** Adds up a verification run and answers its summary. */
export const handler = makeHandler(event, async (request, ports) =>
  concludeRun(
    {
      control: ports.control,
      documents: ports.documents,
      metrics: ports.metrics,
      ...(await ports.verified()),
      planHash: contentHash(ports.plan),
    },
    request,
  ),
);
