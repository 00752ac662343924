import type { Catalogue } from '../../catalogue/catalogue.ts';
import { assertPassable } from '../../ddl/policy.ts';
import { schemaChanges } from '../../ddl/schema-changes.ts';
import { PlanChanged, PlanError, RepairRefused } from '../../errors.ts';
import type { Plan } from '../../plan/plan.ts';
import type { EntityMapping, Mapping } from '../../mapping/mapping.ts';
import type { Bodies, Documents } from '../../ports/bodies.ts';
import type { ControlTable } from '../../ports/control.ts';
import { cutAtMarks } from '../../key-ranges/cut-ranges.ts';
import { isWalked, type RowWalks, walkRows } from '../../key-ranges/walk-rows.ts';
import type { MissedChanges, RowStrides } from '../../ports/source.ts';
import type { ReadSourceState } from '../../ports/source-state.ts';
import { listBodies } from '../bodies/body-inventory.ts';
import { assertCaptured, assertUnchanged } from './source-guard.ts';
import { machineOutput } from '../report/machine-output.ts';
import { beginProgress } from '../report/progress.ts';
import { assertRepairable } from './repairable.ts';
import {
  documentKey,
  rowWalks,
  VERIFICATION,
  type VerificationKind,
  type VerificationPlan,
  verificationPlan,
  type VerificationSummary,
} from '../report/schema.ts';
import { covers, isFull, type Scope, segmentsOf } from '../report/scope.ts';

export interface PlanRunPorts {
  readonly plan: Pick<Plan, 'ddl'>;
  readonly control: ControlTable;
  readonly documents: Documents;
  readonly bodies: Pick<Bodies, 'list'>;
  readonly mapping: Mapping;
  readonly rows: RowStrides;
  readonly sourceState: ReadSourceState;
  readonly missed: Pick<MissedChanges, 'list'>;
  /** Hash of the plan's content, as it is deployed now. */
  readonly planHash: string;
  catalogue(): Promise<Catalogue>;
  /** Called while rows are counted; true ends the call, and the next one continues. */
  readonly pause: () => boolean;
}

export interface RunRequest {
  readonly run: string;
  readonly kind: VerificationKind;
  readonly now: string;
  readonly scope: Scope;
  readonly repair: boolean;
  readonly showValues: boolean;
}

export type RunParts =
  | {
      readonly concluded: true;
      readonly planned: true;
      readonly summary: VerificationSummary;
      readonly segments: [];
      readonly ranges: [];
    }
  | {
      readonly concluded: false;
      /** False while rows are still being counted: the caller calls again. */
      readonly planned: boolean;
      readonly segments: readonly number[];
      readonly ranges: readonly number[];
    };

// A part must end well within a function's time limit, take little memory, and be small enough to start over (RACE-36).
const ITEMS_PER_SEGMENT = 12_500;
/** MaxConcurrency of the verify state machine. A multiple of it keeps every worker busy until the end. */
const CONCURRENT_SEGMENTS = 4;
const ROWS_PER_RANGE = 50_000;
const MAX_SEGMENTS = 10_000;
/** Missed changes that one run settles. */
const MAX_MISSED = 1_000;

/**
 * First step of a verification: fixes the parts of a run, in as many calls as it takes to count the rows. May be repeated: a finished run
 * returns its summary, a planned run its parts.
 *
 * @throws SchemaChanged, SourceChanged, PlanChanged where source or plan differ from those that the items were made from (RACE-37)
 * @throws PlanError where the scope names an unknown entity, or a gate asks for less than a full run
 * @throws RepairRefused where repairs are not allowed for this kind of run or in this mode
 */
export async function planRun(ports: PlanRunPorts, request: RunRequest): Promise<RunParts> {
  const concluded = await ports.control.read<VerificationSummary>(VERIFICATION, request.run);
  if (concluded !== null)
    return { concluded: true, planned: true, summary: machineOutput(concluded.value), segments: [], ranges: [] };
  const planned = await readPlan(ports.documents, request.run);
  if (planned !== null) assertUnchanged(planned, await ports.sourceState(), ports.planHash);
  const plan = planned ?? (await makePlan(ports, request));
  if (plan === null) return { concluded: false, planned: false, segments: [], ranges: [] };
  return { concluded: false, planned: true, segments: plan.chosen, ranges: plan.ranges.map((_, at) => at) };
}

