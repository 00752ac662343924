import type { Metrics } from '../../src/domain/ports/metrics.ts';

/** First reads of a store, in which a program loads code and opens connections. */
const COLD_READS = 40;

/**
 * Leaves out the latency of a program's first reads of each store. A real fleet's cold starts are few among its reads; here one program is the whole
 * fleet, and after a resume its first second would be a stage's whole measurement.
 */
export function skipColdReads(metrics: Metrics): Metrics {
  const seen = new Map<string, number>();
  return {
    count: (name, value, dimensions) => metrics.count(name, value, dimensions),
    milliseconds: (name, value, dimensions) => {
      const series = JSON.stringify([name, dimensions]);
      const before = seen.get(series) ?? 0;
      seen.set(series, before + 1);
      if (name !== 'ReadLatency' || before >= COLD_READS) metrics.milliseconds(name, value, dimensions);
    },
    flush: () => metrics.flush(),
  };
}
