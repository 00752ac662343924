import { performance } from 'node:perf_hooks';
import { setTimeout } from 'node:timers/promises';
import type { MonotonicClock } from '../../domain/ports/clock.ts';

/** Monotonic time of this process: not the simulated clock, and unaffected by clock adjustments. */
export const monotonicClock: MonotonicClock = {
  monotonic: () => performance.now(),
  sleep: (milliseconds) => setTimeout(milliseconds),
};
