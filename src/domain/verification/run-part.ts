import { UNIQUE } from '../mapping/encode.ts';
import type { Documents } from '../ports/bodies.ts';
import { decodeBodies } from './bodies.ts';
import { findMissing } from './find-missing.ts';
import { readPlan } from './plan-run.ts';
import type { RecheckLimits, RecheckPorts } from './recheck.ts';
import { documentKey, type PartResult, type VerificationPlan } from './record.ts';
import { decodeSeen, type SeenLookup } from './seen.ts';
import { verifySegment } from './verify-segment.ts';

export interface PartPorts extends RecheckPorts {
  readonly documents: Documents;
}

/** What a part tells the state machine; everything else is in its document. */
export interface PartAnswer {
  readonly rows: number;
  readonly findings: number;
}

/** Verifies one scan segment of a run and writes what it found and met. Repeating it writes the same documents anew. */
export async function runSegment(
  ports: PartPorts,
  event: { readonly run: string; readonly segment: number },
  limits: RecheckLimits & { readonly alarmBytes: number },
): Promise<PartAnswer> {
  const { run, segment } = event;
  const [plan, bodies] = await Promise.all([
    planOf(ports.documents, run),
    ports.documents.read(documentKey.bodies(run)),
  ]);
  const stored = decodeBodies(bodies ?? new Uint8Array());
  const { result, seen } = await verifySegment(ports, { ...limits, segment, segments: plan.segments, stored });
  await Promise.all(
    [...Object.keys(ports.mapping.entities), UNIQUE].map((entity) =>
      ports.documents.write(documentKey.seen(run, segment, entity), seen.get(entity)?.encode() ?? new Uint8Array()),
    ),
  );
  await ports.documents.write(documentKey.segment(run, segment), JSON.stringify(result));
  return answerOf(result);
}

/** Looks for the rows of one key range that no segment met. */
export async function runRange(
  ports: PartPorts,
  event: { readonly run: string; readonly range: number },
  limits: RecheckLimits,
): Promise<PartAnswer> {
  const { run } = event;
  const plan = await planOf(ports.documents, run);
  const part = plan.ranges[event.range];
  if (part === undefined) throw new RangeError(`run ${run} has no range ${event.range}`);
  const claiming = (ports.mapping.entities[part.entity]?.unique.length ?? 0) > 0;
  const [seen, unique] = await Promise.all([
    seenBySegments(ports.documents, plan, part.entity),
    claiming ? seenBySegments(ports.documents, plan, UNIQUE) : decodeSeen([]),
  ]);
  const result = await findMissing(ports, { ...limits, entity: part.entity, range: part.range, seen, unique });
  await ports.documents.write(documentKey.range(run, event.range), JSON.stringify(result));
  return answerOf(result);
}

async function seenBySegments(documents: Documents, plan: VerificationPlan, entity: string): Promise<SeenLookup> {
  const keys = Array.from({ length: plan.segments }, (_, segment) => documentKey.seen(plan.run, segment, entity));
  const found = await Promise.all(keys.map((key) => documents.read(key)));
  return decodeSeen(
    found.map((document, segment) => {
      if (document === null) throw new RangeError(`run ${plan.run} has no seen set of segment ${segment}`);
      return document;
    }),
  );
}

async function planOf(documents: Documents, run: string): Promise<VerificationPlan> {
  const plan = await readPlan(documents, run);
  if (plan === null) throw new RangeError(`run ${run} was not planned`);
  return plan;
}

function answerOf(result: PartResult): PartAnswer {
  const tallies = Object.values(result.entities);
  return {
    rows: tallies.reduce((sum, { items, source }) => sum + items + source, 0),
    findings: result.mismatches.length + result.unverified.length + result.unlisted,
  };
}
