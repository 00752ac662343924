import * as z from 'zod';
import { planHash } from '../../src/domain/plan/plan-hash.ts';
import { machineOutput } from '../../src/domain/verification/report/machine-output.ts';
import { finishRun } from '../../src/domain/verification/run/finish-run.ts';
import { metrics } from '../wiring/aws.ts';
import { control, plan } from '../wiring/control.ts';
import { now } from '../wiring/event.ts';
import { makeHandler } from '../wiring/make-handler.ts';
import { verifiedSource } from '../wiring/source.ts';
import { documents } from '../wiring/target.ts';

const event = z.object({ run: z.string().min(1), now });

/** Aggregates a verification run and returns its summary. */
export const handler = makeHandler({
  uses: { control, plan, verifiedSource, documents, metrics },
  writes: ['VERIFICATION'],
  removes: ['ACCEPTED', 'VERIFYING'],
  event,
  run: async (request, ports) =>
    machineOutput(
      await finishRun(
        {
          control: ports.control,
          documents: ports.documents,
          metrics: ports.metrics,
          ...(await ports.verifiedSource()),
          planHash: planHash(ports.plan),
        },
        request,
      ),
    ),
});
