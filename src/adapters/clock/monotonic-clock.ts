import { performance } from 'node:perf_hooks';
import { setTimeout } from 'node:timers/promises';
import type { MonotonicClock } from '../../domain/ports/clock.ts';

/** Monotonic time of this process: never the simulated clock, never one that can be set. */
export const monotonicClock: MonotonicClock = {
  monotonic: () => performance.now(),
  sleep: (milliseconds) => setTimeout(milliseconds),
};
