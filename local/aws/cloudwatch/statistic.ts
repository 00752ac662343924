import { weightedPercentile } from '../../../src/domain/percentile.ts';
import type { Observation } from './metric-data.ts';

const PERCENTILE = /^p(\d{1,2}(?:\.\d+)?|100)$/;

/** Whether the statistic is supported. */
export function isStatistic(statistic: string): boolean {
  return ['Sum', 'SampleCount', 'Average', 'Minimum', 'Maximum'].includes(statistic) || PERCENTILE.test(statistic);
}

/** One number from a period's observations; null if they cannot give it. */
export function compute(statistic: string, observations: readonly Observation[]): number | null {
  const values = observations.flatMap((observation) => observation.values);
  const summaries = observations.flatMap(({ summary }) => (summary === undefined ? [] : [summary]));
  const count = total(values.map(([, times]) => times)) + total(summaries.map((summary) => summary.count));
  if (count === 0) return null;
  const sum = total(values.map(([value, times]) => value * times)) + total(summaries.map((summary) => summary.sum));
  if (statistic === 'Sum') return sum;
  if (statistic === 'SampleCount') return count;
  if (statistic === 'Average') return sum / count;
  if (statistic === 'Minimum')
    return extreme(
      Math.min,
      values,
      summaries.map((summary) => summary.minimum),
    );
  if (statistic === 'Maximum')
    return extreme(
      Math.max,
      values,
      summaries.map((summary) => summary.maximum),
    );
  // As on AWS, summaries contain no percentiles.
  return weightedPercentile(values, Number(PERCENTILE.exec(statistic)?.[1]) / 100);
}

function extreme(
  pick: (a: number, b: number) => number,
  values: Observation['values'],
  others: readonly number[],
): number {
  return [...values.map(([value]) => value), ...others].reduce((a, b) => pick(a, b));
}

function total(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0);
}
