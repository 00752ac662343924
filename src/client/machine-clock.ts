import type { Clock } from '../domain/ports/clock.ts';

/** The machine's time. Leases and deadlines run on the monotonic part of it. */
export const machineClock: Clock = {
  now: () => new Date(),
  monotonic: () => performance.now(),
  sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
};
