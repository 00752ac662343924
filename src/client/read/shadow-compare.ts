import type { Metrics } from '../../domain/ports/metrics.ts';
import type { Clock } from '../../domain/ports/clock.ts';

/** One store's answer as text; null where the store cannot give one now. */
export type Look = () => Promise<string | null>;

const PAUSES_MS = [100, 500, 1_500];
/** Comparisons at once; more are left out rather than queued. */
const WIDTH = 4;

/** Compares answers of the two stores off the reader's path. A difference counts only if it outlasts whatever was in flight. */
export class Shadow {
  readonly #metrics: Metrics;
  readonly #clock: Clock;
  readonly #running = new Set<Promise<void>>();

  constructor(metrics: Metrics, clock: Clock) {
    this.#metrics = metrics;
    this.#clock = clock;
  }

  /** Starts a comparison unless enough are under way. */
  compare(source: Look, target: Look, first: { readonly source?: string; readonly target?: string }): void {
    if (this.#running.size >= WIDTH) return;
    const run = this.#compare(source, target, first)
      .catch(() => {})
      .finally(() => this.#running.delete(run));
    this.#running.add(run);
  }

  async settled(): Promise<void> {
    await Promise.all(this.#running);
  }

  async #compare(
    source: Look,
    target: Look,
    first: { readonly source?: string; readonly target?: string },
  ): Promise<void> {
    let equal = (first.source ?? (await source())) === (first.target ?? (await target()));
    for (const pause of PAUSES_MS) {
      if (equal) break;
      await this.#clock.sleep(pause);
      const before = await source();
      const theirs = await target();
      // The source moved while we looked, or the target shows a write in doubt: no judgement, look again later.
      if (theirs === null || before !== (await source())) {
        if (pause === PAUSES_MS.at(-1)) return;
      } else equal = before === theirs;
    }
    // A zero says that a comparison was made: no data is not health.
    this.#metrics.count('ShadowMismatches', equal ? 0 : 1);
  }
}
