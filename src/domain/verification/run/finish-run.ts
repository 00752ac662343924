import type { Mapping } from '../../mapping/mapping.ts';
import type { Documents } from '../../ports/bodies.ts';
import type { ControlTable } from '../../ports/control.ts';
import type { Metrics } from '../../ports/metrics.ts';
import { mapConcurrently } from '../../concurrency.ts';
import type { MissedChanges } from '../../ports/source.ts';
import type { ReadSourceState } from '../../ports/source-state.ts';
import { identityText } from '../../row.ts';
import { expireAcceptances, readAccepted } from '../report/acceptance.ts';
import { createSummary } from '../report/summary.ts';
import type { VerificationFinding } from '../compare/finding.ts';
import { assertUnchanged } from './source-guard.ts';
import { readPlan } from './plan-run.ts';
import { endProgress } from '../report/progress.ts';
import {
  detailsDocument,
  documentKey,
  partKeys,
  type PartResult,
  partResult,
  VERIFICATION,
  type VerificationPlan,
  type VerificationSummary,
} from '../report/schema.ts';
import { isFull } from '../report/scope.ts';

export interface FinishRunPorts {
  readonly control: ControlTable;
  readonly documents: Documents;
  readonly metrics: Metrics;
  readonly mapping: Mapping;
  readonly sourceState: ReadSourceState;
  readonly missed: Pick<MissedChanges, 'delete'>;
  readonly planHash: string;
}

/** Results read at the same time: few of them are larger than a kilobyte, but a run may have ten thousand. */
export const RESULTS_AT_ONCE = 16;

/**
 * Last step of a run: adds up its parts, writes summary and findings, and reports metrics. A clean run settles the changes that capture had
 * missed before it. A run is finished once; later calls return the stored summary.
 *
 * @throws SourceChanged, PlanChanged where source or plan changed during the run (RACE-37)
 * @throws RangeError where the run was not planned, or a part did not run to its end (RACE-36)
 */
export async function finishRun(
  ports: FinishRunPorts,
  event: { readonly run: string; readonly now: string },
): Promise<VerificationSummary> {
  const { control, documents } = ports;
  const { run, now } = event;
  const earlier = await control.read<VerificationSummary>(VERIFICATION, run);
  if (earlier !== null) return earlier.value;
  const plan = await readPlan(documents, run);
  if (plan === null) throw new RangeError(`run ${run} was not planned`);
  assertUnchanged(plan, await ports.sourceState(), ports.planHash);
  const builder = createSummary(plan, Object.keys(ports.mapping.entities));
  await mapConcurrently(RESULTS_AT_ONCE, partKeys(plan), async (key) => builder.add(await readPart(documents, key)));
  const details = documentKey.details(run);
  const accepted = await readAccepted(control);
  const summary = builder.summary(now, details, accepted);
  const { mismatches, unverified, unlisted } = builder.findings();
  const firstSeenByKey = await firstSeen(documents, plan);
  const withFirstSeen = (findings: readonly VerificationFinding[]) =>
    findings.map((finding) => ({
      ...finding,
      firstSeen: firstSeenByKey.get(findingKey(finding)) ?? finding.firstSeen,
    }));
  await documents.write(
    details,
    JSON.stringify({ summary, mismatches: withFirstSeen(mismatches), unverified: withFirstSeen(unverified), unlisted }),
  );
  await control.write(VERIFICATION, run, summary, 'any');
  if (isFull(plan.scope)) await expireAcceptances(control, accepted, summary.unstable);
  // Every row and item was compared after these changes, so nothing of them is left to repair.
  if (summary.clean) for (const id of plan.missed) await ports.missed.delete(id);
  await endProgress(control, run);
  report(ports.metrics, summary);
  return summary;
}

// A part without its document was not compared: the run must fail, not count it as zero (RACE-36).
async function readPart(documents: Documents, key: string): Promise<PartResult> {
  const document = await documents.read(key);
  if (document === null) throw new RangeError(`${key} is missing: the part did not run to its end`);
  return partResult.parse(JSON.parse(Buffer.from(document).toString()));
}

/** First-seen times by finding, from the previous full run, which has taken them over from the runs before it. */
async function firstSeen(documents: Documents, { previous }: VerificationPlan): Promise<ReadonlyMap<string, string>> {
  const document = previous === null ? null : await documents.read(documentKey.details(previous.run));
  if (document === null) return new Map();
  const { mismatches, unverified } = detailsDocument.parse(JSON.parse(Buffer.from(document).toString()));
  return new Map([...mismatches, ...unverified].map((finding) => [findingKey(finding), finding.firstSeen]));
}

function findingKey({ entity, identity, key, damage }: VerificationFinding): string {
  return JSON.stringify([entity, identity === null ? null : identityText(identity), key, damage]);
}

function report(metrics: Metrics, summary: VerificationSummary): void {
  // A sample says nothing about the whole table: it must neither raise nor clear the alarm.
  if (!isFull(summary.scope)) return;
  metrics.count('Mismatches', summary.mismatches);
  metrics.count('MismatchPercent', summary.mismatchPercent);
  metrics.count('Unverified', summary.unverified);
  metrics.count('RowsCompared', summary.rowsCompared);
  metrics.count('VerificationSeconds', summary.seconds);
  metrics.count('LargestItemBytes', summary.largestItemBytes);
  metrics.count('ItemsOverAlarm', summary.itemsOverAlarm);
}
