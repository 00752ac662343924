import type { ControlTable } from '../ports/control.ts';
import type { MetricQuery, MetricReader } from '../ports/metrics.ts';
import type { GuardEvidence } from './guard.ts';

export interface MeasurePorts {
  readonly metricReader: MetricReader;
  readonly control: Pick<ControlTable, 'read' | 'write'>;
}

/** Control record kind: PostgreSQL's latency in the last stage in which it served enough reads. */
const BASELINE = 'BASELINE';
const POSTGRES = 'postgres';

interface Baseline {
  readonly reads: number;
  readonly p99: number;
  readonly at: string;
}

const QUERIES: readonly MetricQuery[] = [
  { name: 'Reads', dimensions: { Store: 'dynamodb' }, statistic: 'Sum' },
  { name: 'ReadErrors', dimensions: { Store: 'dynamodb' }, statistic: 'Sum' },
  { name: 'ReadLatency', dimensions: { Store: 'dynamodb' }, statistic: 'p99' },
  { name: 'Reads', dimensions: { Store: 'postgres' }, statistic: 'Sum' },
  { name: 'ReadLatency', dimensions: { Store: 'postgres' }, statistic: 'p99' },
  // One observation per compared read, 0 or 1: so the number of observations is the number of compared reads.
  { name: 'ShadowMismatches', dimensions: {}, statistic: 'SampleCount' },
  { name: 'ShadowMismatches', dimensions: {}, statistic: 'Sum' },
];

/**
 * Reads what clients measured over a bake. If PostgreSQL served too few reads for a comparison, its latency in the last stage with
 * enough reads is used instead.
 */
export async function measureStage(
  { metricReader, control }: MeasurePorts,
  window: { readonly from: string; readonly to: string },
  minSamples: number,
): Promise<GuardEvidence> {
  const numbers = await metricReader.read(QUERIES, new Date(window.from), new Date(window.to));
  const [
    reads = null,
    errors = null,
    p99 = null,
    sourceReads = null,
    sourceP99 = null,
    compared = null,
    mismatches = null,
  ] = numbers;
  const measured = sourceReads !== null && sourceP99 !== null && sourceReads >= minSamples;
  if (measured) {
    const baseline: Baseline = { reads: sourceReads, p99: sourceP99, at: window.to };
    await control.write(BASELINE, POSTGRES, baseline, 'any');
  }
  const earlier = measured ? null : await control.read<Baseline>(BASELINE, POSTGRES);
  return {
    reads,
    // Clients send reads and read errors together, so reads without an error metric had no errors.
    readErrors: errors ?? (reads === null ? null : 0),
    p99,
    baselineReads: earlier?.value.reads ?? sourceReads,
    baselineP99: earlier?.value.p99 ?? sourceP99,
    compared,
    mismatches,
  };
}
