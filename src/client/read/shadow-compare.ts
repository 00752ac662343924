import type { Metrics } from '../../domain/ports/metrics.ts';
import type { Clock } from '../../domain/ports/clock.ts';

/** Reads one store's rows as text; null if the store cannot give them now. */
export type ReadAsText = () => Promise<string | null>;

const PAUSES_MS = [100, 500, 1_500];
/** Limits: comparisons that are reading, and all comparisons, including those that wait to read again. Further ones are skipped. */
const MAX_READING = 4;
const MAX_RUNNING = 32;

/** Compares reads of the two stores in the background. A difference counts only if it persists after in-flight writes have settled. */
export class ShadowComparisons {
  readonly #metrics: Metrics;
  readonly #clock: Clock;
  readonly #running = new Set<Promise<void>>();
  #waiting = 0;

  constructor(metrics: Metrics, clock: Clock) {
    this.#metrics = metrics;
    this.#clock = clock;
  }

  /** Starts a comparison unless enough are under way. */
  compare(
    source: ReadAsText,
    target: ReadAsText,
    first: { readonly source?: string; readonly target?: string },
    onMismatch: () => void,
  ): void {
    if (this.#running.size >= MAX_RUNNING || this.#running.size - this.#waiting >= MAX_READING) return;
    const run = this.#compare(source, target, first, onMismatch)
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
    onMismatch: () => void,
  ): Promise<void> {
    let equal = (first.source ?? (await source())) === (first.target ?? (await target()));
    for (const pause of PAUSES_MS) {
      if (equal) break;
      // On rows that are written all the time most comparisons wait; the others must not be kept from being made.
      this.#waiting += 1;
      await this.#clock.sleep(pause).finally(() => (this.#waiting -= 1));
      const sourceText = await source();
      const targetText = await target();
      // The source changed between its two reads, or the target holds a write in doubt: compare again later.
      if (targetText === null || sourceText !== (await source())) {
        if (pause === PAUSES_MS.at(-1)) return;
      } else equal = sourceText === targetText;
    }
    if (!equal) onMismatch();
    // A zero says that a comparison was made: no data is not health.
    this.#metrics.count('ShadowMismatches', equal ? 0 : 1);
  }
}
