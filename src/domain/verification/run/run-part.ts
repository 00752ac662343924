import { MappingOutdated } from '../../errors.ts';
import { UNIQUE } from '../../mapping/items/encode.ts';
import { mapConcurrently } from '../../concurrency.ts';
import type { BodyMd5, BodyReader, Documents } from '../../ports/bodies.ts';
import type { ControlTable } from '../../ports/control.ts';
import type { RowDigests } from '../../ports/row-digests.ts';
import type { Changelog, RowSource } from '../../ports/source.ts';
import type { ReadSourceState } from '../../ports/source-state.ts';
import type { IntentReader, TableReader } from '../../ports/table.ts';
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
  readonly table: TableReader;
  readonly rows: RowSource;
  readonly rowDigests: RowDigests;
  readonly changelog: Changelog;
  readonly intents: IntentReader;
  readonly bodies: BodyReader;
  readonly bodyMd5: BodyMd5;
  readonly documents: Documents;
  readonly control: Pick<ControlTable, 'write' | 'mode'>;
  readonly sourceState: ReadSourceState;
  readonly time: MonotonicClock;
  readonly limits: RecheckLimits;
  /** Hash of the plan's content, as it is deployed now. */
  readonly planHash: string;
  /** The p99 of reads by key, in milliseconds, above which the run slows down. */
  readonly sourceP99Ms: number;
}

/** Result of a part for the state machine; everything else is in its document. */
export interface PartCounts {
  readonly rows: number;
  readonly findings: number;
}

/**
 * Verifies one scan segment of a planned run, and writes its findings and the set of rows that it scanned. May be repeated: it overwrites
 * its own documents.
 *
 * @throws SourceChanged, PlanChanged where source or plan changed since the run was planned (RACE-37)
 * @throws MappingOutdated where the mapping got a column meanwhile: the part starts over
 */
export async function runSegment(
  ports: PartPorts,
  event: { readonly run: string; readonly segment: number; readonly now: string },
): Promise<PartCounts> {
  const { run, segment } = event;
  const { documents } = ports;
  return runPart(ports, event, `segment ${segment}`, async (plan, partPorts, limits, progress) => {
    const { result, scannedRows, proven } = await scanSegment(
      { ...partPorts, documents, bodyMd5: ports.bodyMd5 },
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
        documents.write(
          documentKey.scannedRows(run, segment, entity),
          scannedRows.get(entity)?.encode() ?? new Uint8Array(),
        ),
      ),
      ...(proven.size === 0 ? [] : [documents.write(documentKey.proven(run, segment), encodeProven(proven))]),
    ]);
    await documents.write(documentKey.segment(run, segment), JSON.stringify(result));
    return result;
  });
}

/**
 * Finds the rows of one key range that no segment scanned; runs after all segments. May be repeated.
 *
 * @throws SourceChanged, PlanChanged where source or plan changed since the run was planned (RACE-37)
 */
export async function runRange(
  ports: PartPorts,
  event: { readonly run: string; readonly range: number; readonly now: string },
): Promise<PartCounts> {
  const { run } = event;
  return runPart(ports, event, `range ${event.range}`, async (plan, partPorts, limits, progress) => {
    const chosen = plan.ranges[event.range];
    if (chosen === undefined) throw new RangeError(`run ${run} has no range ${event.range}`);
    const { sample } = plan.scope;
    const result = await findMissing(partPorts, {
      ...limits,
      ...chosen,
      sampling: sample === null ? null : { sample, offset: sampleOffset(run, sample) },
      removeScanned: (kind, unscanned) => removeScanned(ports.documents, plan, kind, unscanned),
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
    ports: RecheckPorts & { readonly table: TableReader },
    limits: RecheckOptions,
    progress: Progress,
  ) => Promise<PartResult>,
): Promise<PartCounts> {
  const plan = await readPlan(ports.documents, run);
  if (plan === null) throw new RangeError(`run ${run} was not planned`);
  const { time, limits } = ports;
  const throttle = createThrottle(ports.sourceP99Ms, time);
  const progress = createProgress(ports.control, run, name, throttle, time);
  const partPorts = { ...ports, generation: plan.generation, ...throttled(ports, throttle, time) };
  const options = { ...limits, show: plan.showValues ? reveal : redact, now };
  const result = await withUnchangedSource(plan, ports, () => work(plan, partPorts, options, progress));
  const { mappingRevision } = await ports.control.mode();
  // With the older mapping the attribute of a new column is surplus.
  if (mappingRevision > ports.mapping.revision)
    throw new MappingOutdated({ relation: 'this run', reason: `a column was added while ${name} was verified` });
  await progress.end();
  const tallies = Object.values(result.entities);
  return {
    rows: tallies.reduce((sum, { items, source }) => sum + items + source, 0),
    findings: result.mismatches.length + result.unverified.length + result.unlisted,
  };
}

/** Documents read at the same time: each has some hundred kilobytes, and each range reads those of all segments. */
export const DOCUMENTS_AT_ONCE = 32;

/** Streams the documents of all segments past the set, some at a time, so that none stays in memory. */
async function removeScanned(
  documents: Documents,
  plan: VerificationPlan,
  kind: string,
  unscanned: UnscannedRows,
): Promise<void> {
  await mapConcurrently(DOCUMENTS_AT_ONCE, plan.chosen, async (segment) => {
    const document = await documents.read(documentKey.scannedRows(plan.run, segment, kind));
    if (document === null)
      throw new RangeError(`run ${plan.run} has no document with the scanned rows of segment ${segment}`);
    unscanned.remove(document);
  });
}
