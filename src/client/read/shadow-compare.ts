import type { Metrics } from '../../domain/ports/metrics.ts';
import type { Clock } from '../../domain/ports/clock.ts';

/** One store's answer as text; null where the store cannot give one now. */
export type ReadAsText = () => Promise<string | null>;

const PAUSES_MS = [100, 500, 1_500];
/** Comparisons at once; more are left out rather than queued. */
const MAX_RUNNING = 4;

/** Compares answers of the two stores off the reader's path. A difference counts only if it outlasts whatever was in flight. */
export class ShadowComparisons {
  readonly #metrics: Metrics;
  readonly #clock: Clock;
  readonly #running = new Set<Promise<void>>();

  constructor(metrics: Metrics, clock: Clock) {
    this.#metrics = metrics;
    this.#clock = clock;
  }

  /** Starts a comparison unless enough are under way. */
  compare(source: ReadAsText, target: ReadAsText, first: { readonly source?: string; readonly target?: string }): void {
    if (this.#running.size >= MAX_RUNNING) return;
    const run = this.#compare(source, target, first)
      .catch(() => {})
      .finally(() => this.#running.delete(run));
    this.#running.add(run);
  }

  async settled(): Promise<void> {
    await Promise.all(this.#running);
  }

  async #compare(
    source: ReadAsText,
    target: ReadAsText,
    first: { readonly source?: string; readonly target?: string },
  ): Promise<void> {
    let equal = (first.source ?? (await source())) === (first.target ?? (await target()));
    for (const pause of PAUSES_MS) {
      if (equal) break;
      await this.#clock.sleep(pause);
      const sourceText = await source();
      const targetText = await target();
      // The source moved while we looked, or the target shows a write in doubt: no judgement, look again later.
      if (targetText === null || sourceText !== (await source())) {
        if (pause === PAUSES_MS.at(-1)) return;
      } else equal = sourceText === targetText;
    }
    // A zero says that a comparison was made: no data is not health.
    this.#metrics.count('ShadowMismatches', equal ? 0 : 1);
  }
}
