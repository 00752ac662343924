import type { Plan } from '../plan/plan.ts';
import type { MetricReader } from '../ports/metrics.ts';

const HOUR = 3_600_000;

export interface Ranked {
  readonly pattern: string;
  readonly searches: number;
  readonly rcu: number;
  readonly rcuPerSearch: number;
}

/** Patterns by the capacity they consumed over the last hour, most expensive first, with proposals. */
export async function rankCost(
  reader: MetricReader,
  plan: Plan,
  to: Date,
): Promise<{
  readonly operations: readonly Ranked[];
  readonly largestItemBytes: number | null;
  readonly proposals: readonly string[];
}> {
  const from = new Date(to.getTime() - HOUR);
  const patterns = Object.keys(plan.patterns);
  const of = (statistic: string) =>
    patterns.map((Pattern) => ({ name: 'SearchCapacity', dimensions: { Pattern }, statistic }));
  const [sums, counts, sizes] = await Promise.all([
    reader.read(of('Sum'), from, to),
    reader.read(of('SampleCount'), from, to),
    reader.read([{ name: 'ItemBytes', dimensions: {}, statistic: 'Maximum' }], from, to),
  ]);
  const operations = patterns
    .map((pattern, index) => {
      const [rcu, searches] = [sums[index] ?? 0, counts[index] ?? 0];
      return { pattern, searches, rcu, rcuPerSearch: searches === 0 ? 0 : rcu / searches };
    })
    .toSorted((left, right) => right.rcu - left.rcu);
  const dear = operations.filter(({ rcuPerSearch }) => rcuPerSearch > plan.search.maxRcuPerSearch);
  const largest = sizes[0] ?? null;
  return {
    operations,
    largestItemBytes: largest,
    proposals: [
      ...dear.map(({ pattern }) => `${pattern}: replace its filter by a key or an index, or limit it`),
      ...((largest ?? 0) > plan.sizes.alarmBytes ? ['move the largest columns to S3: `large` in the plan'] : []),
      'reads that repeat: put a cache in front of the pattern',
    ],
  };
}
