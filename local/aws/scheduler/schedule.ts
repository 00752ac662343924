export interface ScheduledFunction {
  /** Name or ARN by which the function is invoked. */
  readonly name: string;
  /** "1 minute", "rate(5 minutes)". */
  readonly rate: string;
  readonly input: Readonly<Record<string, unknown>>;
}

export interface ScheduleOptions {
  readonly functions: readonly ScheduledFunction[];
  readonly invoke: (name: string, input: Readonly<Record<string, unknown>>) => Promise<unknown>;
  /** How many times faster than stated: 30 makes a minute 2 seconds. Real time, not simulated: its clock jumps over days. */
  readonly scale?: number;
  readonly onError?: (name: string, error: unknown) => void;
}

export interface Schedules {
  /** No new runs; resolves when those under way have ended. */
  stop(): Promise<void>;
}

const MILLISECONDS: Readonly<Record<string, number>> = {
  second: 1000,
  minute: 60_000,
  hour: 3_600_000,
  day: 86_400_000,
};

/** Milliseconds of a rate as the manifest writes it. */
export function rateMilliseconds(rate: string): number {
  const found = /^(?:rate\()?(\d+) (second|minute|hour|day)s?\)?$/.exec(rate.trim());
  const unit = MILLISECONDS[found?.[2] ?? ''];
  if (found === null || unit === undefined)
    throw new Error(`"${rate}" is no rate: write a number and a unit, such as "1 minute" (infra/functions.json)`);
  return Number(found[1]) * unit;
}

/**
 * Runs functions again and again, like EventBridge Scheduler but never a second time while the first is under way.
 * A function that does its work for longer than its period simply runs back to back.
 */
export function startSchedules(options: ScheduleOptions): Schedules {
  const scale = options.scale ?? 30;
  const running = new Set<Promise<void>>();
  let stopped = false;
  const timers = options.functions.map(({ name, rate, input }) => {
    let busy = false;
    const tick = (): void => {
      if (busy || stopped) return;
      busy = true;
      const run = options
        .invoke(name, input)
        .then(() => undefined)
        .catch((error: unknown) => {
          if (!stopped) options.onError?.(name, error);
        })
        .finally(() => {
          busy = false;
          running.delete(run);
        });
      running.add(run);
    };
    return setInterval(tick, Math.max(50, rateMilliseconds(rate) / scale));
  });
  return {
    stop: async () => {
      stopped = true;
      for (const timer of timers) clearInterval(timer);
      await Promise.all(running);
    },
  };
}
