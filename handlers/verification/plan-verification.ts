import * as z from 'zod';
import { adoptPartitions } from '../../src/domain/ddl/adopt.ts';
import { BacklogNotEmpty } from '../../src/domain/errors.ts';
import { planHash } from '../../src/domain/plan/plan-hash.ts';
import { planRun } from '../../src/domain/verification/run/plan-run.ts';
import { verificationKind } from '../../src/domain/verification/report/schema.ts';
import { scope } from '../../src/domain/verification/report/scope.ts';
import { budgetOf } from '../wiring/budgets.ts';
import { control, plan, time } from '../wiring/control.ts';
import { now } from '../wiring/event.ts';
import { makeHandler } from '../wiring/make-handler.ts';
import { capture, verifiedSource } from '../wiring/source.ts';
import { bodyList, documents } from '../wiring/target.ts';

const event = z.object({
  run: z.string().min(1),
  kind: verificationKind,
  now,
  entity: scope.shape.entity,
  sample: scope.shape.sample,
  repair: z.boolean(),
  showValues: z.boolean(),
});

/** Time for the rows of new partitions. Rows are counted until the budget is over, and the stored bodies listed in the rest of the function's time. */
const ADOPTION_MS = 60_000;

/**
 * Divides a verification run into parts, or returns the summary of a finished run. `planned` is false where time ran short before all
 * rows were counted.
 */
export const handler = makeHandler({
  uses: { control, plan, documents, bodyList, verifiedSource, capture, time },
  writes: ['VERIFYING'],
  removes: ['VERIFYING'],
  event,
  run: async ({ entity, sample, ...request }, ports) => {
    const source = await ports.verifiedSource();
    const pause = budgetOf('plan-verification', ports.time);
    const until = ports.time.monotonic() + ADOPTION_MS;
    await adoptPartitions(ports, source.mapping, () => ports.time.monotonic() > until);
    const backlog = await source.changelog.backlog();
    // Rows that are not in the changelog yet would be taken for missing.
    if (backlog.adopting > 0) throw new BacklogNotEmpty({ ...backlog, intents: 0 });
    return planRun(
      {
        plan: ports.plan,
        control: ports.control,
        documents: ports.documents,
        bodies: ports.bodyList,
        ...source,
        planHash: planHash(ports.plan),
        catalogue: () => ports.capture.catalogue(),
        pause,
      },
      { ...request, scope: { entity, sample } },
    );
  },
});
