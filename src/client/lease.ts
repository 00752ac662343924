import { LeaseExpired } from '../domain/errors.ts';
import type { Mapping } from '../domain/mapping/mapping.ts';
import type { ModeState } from '../domain/mode/modes.ts';
import type { Clock } from '../domain/ports/clock.ts';

/** The mode as this process knows it, with the mapping of its generation. */
export interface Held {
  readonly state: ModeState;
  readonly mapping: Mapping;
}

/**
 * The right to act on a mode, good for a few seconds after it was asked for: whoever moves the mode waits out this time before leaning on
 * the new one (RACE-39, RACE-40). Counted from before the question, by a clock that never jumps.
 */
export class Lease {
  readonly #ask: () => Promise<Held>;
  readonly #leaseMs: number;
  readonly #clock: Clock;
  #held: { readonly held: Held; readonly since: number } | null = null;
  #asking: Promise<void> | null = null;
  #timer: NodeJS.Timeout | null = null;
  #stopped = false;
  #failure: unknown = null;

  constructor(ask: () => Promise<Held>, leaseMs: number, clock: Clock) {
    this.#ask = ask;
    this.#leaseMs = leaseMs;
    this.#clock = clock;
  }

  /** Asks for the first time, and from then on at half the lease. Throws what the control table says. */
  async start(): Promise<void> {
    await this.#refresh();
    if (this.#held === null) throw this.#failure;
    this.#schedule();
  }

  stop(): void {
    this.#stopped = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
  }

  /** What was last known, however old: for reads. */
  get latest(): Held {
    if (this.#held === null) throw new LeaseExpired({ ageMs: Number.POSITIVE_INFINITY, leaseMs: this.#leaseMs });
    return this.#held.held;
  }

  /** The mode, if the lease holds. Throws LeaseExpired otherwise, and nothing may be written then. */
  get current(): Held {
    const age = this.#age;
    if (age > this.#leaseMs) throw new LeaseExpired({ ageMs: Math.round(age), leaseMs: this.#leaseMs });
    return this.latest;
  }

  /** As \`current\`; where the lease has run out, asks once more before giving up. */
  async fresh(): Promise<Held> {
    if (this.#age > this.#leaseMs) await Promise.race([this.#refresh(), this.#clock.sleep(this.#leaseMs)]);
    return this.current;
  }

  get #age(): number {
    return this.#held === null ? Number.POSITIVE_INFINITY : this.#clock.monotonic() - this.#held.since;
  }

  #refresh(): Promise<void> {
    this.#asking ??= this.#askOnce().finally(() => {
      this.#asking = null;
    });
    return this.#asking;
  }

  async #askOnce(): Promise<void> {
    const since = this.#clock.monotonic();
    try {
      const held = await this.#ask();
      this.#held = { held, since };
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
