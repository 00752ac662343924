import { createBodyMd5 } from '../../../src/adapters/postgres/body-md5.ts';
import { createRowDigests } from '../../../src/adapters/postgres/row-digests.ts';
import { createSourceState } from '../../../src/adapters/postgres/source-state.ts';
import { patience } from '../../../src/adapters/clock/patience.ts';
import { contentHash } from '../../../src/domain/plan/content.ts';
import { concludeRun } from '../../../src/domain/verification/conclude-run.ts';
import { settlingLimits } from '../../../src/domain/verification/limits.ts';
import { planRun, type RunRequest } from '../../../src/domain/verification/plan-run.ts';
import { detailsDocument, documentKey, type VerificationSummary } from '../../../src/domain/verification/record.ts';
import { type PartPorts, runRange, runSegment } from '../../../src/domain/verification/run-part.ts';
import { WHOLE } from '../../../src/domain/verification/scope.ts';
import type { World } from '../../client/world.ts';

/** A verification as the state machine runs it, in this process, on the world's engines; any port may be replaced. */
export interface Verifier {
  readonly ports: PartPorts;
  plan(run: string, request?: Partial<RunRequest>): ReturnType<typeof planRun>;
  conclude(run: string): Promise<VerificationSummary>;
  verify(run: string, request?: Partial<RunRequest>): Promise<VerificationSummary>;
  /** Names of what a run found: entity, identity, damage. */
  findings(run: string): Promise<readonly string[]>;
}

const now = (): string => new Date().toISOString();

export function createVerifier(world: World, replaced: Partial<PartPorts> = {}): Verifier {
  const { plan, mapping, table, intents, bodies, documents, rows, changelog, control } = world;
  const limits = { ...settlingLimits(plan), patienceMs: 30_000 };
  const ports: PartPorts = {
    mapping,
    table,
    rows,
    changelog,
    intents,
    bodies,
    documents,
    control,
    rowDigests: createRowDigests(world.sql, mapping),
    bodyMd5: createBodyMd5(world.sql, mapping),
    sourceState: createSourceState(world.sql, mapping),
    time: patience,
    limits,
    planHash: contentHash(plan),
    sourceP99Ms: plan.verification.sourceP99Ms,
    ...replaced,
  };
  const verifier: Verifier = {
    ports,
    plan: (run, request = {}) =>
      planRun(
        { ...ports, control, catalogue: () => rows.catalogue() },
        { run, kind: 'on-demand', now: now(), scope: WHOLE, repair: false, showValues: false, ...request },
      ),
    conclude: (run) => concludeRun({ ...ports, control, metrics: world.observed }, { run, now: now() }),
    verify: async (run, request = {}) => {
      const { segments, ranges } = await verifier.plan(run, request);
      for (const segment of segments) await runSegment(ports, { run, segment, now: now() });
      for (const range of ranges) await runRange(ports, { run, range, now: now() });
      return verifier.conclude(run);
    },
    findings: async (run) => {
      const document = await documents.read(documentKey.details(run));
      const { mismatches } = detailsDocument.parse(JSON.parse(Buffer.from(document ?? '').toString()));
      return mismatches.map(({ entity, identity, damage }) => `${entity} ${identity?.join(',')} ${damage}`).toSorted();
    },
  };
  return verifier;
}
