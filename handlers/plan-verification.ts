import { z } from 'zod';
import { planRun } from '../src/domain/verification/plan-run.ts';
import { verificationKind } from '../src/domain/verification/record.ts';
import { makeHandler } from './make-handler.ts';

const event = z.object({ run: z.string().min(1), kind: verificationKind, now: z.string() });

/** Fixes the parts of a verification run, or answers the summary of a concluded one. */
export const handler = makeHandler(event, async (request, ports) =>
  planRun(
    {
      control: ports.control,
      documents: ports.documents,
      bodies: ports.bodies,
      mapping: await ports.mapping(),
      rows: await ports.rows(),
      catalogue: () => ports.capture.catalogue(),
    },
    request,
  ),
);
