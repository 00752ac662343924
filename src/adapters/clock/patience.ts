import { performance } from 'node:perf_hooks';
import { setTimeout } from 'node:timers/promises';
import type { Patience } from '../../domain/verification/settle.ts';

/** Monotonic time of this process: never the simulated clock, never one that can be set. */
export const patience: Patience = {
  monotonic: () => performance.now(),
  sleep: (milliseconds) => setTimeout(milliseconds),
};
