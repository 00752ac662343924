import type { Deadline, JumpListener, SimulatedClock } from './clock.ts';
import { openOffset } from './offset.ts';
import { realWait } from './real-time.ts';

export interface SimulatedClockOptions {
  /**
   * Waits up to this length (30 s) take real time, independent of jumps: leases are kept in real
   * time.
   */
  readonly realUpToMs?: number | undefined;
  /** A longer wait takes about this long (1 s); then the clock jumps to its end. */
  readonly compressedMs?: number | undefined;
  readonly offsetFile: string;
}

/** Node's timers fire at once beyond it. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

interface Sleeper {
  readonly at: number;
  readonly since: number;
  wake(): void;
}

/**
 * A clock that skips long waits. It jumps to the earliest deadline of the long waits, one deadline
 * at a time, with `compressedMs` of real time before each jump, so that a process that was woken
 * can first start a wait that ends earlier. It does not jump while it is held.
 */
export function createSimulatedClock(options: SimulatedClockOptions): SimulatedClock {
  const { realUpToMs = 30_000, compressedMs = 1_000 } = options;
  const offset = openOffset(options.offsetFile);
  const sleepers = new Set<Sleeper>();
  const watchers = new Set<() => void>();
  const listeners = new Set<JumpListener>();
  let latest = 0;
  let quietSince = -Infinity;
  let holds = 0;
  let timer: NodeJS.Timeout | undefined;

  const now = (): number => {
    latest = Math.max(latest, Date.now() + offset.get());
    return latest;
  };

  const earliest = (): Sleeper | undefined =>
    [...sleepers].reduce<Sleeper | undefined>((best, one) => (best && best.at <= one.at ? best : one), undefined);

  const schedule = (): void => {
    clearTimeout(timer);
    const next = earliest();
    if (!next) return;
    // A long wait may also end by itself, if it was nearly over at the last jump.
    const left = next.at - now();
    const delay =
      holds > 0 ? left : Math.min(Math.max(next.since, quietSince) + compressedMs - performance.now(), left);
    if (delay <= LONGEST_TIMER_MS) timer = setTimeout(() => jumpTo(next.at), Math.max(0, Math.ceil(delay)));
  };

  const hold = (): (() => void) => {
    holds += 1;
    schedule();
    let released = false;
    return () => {
      if (released) return;
      released = true;
      holds -= 1;
      // What was at work may go on with something else at once.
      quietSince = performance.now();
      schedule();
    };
  };

  const jumpTo = (at: number): void => {
    const from = now();
    if (at > from) {
      offset.set(offset.get() + (at - from));
      quietSince = performance.now();
    }
    for (const sleeper of sleepers) if (sleeper.at <= at) sleeper.wake();
    if (at > from) {
      for (const check of watchers) check();
      for (const listener of listeners) listener({ from, to: at });
    }
    schedule();
  };

  const sleepLong = (at: number, signal?: AbortSignal): Promise<void> =>
    new Promise((resolve, reject) => {
      const leave = (): void => {
        sleepers.delete(sleeper);
        signal?.removeEventListener('abort', abort);
      };
      const abort = (): void => {
        leave();
        schedule();
        reject(signal?.reason);
      };
      const sleeper: Sleeper = { at, since: performance.now(), wake: () => (leave(), resolve()) };
      sleepers.add(sleeper);
      signal?.addEventListener('abort', abort, { once: true });
      schedule();
    });

  const reached = (at: number, signal?: AbortSignal): Promise<void> => realWait(() => at - now(), signal, watchers);

  const deadline = (ms: number): Deadline =>
    ms <= realUpToMs ? { at: now() + ms, wall: Date.now() + ms } : { at: now() + ms };

  const until = async ({ at, wall }: Deadline, signal?: AbortSignal): Promise<void> => {
    signal?.throwIfAborted();
    if (wall !== undefined) return realWait(() => wall - Date.now(), signal);
    if (at > now()) await sleepLong(at, signal);
  };

  return {
    now,
    sleep: (ms, signal) => until(deadline(ms), signal),
    deadline,
    until,
    reached,
    hold,
    onJump: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
