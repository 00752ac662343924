import { UNIQUE } from '../../mapping/items/encode.ts';
import { mapConcurrently } from '../../concurrency.ts';
import type { BodyMd5, Bodies, Documents } from '../../ports/bodies.ts';
import type { ControlTable } from '../../ports/control.ts';
import type { RowDigests } from '../../ports/row-digests.ts';
import type { Changelog, RowSource } from '../../ports/source.ts';
import type { ReadSourceState } from '../../ports/source-state.ts';
import type { Intents, Table } from '../../ports/table.ts';
import type { Mapping } from '../../mapping/mapping.ts';
import { encodeProven } from '../bodies/body-inventory.ts';
import { findMissing } from '../scan/find-missing.ts';
import { redact, reveal } from '../compare/finding.ts';
import { withUnchangedSource } from './source-guard.ts';
import type { RecheckLimits } from '../recheck/limits.ts';
import { createThrottle, throttled } from '../report/throttle.ts';
import { readPlan } from './plan-run.ts';
import { createProgress, type Progress } from '../report/progress.ts';
import type { RecheckOptions, RecheckPorts } from '../recheck/recheck.ts';
import { documentKey, type PartResult, type VerificationPlan } from '../report/schema.ts';
import { sampleOffset } from '../report/scope.ts';
import type { UnscannedRows } from '../scan/scanned-rows.ts';
import type { MonotonicClock } from '../../ports/clock.ts';
import { scanSegment } from '../scan/scan-segment.ts';

export interface PartPorts {
  readonly mapping: Mapping;
  readonly table: Table;
  readonly rows: RowSource;
  readonly rowDigests: RowDigests;
  readonly changelog: Changelog;
  readonly intents: Intents;
  readonly bodies: Bodies;
  readonly bodyMd5: BodyMd5;
  readonly documents: Documents;
  readonly control: Pick<ControlTable, 'write'>;
  readonly sourceState: ReadSourceState;
  readonly time: MonotonicClock;
  readonly limits: RecheckLimits;
  /** Hash of the plan's content, as it is deployed now. */
  readonly planHash: string;
  /** What one row by its key may take of the source at the 99th percentile before the run slows down. */
  readonly sourceP99Ms: number;
}

/** What a part tells the state machine; everything else is in its document. */
export interface PartAnswer {
  readonly rows: number;
  readonly findings: number;
}

/** Verifies one scan segment of a run and writes what it found and met. Repeating it writes the same documents anew. */
export async function runSegment(
  ports: PartPorts,
  event: { readonly run: string; readonly segment: number; readonly now: string },
): Promise<PartAnswer> {
  const { run, segment } = event;
  const { documents } = ports;
  return runPart(ports, event, `segment ${segment}`, async (plan, part, limits, progress) => {
    const { result, seen, proven } = await scanSegment(
      { ...part, documents, bodyMd5: ports.bodyMd5 },
      {
        ...limits,
        alarmBytes: ports.limits.alarmBytes,
        segment,
        segments: plan.segments,
        scope: plan.scope,
        listing: {
          listed: Array.from({ length: plan.bodyLists }, (_, at) => documentKey.bodies(run, at)),
          proven: (plan.previous?.segments ?? []).map((at) => documentKey.proven(plan.previous?.run ?? '', at)),
        },
        progress: progress.report,
      },
    );
    await Promise.all([
      ...[...Object.keys(ports.mapping.entities), UNIQUE].map((entity) =>
        documents.write(documentKey.seen(run, segment, entity), seen.get(entity)?.encode() ?? new Uint8Array()),
      ),
      ...(proven.size === 0 ? [] : [documents.write(documentKey.proven(run, segment), encodeProven(proven))]),
    ]);
    await documents.write(documentKey.segment(run, segment), JSON.stringify(result));
    return result;
  });
}

/** Looks for the rows of one key range that no segment met. */
export async function runRange(
  ports: PartPorts,
  event: { readonly run: string; readonly range: number; readonly now: string },
): Promise<PartAnswer> {
  const { run } = event;
  return runPart(ports, event, `range ${event.range}`, async (plan, part, limits, progress) => {
    const cut = plan.ranges[event.range];
    if (cut === undefined) throw new RangeError(`run ${run} has no range ${event.range}`);
    const { sample } = plan.scope;
    const result = await findMissing(part, {
      ...limits,
      ...cut,
      drawn: sample === null ? null : { sample, draw: sampleOffset(run, sample) },
      strike: (kind, roll) => strikeSeen(ports.documents, plan, kind, roll),
      progress: progress.report,
    });
    await ports.documents.write(documentKey.range(run, event.range), JSON.stringify(result));
    return result;
  });
}

async function runPart(
  ports: PartPorts,
  { run, now }: { readonly run: string; readonly now: string },
  name: string,
  work: (
    plan: VerificationPlan,
    ports: RecheckPorts,
    limits: RecheckOptions,
    progress: Progress,
  ) => Promise<PartResult>,
): Promise<PartAnswer> {
  const plan = await readPlan(ports.documents, run);
  if (plan === null) throw new RangeError(`run ${run} was not planned`);
  const { time, limits } = ports;
  const pace = createThrottle(ports.sourceP99Ms, time);
  const progress = createProgress(ports.control, run, name, pace, time);
  const part = { ...ports, generation: plan.generation, ...throttled(ports, pace, time) };
  const manner = { ...limits, show: plan.showValues ? reveal : redact, now };
  const result = await withUnchangedSource(plan, ports, () => work(plan, part, manner, progress));
  await progress.end();
  const tallies = Object.values(result.entities);
  return {
    rows: tallies.reduce((sum, { items, source }) => sum + items + source, 0),
    findings: result.mismatches.length + result.unverified.length + result.unlisted,
  };
}

/** The documents of all segments pass by the roll, a few at a time: none of them stays. */
async function strikeSeen(
  documents: Documents,
  plan: VerificationPlan,
  kind: string,
  roll: UnscannedRows,
): Promise<void> {
  await mapConcurrently(4, plan.chosen, async (segment) => {
    const document = await documents.read(documentKey.seen(plan.run, segment, kind));
    if (document === null) throw new RangeError(`run ${plan.run} has no seen set of segment ${segment}`);
    roll.remove(document);
  });
}
