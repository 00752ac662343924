import { LeaseExpired } from '../domain/errors.ts';
import type { Mapping } from '../domain/mapping/mapping.ts';
import type { ModeState } from '../domain/mode/modes.ts';
import type { Clock } from '../domain/ports/clock.ts';

/** The mode as this process knows it, with the mapping of its generation. */
export interface ModeSnapshot {
  readonly state: ModeState;
  readonly mapping: Mapping;
}

/**
 * The right to act on a mode, good for a few seconds after it was asked for: whoever moves the mode waits out this time before leaning on
 * the new one (RACE-39, RACE-40). Counted from before the question, by a clock that never jumps.
 */
export class Lease {
  readonly #load: () => Promise<ModeSnapshot>;
  readonly #leaseMs: number;
  readonly #clock: Clock;
  #latest: { readonly snapshot: ModeSnapshot; readonly since: number } | null = null;
  #loading: Promise<void> | null = null;
  #timer: NodeJS.Timeout | null = null;
  #stopped = false;
  #failure: unknown = null;

  constructor(load: () => Promise<ModeSnapshot>, leaseMs: number, clock: Clock) {
    this.#load = load;
    this.#leaseMs = leaseMs;
    this.#clock = clock;
  }

  /** Asks for the first time, and from then on at half the lease. Throws what the control table says. */
  async start(): Promise<void> {
    await this.#refresh();
    if (this.#latest === null) throw this.#failure;
    this.#schedule();
  }

  stop(): void {
    this.#stopped = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
  }

  /** What was last known, however old: for reads. */
  get latest(): ModeSnapshot {
    if (this.#latest === null) throw new LeaseExpired({ ageMs: Number.POSITIVE_INFINITY, leaseMs: this.#leaseMs });
    return this.#latest.snapshot;
  }

  /** The mode, if the lease holds. Throws LeaseExpired otherwise, and nothing may be written then. */
  get current(): ModeSnapshot {
    const age = this.#age;
    if (age > this.#leaseMs) throw new LeaseExpired({ ageMs: Math.round(age), leaseMs: this.#leaseMs });
    return this.latest;
  }

  /** As \`current\`; where the lease has run out, asks once more before giving up. */
  async fresh(): Promise<ModeSnapshot> {
    if (this.#age > this.#leaseMs) await Promise.race([this.#refresh(), this.#clock.sleep(this.#leaseMs)]);
    return this.current;
  }

  get #age(): number {
    return this.#latest === null ? Number.POSITIVE_INFINITY : this.#clock.monotonic() - this.#latest.since;
  }

  #refresh(): Promise<void> {
    this.#loading ??= this.#loadOnce().finally(() => {
      this.#loading = null;
    });
    return this.#loading;
  }

  async #loadOnce(): Promise<void> {
    const since = this.#clock.monotonic();
    try {
      const snapshot = await this.#load();
      this.#latest = { snapshot, since };
    } catch (error) {
      // The lease runs out by itself if this lasts.
      this.#failure = error;
    }
  }

  #schedule(): void {
    if (this.#stopped) return;
    this.#timer = setTimeout(() => {
      void this.#refresh().then(() => this.#schedule());
    }, this.#leaseMs / 2);
    this.#timer.unref();
  }
}
