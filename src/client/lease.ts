import { LeaseExpired } from '../domain/errors.ts';
import type { Mapping } from '../domain/mapping/mapping.ts';
import type { ModeState } from '../domain/mode/modes.ts';
import type { Clock } from '../domain/ports/clock.ts';
import { type ClientLogger, errorName } from './logger.ts';

/** The mode as this process knows it, with the mapping of its generation. */
export interface ModeSnapshot {
  readonly state: ModeState;
  readonly mapping: Mapping;
}

/**
 * The right to act on a mode for a few seconds after it was read: a mode change takes effect only after every lease on the old mode has
 * expired (RACE-39, RACE-40). Its age counts from before the read, on the monotonic clock.
 */
export class Lease {
  readonly #load: () => Promise<ModeSnapshot>;
  readonly #leaseMs: number;
  readonly #clock: Clock;
  readonly #logger: ClientLogger;
  #latest: { readonly snapshot: ModeSnapshot; readonly since: number } | null = null;
  #loading: Promise<void> | null = null;
  #timer: NodeJS.Timeout | null = null;
  #stopped = false;
  #failure: unknown = null;

  constructor(load: () => Promise<ModeSnapshot>, leaseMs: number, clock: Clock, logger: ClientLogger) {
    this.#load = load;
    this.#leaseMs = leaseMs;
    this.#clock = clock;
    this.#logger = logger;
  }

  /** Reads the mode now, and from then on every half lease. Throws the error of the control table if the first read fails. */
  async start(): Promise<void> {
    await this.#refresh();
    if (this.#latest === null) throw this.#failure;
    this.#schedule();
  }

  stop(): void {
    this.#stopped = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
  }

  /** The last mode that was read, however old: for reads. */
  get latest(): ModeSnapshot {
    if (this.#latest === null) throw new LeaseExpired({ ageMs: Number.POSITIVE_INFINITY, leaseMs: this.#leaseMs });
    return this.#latest.snapshot;
  }

  /** The mode, if the lease is valid. Throws LeaseExpired otherwise: nothing may be written then. */
  get current(): ModeSnapshot {
    const age = this.#age;
    if (age > this.#leaseMs) throw new LeaseExpired({ ageMs: Math.round(age), leaseMs: this.#leaseMs });
    return this.latest;
  }

  /** Like `current`, but reads the mode once more if the lease has expired. */
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
      this.#logChange(this.#latest?.snapshot.state, snapshot.state);
      this.#latest = { snapshot, since };
    } catch (error) {
      // The lease expires by itself if this lasts.
      this.#failure = error;
      this.#logger.warn('mode could not be read', { error: errorName(error) });
    }
  }

  #logChange(from: ModeState | undefined, to: ModeState): void {
    if (from === undefined || from.epoch === to.epoch) return;
    const { mode, readPercent, epoch, generation } = to;
    this.#logger.info('mode changed', { from: from.mode, mode, readPercent, epoch, generation });
  }

  #schedule(): void {
    if (this.#stopped) return;
    this.#timer = setTimeout(() => {
      void this.#refresh().then(() => this.#schedule());
    }, this.#leaseMs / 2);
    this.#timer.unref();
  }
}