/** The plan of a run; null where time ran short before all rows were counted. */
async function makePlan(ports: PlanRunPorts, request: RunRequest): Promise<VerificationPlan | null> {
  const { control, documents, mapping, planHash } = ports;
  const { run, scope } = request;
  assertScope(mapping, request);
  const { generation, mode } = await control.mode();
  if (request.repair) assertRepairable(mode);
  const [facts, catalogue, source] = await Promise.all([
    control.facts(generation),
    ports.catalogue(),
    ports.sourceState(),
  ]);
  if (facts !== null) assertPassable(ports.plan, schemaChanges(mapping, facts.catalogue, catalogue));
  if (facts?.planHash !== undefined && facts.planHash !== planHash)
    throw new PlanChanged({ expected: facts.planHash, found: planHash });
  const mapped = Object.values(mapping.entities);
  const leaves = mapped.flatMap(({ table }) => catalogue.tables[table]?.leaves ?? []);
  assertCaptured(source, leaves);
  // Rows of all entities are counted, because the scan reads the items of all, whatever the scope.
  const walks = await countRows(ports, run);
  if (walks === null) return null;
  const counted = mapped.map((entity) => ({ entity, rows: walks[entity.name]?.rows ?? 0 }));
  const withBodies = mapped.some(({ name, large }) => covers(scope, name) && Object.keys(large).length > 0);
  const bodyLists = withBodies
    ? await listBodies(ports.bodies, (at, list) => documents.write(documentKey.bodies(run, at), list))
    : 0;
  const covered = counted.filter(({ entity }) => covers(scope, entity.name));
  const sum = (of: typeof counted, weight: (entity: EntityMapping) => number): number =>
    of.reduce((total, { entity, rows }) => total + rows * weight(entity), 0);
  const ranges = covered.flatMap(({ entity: { name: entity } }) => {
    const walk = walks[entity];
    return walk === undefined ? [] : cutAtMarks(walk).map((range) => ({ entity, range }));
  });
  const items = sum(counted, ({ unique }) => 1 + unique.length);
  const needed = Math.max(1, Math.ceil(items / ITEMS_PER_SEGMENT));
  const segmentCount =
    needed === 1 ? 1 : Math.min(MAX_SEGMENTS, Math.ceil(needed / CONCURRENT_SEGMENTS) * CONCURRENT_SEGMENTS);
  const segments = segmentsOf(run, scope, segmentCount);
  const plan: VerificationPlan = {
    run,
    kind: request.kind,
    startedAt: request.now,
    generation,
    fingerprint: catalogue.fingerprint,
    scope,
    repair: request.repair,
    showValues: request.showValues,
    segments: segments.total,
    chosen: segments.chosen,
    ranges,
    bodyLists,
    previous: await lastFullRun(control),
    source,
    planHash,
    missed: (await ports.missed.list(MAX_MISSED, 0)).map(({ id }) => id),
  };
  // A sample scans a part of the items, but reads the keys of all rows to find those that it takes.
  const toCheck = Math.ceil(items / (scope.sample ?? 1)) + sum(covered, () => 1);
  await beginProgress(control, { run, total: toCheck, startedAt: request.now });
  await documents.write(documentKey.plan(run), JSON.stringify(plan));
  return plan;
}

/** Counts the rows of all entities and marks the bounds of the ranges; null where time ran short, and the next call goes on from there. */
async function countRows({ documents, mapping, rows, pause }: PlanRunPorts, run: string): Promise<RowWalks | null> {
  const key = documentKey.walks(run);
  const saved = await documents.read(key);
  const from = saved === null ? {} : rowWalks.parse(JSON.parse(Buffer.from(saved).toString()));
  const names = Object.keys(mapping.entities);
  const walks = await walkRows(rows, names, from, { every: ROWS_PER_RANGE, maxMarks: Number.POSITIVE_INFINITY, pause });
  const walked = isWalked(walks, names);
  if (!walked || saved !== null) await documents.write(key, JSON.stringify(walks));
  return walked ? walks : null;
}

function assertScope(mapping: Mapping, { kind, scope, repair }: RunRequest): void {
  if (scope.entity !== null && mapping.entities[scope.entity] === undefined)
    throw new PlanError({
      file: 'plan.json',
      path: 'entities',
      message: `there is no entity ${scope.entity}`,
      remedy: `Entities are ${Object.keys(mapping.entities).join(', ')}`,
    });
  // Evidence must come from a full run.
  if (kind !== 'on-demand' && !isFull(scope))
    throw new PlanError({
      file: 'plan.json',
      path: '',
      message: `a ${kind} verification must cover everything`,
      remedy: 'Verify a sample or a single entity on demand',
    });
  if (kind !== 'on-demand' && repair) throw new RepairRefused({ reason: `a ${kind} verification never repairs` });
}

/** The last full run, by its record. */
async function lastFullRun(control: ControlTable): Promise<VerificationPlan['previous']> {
  const records = await control.list<VerificationSummary>(VERIFICATION);
  const fullRuns = records.map(({ value }) => value).filter((summary) => isFull(summary.scope));
  const last = fullRuns.toSorted((left, right) => (left.finishedAt < right.finishedAt ? -1 : 1)).at(-1);
  return last === undefined ? null : { run: last.run, segments: [...last.segments] };
}

/** The plan of a run; null when it was not planned. */
export async function readPlan(documents: Documents, run: string): Promise<VerificationPlan | null> {
  const document = await documents.read(documentKey.plan(run));
  return document === null ? null : verificationPlan.parse(JSON.parse(Buffer.from(document).toString()));
}
