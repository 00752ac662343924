import type { Plan } from '../plan/plan.ts';
import type { MetricReader } from '../ports/metrics.ts';

const HOUR = 3_600_000;
const STORES = ['postgres', 'dynamodb'] as const;

export interface StoreFigures {
  readonly store: (typeof STORES)[number];
  /** Null = no data, which does not mean that all is well. */
  readonly reads: number | null;
  readonly errors: number | null;
  readonly p99Ms: number | null;
}

/** Latency and errors of both stores over the last hour, with proposals. */
export async function collectPerformance(
  reader: MetricReader,
  plan: Plan,
  to: Date,
): Promise<{
  readonly stores: readonly StoreFigures[];
  readonly searches: Readonly<Record<string, number | null>>;
  readonly proposals: readonly string[];
}> {
  const from = new Date(to.getTime() - HOUR);
  const names = Object.keys(plan.patterns);
  const figures = await reader.read(
    STORES.flatMap((Store) => [
      { name: 'Reads', dimensions: { Store }, statistic: 'Sum' },
      { name: 'ReadErrors', dimensions: { Store }, statistic: 'Sum' },
      { name: 'ReadLatency', dimensions: { Store }, statistic: 'p99' },
    ]),
    from,
    to,
  );
  const rcu = await reader.read(
    names.map((Pattern) => ({ name: 'SearchCapacity', dimensions: { Pattern }, statistic: 'Maximum' })),
    from,
    to,
  );
  const stores = STORES.map((store, index) => ({
    store,
    reads: figures[index * 3] ?? null,
    errors: figures[index * 3 + 1] ?? null,
    p99Ms: figures[index * 3 + 2] ?? null,
  }));
  const searches = Object.fromEntries(names.map((name, index) => [name, rcu[index] ?? null]));
  return { stores, searches, proposals: propose(stores, searches, plan) };
}

function propose(
  stores: readonly StoreFigures[],
  searches: Readonly<Record<string, number | null>>,
  plan: Plan,
): readonly string[] {
  const target = stores.find(({ store }) => store === 'dynamodb');
  const heavy = Object.entries(searches).filter(([, rcu]) => (rcu ?? 0) > plan.search.maxRcuPerSearch);
  return [
    ...((target?.errors ?? 0) > 0
      ? ['reads from DynamoDB failed: look at throttling (Read/WriteThrottleEvents) and at the deadline of the clients']
      : []),
    ...heavy.map(
      ([name, rcu]) => `pattern ${name} takes up to ${rcu} RCU: give it a narrower key, an index or a limit`,
    ),
    'hot owners: put `shard` on the entity whose partition is hot',
    'reads that repeat: put a cache in front of the pattern',
  ];
}
