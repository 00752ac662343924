import { beforeEach } from '@jest/globals';
import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import { createBodyMd5 } from '../../../src/adapters/postgres/rows/body-md5.ts';
import { createMissedChanges } from '../../../src/adapters/postgres/capture/missed-changes.ts';
import { createRowDigests } from '../../../src/adapters/postgres/rows/row-digests.ts';
import { createSourceState } from '../../../src/adapters/postgres/rows/source-state.ts';
import { monotonicClock } from '../../../src/adapters/clock/monotonic-clock.ts';
import { toSdk } from '../../../src/adapters/dynamodb/attribute-values.ts';
import type { Item } from '../../../src/domain/item.ts';
import { planHash } from '../../../src/domain/plan/plan-hash.ts';
import { finishRun } from '../../../src/domain/verification/run/finish-run.ts';
import { recheckLimits } from '../../../src/domain/verification/recheck/limits.ts';
import { planRun, type RunRequest } from '../../../src/domain/verification/run/plan-run.ts';
import { repairRun } from '../../../src/domain/verification/run/repair-run.ts';
import {
  detailsDocument,
  documentKey,
  type VerificationSummary,
} from '../../../src/domain/verification/report/schema.ts';
import { type PartPorts, runRange, runSegment } from '../../../src/domain/verification/run/run-part.ts';
import { FULL } from '../../../src/domain/verification/report/scope.ts';
import { user } from '../../client/rows.ts';
import { useFixture, type Fixture } from '../../client/fixture.ts';

/** A verification as the state machine runs it, in this process, on the fixture's engines; any port may be replaced. */
export interface Verifier {
  readonly ports: PartPorts;
  plan(run: string, request?: Partial<RunRequest>): ReturnType<typeof planRun>;
  conclude(run: string): Promise<VerificationSummary>;
  verify(run: string, request?: Partial<RunRequest>): Promise<VerificationSummary>;
  repair(run: string, hook?: (step: string) => Promise<void> | void): ReturnType<typeof repairRun>;
  /** Names of what a run found: entity, identity, damage. */
  findings(run: string): Promise<readonly string[]>;
}

const now = (): string => new Date().toISOString();

/**
 * Starts the engines in mode dual, with a verifier for which nothing is in flight for longer than a moment, but for what a test puts there.
 * Each test begins with empty stores and a run of its own.
 */
export function useVerifier(
  assign: (started: { fixture: Fixture; verifier: Verifier; run: string }) => void,
  options: { readonly bucketKey?: string } = {},
): void {
  let started: { readonly fixture: Fixture; readonly verifier: Verifier } | undefined;
  let runs = 0;
  useFixture(
    (fixture) => {
      const limits = { ...recheckLimits(fixture.plan), stableMs: 700, stabilityTimeoutMs: 10_000 };
      started = { fixture, verifier: createVerifier(fixture, { limits }) };
    },
    { ...options, mode: 'dual' },
  );
  beforeEach(() => {
    if (started !== undefined) assign({ ...started, run: `run-${(runs += 1)}` });
  });
}

export function createVerifier(fixture: Fixture, replaced: Partial<PartPorts> = {}): Verifier {
  const { plan, mapping, table, intents, bodies, documents, rows, changelog, control } = fixture;
  const limits = { ...recheckLimits(plan), stabilityTimeoutMs: 30_000 };
  const ports: PartPorts = {
    mapping,
    table,
    rows,
    changelog,
    intents,
    bodies,
    documents,
    control,
    rowDigests: createRowDigests(fixture.sql, mapping),
    bodyMd5: createBodyMd5(fixture.sql, mapping),
    sourceState: createSourceState(fixture.sql, mapping),
    time: monotonicClock,
    limits,
    planHash: planHash(plan),
    sourceP99Ms: plan.verification.sourceP99Ms,
    ...replaced,
  };
  const missed = createMissedChanges(fixture.sql);
  const verifier: Verifier = {
    ports,
    plan: (run, request = {}) =>
      planRun(
        { ...ports, bodies, plan, control, missed, catalogue: () => rows.catalogue(), pause: () => false },
        { run, kind: 'on-demand', now: now(), scope: FULL, repair: false, showValues: false, ...request },
      ),
    conclude: (run) => finishRun({ ...ports, control, missed, metrics: fixture.observed }, { run, now: now() }),
    verify: async (run, request = {}) => {
      const { segments, ranges } = await verifier.plan(run, request);
      for (const segment of segments) await runSegment(ports, { run, segment, now: now() });
      for (const range of ranges) await runRange(ports, { run, range, now: now() });
      return verifier.conclude(run);
    },
    repair: (run, hook) => {
      const { indexKeys } = ports.limits;
      return repairRun(
        { ...ports, table, bodies, control, indexKeys, pause: () => false, ...(hook ? { hook } : {}) },
        { run, from: 0 },
      );
    },
    findings: async (run) => {
      const document = await documents.read(documentKey.details(run));
      const { mismatches } = detailsDocument.parse(JSON.parse(Buffer.from(document ?? '').toString()));
      return mismatches.map(({ entity, identity, damage }) => `${entity} ${identity?.join(',')} ${damage}`).toSorted();
    },
  };
  return verifier;
}

/** Users, loaded: their ids in order. */
export async function loadUsers(fixture: Fixture, count: number): Promise<readonly string[]> {
  const ids = Array.from({ length: count }, (_, n) => `00000000-0000-4000-8000-${String(n + 1).padStart(12, '0')}`);
  for (const id of ids) {
    const { email } = user();
    await fixture.psql.query(
      `INSERT INTO users (id, email, display_name, tags, settings) VALUES ($1, $2, 'Mara', '{}', '{}')`,
      [id, email],
    );
  }
  await fixture.relay();
  return ids;
}

export async function userItem(fixture: Fixture, id: string): Promise<Item> {
  const key = { PK: `USER#${id}`, SK: `USER#${id}` };
  const [item] = await fixture.table.get([key], { consistent: true });
  return item ?? {};
}

export async function putItem({ dynamo, plan }: Fixture, item: Item): Promise<void> {
  await dynamo.send(new PutItemCommand({ TableName: plan.table.name, Item: toSdk(item) }));
}

export async function damageUser(fixture: Fixture, id: string): Promise<void> {
  await putItem(fixture, { ...(await userItem(fixture, id)), display_name: { S: 'damaged' } });
}
