import type { MonotonicClock } from '../../ports/clock.ts';

/** What one look at a candidate found; `null` as signature = nothing is wrong (any more). */
export interface Observation<Seen> {
  readonly seen: Seen;
  /** Equal signatures = the same difference between the same versions. */
  readonly signature: string | null;
}

export interface Polled<Candidate, Seen> {
  readonly candidate: Candidate;
  readonly seen: Seen;
  readonly outcome: 'cleared' | 'stable' | 'unstable';
  /** How long the last look's difference was observed. */
  readonly observedMs: number;
  /** Monotonic time of the last look. */
  readonly lastMs: number;
}

const FIRST_WAIT_MS = 25;

/**
 * Looks at candidates again, at once and then at growing intervals, until each has cleared or has shown the same difference for
 * longer than `stableMs`, which is longer than any write in flight can take (RACE 28). What still changes after `patienceMs`
 * is unstable: it was never compared, and must not pass for equal (RACE 29).
 */
export async function pollUntilStable<Candidate, Seen>(
  candidates: readonly Candidate[],
  look: (candidates: readonly Candidate[]) => Promise<readonly Observation<Seen>[]>,
  time: MonotonicClock,
  limits: { readonly stableMs: number; readonly stabilityTimeoutMs: number },
): Promise<readonly Polled<Candidate, Seen>[]> {
  const started = time.monotonic();
  const settled: Polled<Candidate, Seen>[] = [];
  let open = candidates.map((candidate) => ({ candidate, signature: null as string | null, since: started }));
  let wait = FIRST_WAIT_MS;
  while (open.length > 0) {
    const observations = await look(open.map(({ candidate }) => candidate));
    const now = time.monotonic();
    const still: typeof open = [];
    open.forEach((entry, at) => {
      const observation = observations[at];
      if (observation === undefined) throw new Error('every candidate must be looked at');
      const { seen, signature } = observation;
      const since = signature === entry.signature ? entry.since : now;
      const outcome =
        signature === null
          ? 'cleared'
          : now - since > limits.stableMs
            ? 'stable'
            : now - started > limits.stabilityTimeoutMs
              ? 'unstable'
              : null;
      if (outcome === null) still.push({ candidate: entry.candidate, signature, since });
      else settled.push({ candidate: entry.candidate, seen, outcome, observedMs: now - since, lastMs: now });
    });
    open = still;
    if (open.length === 0) break;
    await time.sleep(wait);
    wait = Math.min(wait * 2, 1000, Math.max(FIRST_WAIT_MS, limits.stableMs / 4));
  }
  return settled;
}
