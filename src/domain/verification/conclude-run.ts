import type { Mapping } from '../mapping/mapping.ts';
import type { Documents } from '../ports/bodies.ts';
import type { ControlTable } from '../ports/control.ts';
import type { Metrics } from '../ports/metrics.ts';
import { conclude } from './conclude.ts';
import { readPlan } from './plan-run.ts';
import { documentKey, type PartResult, partResult, VERIFICATION, type VerificationSummary } from './record.ts';

export interface ConcludePorts {
  readonly control: ControlTable;
  readonly documents: Documents;
  readonly metrics: Metrics;
  readonly mapping: Mapping;
}

/** Adds up the parts of a run, writes its record and its findings, and reports. The first conclusion of a run stands. */
export async function concludeRun(
  ports: ConcludePorts,
  event: { readonly run: string; readonly now: string },
): Promise<VerificationSummary> {
  const { run, now } = event;
  const earlier = await ports.control.read<VerificationSummary>(VERIFICATION, run);
  if (earlier !== null) return earlier.value;
  const plan = await readPlan(ports.documents, run);
  if (plan === null) throw new RangeError(`run ${run} was not planned`);
  const keys = [
    ...Array.from({ length: plan.segments }, (_, segment) => documentKey.segment(run, segment)),
    ...plan.ranges.map((_, range) => documentKey.range(run, range)),
  ];
  const parts = await Promise.all(keys.map((key) => readPart(ports.documents, key)));
  const details = documentKey.details(run);
  const summary = conclude(plan, Object.keys(ports.mapping.entities), parts, now, details);
  await ports.documents.write(
    details,
    JSON.stringify({
      summary,
      mismatches: parts.flatMap((part) => part.mismatches),
      unverified: parts.flatMap((part) => part.unverified),
      unlisted: parts.reduce((sum, part) => sum + part.unlisted, 0),
    }),
  );
  await ports.control.write(VERIFICATION, run, summary, 'any');
  report(ports.metrics, summary);
  return summary;
}

// A part without its document was not compared: the run must fail, not count it as zero (RACE 36).
async function readPart(documents: Documents, key: string): Promise<PartResult> {
  const document = await documents.read(key);
  if (document === null) throw new RangeError(`${key} is missing: the part did not run to its end`);
  return partResult.parse(JSON.parse(Buffer.from(document).toString()));
}

function report(metrics: Metrics, summary: VerificationSummary): void {
  metrics.count('Mismatches', summary.mismatches);
  metrics.count('MismatchPercent', summary.mismatchPercent);
  metrics.count('Unverified', summary.unverified);
  metrics.count('RowsCompared', summary.rowsCompared);
  metrics.count('VerificationSeconds', summary.seconds);
  metrics.count('LargestItemBytes', summary.largestItemBytes);
  metrics.count('ItemsOverAlarm', summary.itemsOverAlarm);
}
