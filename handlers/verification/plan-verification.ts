import { z } from 'zod';
import { planHash } from '../../src/domain/plan/plan-hash.ts';
import { planRun } from '../../src/domain/verification/run/plan-run.ts';
import { verificationKind } from '../../src/domain/verification/report/schema.ts';
import { scope } from '../../src/domain/verification/report/scope.ts';
import { now } from '../wiring/event.ts';
import { makeHandler } from '../wiring/make-handler.ts';

const event = z.object({
  run: z.string().min(1),
  kind: verificationKind,
  now,
  entity: scope.shape.entity,
  sample: scope.shape.sample,
  repair: z.boolean(),
  showValues: z.boolean(),
});

/** Divides a verification run into parts, or returns the summary of a finished run. */
export const handler = makeHandler({
  uses: ['control', 'plan', 'documents', 'bodies', 'verifiedSource', 'capture'],
  event,
  run: async ({ entity, sample, ...request }, ports) => {
    const source = await ports.verifiedSource();
    if (ports.plan.ddl.partitionAdded === 'follow') await ports.capture.follow(source.mapping, () => false);
    return planRun(
      {
        plan: ports.plan,
        control: ports.control,
        documents: ports.documents,
        bodies: ports.bodies,
        ...source,
        planHash: planHash(ports.plan),
        catalogue: () => ports.capture.catalogue(),
      },
      { ...request, scope: { entity, sample } },
    );
  },
});
