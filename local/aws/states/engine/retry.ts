import type { StateFailure } from '../model/failure.ts';
import type { Catcher, Retrier } from '../definition/schema.ts';

/** True where one of the names matches the error. `States.Runtime` is never matched. */
export function matches(errorEquals: readonly string[], error: string): boolean {
  if (error === 'States.Runtime') return false;
  return errorEquals.some((name) => {
    if (name === error) return true;
    // Too much data would only be too much again: AWS lets it be caught by its own name alone.
    if (error === 'States.DataLimitExceeded') return false;
    if (name === 'States.ALL') return true;
    if (name === 'States.TaskFailed') return error !== 'States.Timeout';
    return name === 'States.Timeout' && error === 'States.HeartbeatTimeout';
  });
}

export interface Retrial {
  readonly delayMs: number;
  /** How often each retrier has been used, this time included. */
  readonly retries: readonly number[];
}

/** The retry that a failure gets, if any: the first retrier that matches decides, also when it is used up. */
export function chooseRetry(
  retriers: readonly Retrier[],
  failure: StateFailure,
  used: readonly number[],
  random: () => number,
): Retrial | null {
  const index = retriers.findIndex((retrier) => matches(retrier.ErrorEquals, failure.error));
  const retrier = retriers[index];
  if (!retrier) return null;
  const before = used[index] ?? 0;
  if (before >= (retrier.MaxAttempts ?? 3)) return null;
  const retries = retriers.map((_, at) => (used[at] ?? 0) + (at === index ? 1 : 0));
  return { delayMs: delayMs(retrier, before, random), retries };
}

function delayMs(retrier: Retrier, before: number, random: () => number): number {
  const { IntervalSeconds = 1, BackoffRate = 2, MaxDelaySeconds = 31_622_400, JitterStrategy = 'NONE' } = retrier;
  const seconds = Math.min(IntervalSeconds * BackoffRate ** before, MaxDelaySeconds);
  return Math.round(seconds * 1000 * (JitterStrategy === 'FULL' ? random() : 1));
}

/** The catcher that a failure gets, if any. */
export function chooseCatch(catchers: readonly Catcher[], failure: StateFailure): Catcher | undefined {
  return catchers.find((catcher) => matches(catcher.ErrorEquals, failure.error));
}
