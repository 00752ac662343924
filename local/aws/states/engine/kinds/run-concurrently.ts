import { Interrupted } from '../../model/failure.ts';
import { childSignal } from '../run/child-signal.ts';
import type { Run } from '../run/run.ts';

/**
 * Runs `count` jobs, at most `limit` at a time, in the order of their numbers. When one fails the others are interrupted;
 * once all of them have ended the first failure goes on.
 */
export async function runConcurrently<T>(
  run: Run,
  count: number,
  limit: number,
  job: (run: Run, index: number) => Promise<T>,
): Promise<T[]> {
  const siblings = childSignal(run.signal);
  const inner: Run = { ...run, signal: siblings.signal };
  const results: T[] = [];
  const failures: unknown[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < count && !inner.signal.aborted) {
      const index = next;
      next += 1;
      try {
        results[index] = await job(inner, index);
      } catch (thrown) {
        failures.push(thrown);
        siblings.abort(new Interrupted('Another branch failed'));
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(limit, count) }, worker));
  siblings.release();
  run.signal.throwIfAborted();
  if (failures.length > 0) throw failures[0];
  return results;
}
