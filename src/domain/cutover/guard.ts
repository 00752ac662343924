export type GuardVerdict = 'pass' | 'fail' | 'inconclusive';

/** What was measured over a bake; null = no data. Latencies are measured in the application, in milliseconds. */
export interface GuardEvidence {
  readonly reads: number | null;
  readonly readErrors: number | null;
  readonly p99: number | null;
  /** PostgreSQL's reads: over the same bake if it served enough, else from the last stage in which it did. */
  readonly baselineReads: number | null;
  readonly baselineP99: number | null;
  /** Reads whose result was compared with the other store's, and those that differed. */
  readonly compared: number | null;
  readonly mismatches: number | null;
}

export interface GuardThresholds {
  readonly minSamples: number;
  readonly maxErrorRate: number;
  readonly maxLatencyRatio: number;
  /** Milliseconds; a p99 up to this passes whatever the ratio. */
  readonly toleratedP99Ms: number;
}

export interface GuardCheck {
  readonly name: 'samples' | 'errors' | 'latency' | 'mismatches';
  /** What is to be recovered where it fails. */
  readonly cause: 'data-loss' | 'performance';
  readonly verdict: GuardVerdict;
  /** One line for the operator: the measurement and its threshold. */
  readonly evidence: string;
}

export interface GuardReport {
  readonly verdict: GuardVerdict;
  readonly checks: readonly GuardCheck[];
}

/**
 * Evaluates a stage of cutover. One failed check fails the stage. Otherwise one check without enough data makes it inconclusive, so
 * that missing data never passes (RACE-48). The verdict is returned, not thrown.
 *
 * @param evidence measurements over the bake; null = no data
 * @param thresholds the plan's limits: latencies in milliseconds, error rate as a share from 0 to 1
 */
export function evaluateGuard(evidence: GuardEvidence, thresholds: GuardThresholds): GuardReport {
  const checks = [
    samples(evidence, thresholds),
    errors(evidence, thresholds),
    latency(evidence, thresholds),
    mismatches(evidence, thresholds),
  ];
  return { verdict: overall(checks), checks };
}

function overall(checks: readonly GuardCheck[]): GuardVerdict {
  if (checks.some(({ verdict }) => verdict === 'fail')) return 'fail';
  return checks.every(({ verdict }) => verdict === 'pass') ? 'pass' : 'inconclusive';
}

function samples({ reads }: GuardEvidence, { minSamples }: GuardThresholds): GuardCheck {
  const enough = reads !== null && reads >= minSamples;
  return {
    name: 'samples',
    cause: 'performance',
    verdict: enough ? 'pass' : 'inconclusive',
    evidence: `${reads ?? 'no'} reads from DynamoDB, at least ${minSamples} needed`,
  };
}

function errors({ reads, readErrors }: GuardEvidence, { minSamples, maxErrorRate }: GuardThresholds): GuardCheck {
  const check = { name: 'errors', cause: 'performance' } as const;
  if (reads === null || readErrors === null || reads <= 0)
    return { ...check, verdict: 'inconclusive', evidence: 'errors: no data' };
  const evidence = `errors: ${readErrors} of ${reads} reads, at most ${percent(maxErrorRate)} allowed`;
  // Errors that exceed the limit even for `minSamples` reads fail the check, however few reads there were.
  if (readErrors > maxErrorRate * Math.max(reads, minSamples)) return { ...check, verdict: 'fail', evidence };
  return { ...check, verdict: reads >= minSamples ? 'pass' : 'inconclusive', evidence };
}

function latency(
  evidence: GuardEvidence,
  { minSamples, maxLatencyRatio, toleratedP99Ms }: GuardThresholds,
): GuardCheck {
  const { reads, p99, baselineReads, baselineP99 } = evidence;
  const check = { name: 'latency', cause: 'performance' } as const;
  if (p99 === null || baselineP99 === null || baselineP99 <= 0)
    return {
      ...check,
      verdict: 'inconclusive',
      evidence: `latency: no ${p99 === null ? 'p99' : 'baseline'} to compare`,
    };
  const ratio = p99 / baselineP99;
  const measured = `latency: p99 ${round(p99)} ms against ${round(baselineP99)} ms of PostgreSQL, ratio ${round(ratio)}, at most ${maxLatencyRatio} allowed above ${toleratedP99Ms} ms`;
  // With few samples, a percentile is an outlier.
  if ((reads ?? 0) < minSamples || (baselineReads ?? 0) < minSamples)
    return { ...check, verdict: 'inconclusive', evidence: `${measured}; too few samples` };
  return { ...check, verdict: ratio <= maxLatencyRatio || p99 <= toleratedP99Ms ? 'pass' : 'fail', evidence: measured };
}

/** Only a share of the reads is compared, so a tenth of the samples is enough. */
function mismatches({ compared, mismatches: found }: GuardEvidence, { minSamples }: GuardThresholds): GuardCheck {
  const check = { name: 'mismatches', cause: 'data-loss' } as const;
  if (found !== null && found > 0)
    return { ...check, verdict: 'fail', evidence: `mismatches: ${found} of ${compared ?? '?'} compared reads` };
  const wanted = Math.ceil(minSamples / 10);
  if (found === null || compared === null || compared < wanted)
    return {
      ...check,
      verdict: 'inconclusive',
      evidence: `mismatches: ${compared ?? 'no'} reads compared, at least ${wanted} needed`,
    };
  return { ...check, verdict: 'pass', evidence: `mismatches: none in ${compared} compared reads` };
}

function percent(share: number): string {
  return `${round(share * 100)} %`;
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
