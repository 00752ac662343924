import type { Catalogue } from '../catalogue.ts';
import { SchemaChanged } from '../errors.ts';
import type { Mapping } from '../mapping/mapping.ts';
import type { Bodies, Documents } from '../ports/bodies.ts';
import type { ControlTable } from '../ports/control.ts';
import type { RowSource } from '../ports/source.ts';
import { listBodies } from './bodies.ts';
import {
  documentKey,
  VERIFICATION,
  type VerificationKind,
  type VerificationPlan,
  verificationPlan,
  type VerificationSummary,
} from './record.ts';

export interface PlanRunPorts {
  readonly control: ControlTable;
  readonly documents: Documents;
  readonly bodies: Bodies;
  readonly mapping: Mapping;
  readonly rows: RowSource;
  catalogue(): Promise<Catalogue>;
}

export interface RunRequest {
  readonly run: string;
  readonly kind: VerificationKind;
  readonly now: string;
}

export type RunParts =
  | { readonly concluded: true; readonly summary: VerificationSummary; readonly segments: []; readonly ranges: [] }
  | { readonly concluded: false; readonly segments: readonly number[]; readonly ranges: readonly number[] };

// A part must end well within a function's time limit, and be small enough to start over (RACE 36).
const ITEMS_PER_SEGMENT = 20_000;
const ROWS_PER_RANGE = 100_000;
const MOST_SEGMENTS = 1000;

/**
 * Fixes the parts of a run. A run that is concluded answers its summary, one that was planned its plan: whoever asks again
 * continues the same run. Refuses a source whose schema is not the one that the mapping was compiled for (RACE 37).
 */
export async function planRun(ports: PlanRunPorts, request: RunRequest): Promise<RunParts> {
  const concluded = await ports.control.read<VerificationSummary>(VERIFICATION, request.run);
  if (concluded !== null) return { concluded: true, summary: concluded.value, segments: [], ranges: [] };
  const plan = (await readPlan(ports.documents, request.run)) ?? (await makePlan(ports, request));
  return { concluded: false, segments: upTo(plan.segments), ranges: upTo(plan.ranges.length) };
}

async function makePlan(ports: PlanRunPorts, request: RunRequest): Promise<VerificationPlan> {
  const { generation } = await ports.control.mode();
  const [facts, catalogue] = await Promise.all([ports.control.facts(generation), ports.catalogue()]);
  if (facts !== null && facts.catalogue.fingerprint !== catalogue.fingerprint)
    throw new SchemaChanged({ expected: facts.catalogue.fingerprint, found: catalogue.fingerprint });
  const entities = Object.values(ports.mapping.entities);
  const large = entities.some((entity) => Object.keys(entity.large).length > 0);
  const listed = large ? listBodies(ports.bodies) : Promise.resolve(new Uint8Array());
  const counts = await Promise.all(entities.map((entity) => ports.rows.count(entity.name)));
  const ranges = await Promise.all(
    entities.map(async ({ name: entity }, at) => {
      const parts = Math.max(1, Math.ceil((counts[at] ?? 0) / ROWS_PER_RANGE));
      const cut = parts === 1 ? [{ after: null, upTo: null }] : await ports.rows.ranges(entity, parts);
      return cut.map((range) => ({ entity, range }));
    }),
  );
  const total = counts.reduce((sum, count) => sum + count, 0);
  const plan: VerificationPlan = {
    run: request.run,
    kind: request.kind,
    startedAt: request.now,
    generation,
    fingerprint: catalogue.fingerprint,
    segments: Math.min(MOST_SEGMENTS, Math.max(1, Math.ceil(total / ITEMS_PER_SEGMENT))),
    ranges: ranges.flat(),
  };
  await ports.documents.write(documentKey.bodies(request.run), await listed);
  await ports.documents.write(documentKey.plan(request.run), JSON.stringify(plan));
  return plan;
}

/** The plan of a run, or null when it has none yet. */
export async function readPlan(documents: Documents, run: string): Promise<VerificationPlan | null> {
  const document = await documents.read(documentKey.plan(run));
  return document === null ? null : verificationPlan.parse(JSON.parse(Buffer.from(document).toString()));
}

function upTo(count: number): readonly number[] {
  return Array.from({ length: count }, (_, at) => at);
}
