import type { TrafficMetrics } from './traffic-metrics.ts';
import { withRetry } from './retry.ts';

const PATIENCE_MS = 15_000;

/** A read as an application makes it: tried again for 15 s, timed, counted. Undefined where it failed for good. */
export async function timedRead<T>(trafficMetrics: TrafficMetrics, read: () => Promise<T>): Promise<T | undefined> {
  const start = performance.now();
  try {
    const found = await withRetry(PATIENCE_MS, trafficMetrics.retried, read);
    trafficMetrics.ok('read', performance.now() - start);
    return found;
  } catch (error) {
    trafficMetrics.failed('read', error);
    return undefined;
  }
}
