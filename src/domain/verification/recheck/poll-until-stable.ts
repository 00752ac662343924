import type { MonotonicClock } from '../../ports/clock.ts';

/** What one read of a candidate found; signature null = no difference (any more). */
export interface Observation<Result> {
  readonly result: Result;
  /** Equal signatures = the same difference between the same versions. */
  readonly signature: string | null;
}

export interface Polled<Candidate, Result> {
  readonly candidate: Candidate;
  readonly result: Result;
  readonly outcome: 'cleared' | 'stable' | 'unstable';
  /** How long the difference of the last read has persisted. */
  readonly observedMs: number;
  /** Monotonic time of the last read. */
  readonly lastMs: number;
}

const FIRST_WAIT_MS = 25;

/**
 * Reads candidates again, at once and then at growing intervals, until each has cleared or has shown the same difference for
 * longer than `stableMs`, which is longer than any write in flight can take (RACE-28). A candidate that still changes after
 * `stabilityTimeoutMs` is unstable: it was never compared, and must not count as equal (RACE-29).
 */
export async function pollUntilStable<Candidate, Result>(
  candidates: readonly Candidate[],
  observe: (candidates: readonly Candidate[]) => Promise<readonly Observation<Result>[]>,
  time: MonotonicClock,
  limits: { readonly stableMs: number; readonly stabilityTimeoutMs: number },
): Promise<readonly Polled<Candidate, Result>[]> {
  const started = time.monotonic();
  const polled: Polled<Candidate, Result>[] = [];
  let open = candidates.map((candidate) => ({ candidate, signature: null as string | null, since: started }));
  let wait = FIRST_WAIT_MS;
  while (open.length > 0) {
    const observations = await observe(open.map(({ candidate }) => candidate));
    const now = time.monotonic();
    const remaining: typeof open = [];
    open.forEach((entry, at) => {
      const observation = observations[at];
      if (observation === undefined) throw new Error('observe() must return one observation per candidate');
      const { result, signature } = observation;
      const since = signature === entry.signature ? entry.since : now;
      const outcome =
        signature === null
          ? 'cleared'
          : now - since > limits.stableMs
            ? 'stable'
            : now - started > limits.stabilityTimeoutMs
              ? 'unstable'
              : null;
      if (outcome === null) remaining.push({ candidate: entry.candidate, signature, since });
      else polled.push({ candidate: entry.candidate, result, outcome, observedMs: now - since, lastMs: now });
    });
    open = remaining;
    if (open.length === 0) break;
    await time.sleep(wait);
    wait = Math.min(wait * 2, 1000, Math.max(FIRST_WAIT_MS, limits.stableMs / 4));
  }
  return polled;
}
