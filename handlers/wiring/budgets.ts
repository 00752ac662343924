import type { MonotonicClock } from '../../src/domain/ports/clock.ts';

/**
 * How long the functions that are called until their work is done work at a time, in milliseconds. What was begun by then must end
 * within the function's timeout: a page, a statement that runs into its limit of 45 seconds and smaller ones after it, a step of an
 * import. `npm run bench -- scale` counts the calls that follow from it.
 */
export const BUDGET_MS = {
  'plan-load': 120_000,
  'load-segment': 240_000,
  'finish-load': 600_000,
  'plan-verification': 240_000,
  'repair-mismatches': 120_000,
  'compare-restored': 600_000,
  'import-remaining-users': 400_000,
} as const;

/** Tells, from now on, whether a function's time for this call is over. */
export function budgetOf(name: keyof typeof BUDGET_MS, time: Pick<MonotonicClock, 'monotonic'>): () => boolean {
  const until = time.monotonic() + BUDGET_MS[name];
  return () => time.monotonic() >= until;
}
