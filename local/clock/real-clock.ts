import type { SimulatedClock } from './clock.ts';
import { realWait } from './real-time.ts';

/** A clock that shows real time: every wait takes as long as it says. */
export function createRealClock(): SimulatedClock {
  let latest = 0;
  const now = (): number => {
    latest = Math.max(latest, Date.now());
    return latest;
  };
  const reached = (at: number, signal?: AbortSignal): Promise<void> => realWait(() => at - now(), signal);
  return {
    now,
    sleep: (ms, signal) => reached(now() + ms, signal),
    deadline: (ms) => ({ at: now() + ms }),
    until: (deadline, signal) => reached(deadline.at, signal),
    reached,
    hold: () => () => undefined,
    onJump: () => () => undefined,
  };
}
