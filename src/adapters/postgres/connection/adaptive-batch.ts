import { AnswerTooLarge } from './statement-failed.ts';

/** What one call returned of what was requested. */
export interface BatchResult {
  /** Rows or keys that were processed. */
  readonly progress: number;
  /** The response reached its size limit before it held everything requested. */
  readonly cut: boolean;
  /** There are no more rows. */
  readonly exhausted: boolean;
}

/** Responses to wait before growing the batch again, after one was refused as too large. */
const BACKOFF_RESPONSES = 16;

/** The number of rows to request at once, learned per kind of query. */
export class AdaptiveBatchSize {
  readonly #sizes = new Map<string, number>();
  readonly #backoff = new Map<string, number>();
  readonly #start: number;
  readonly #max: number;

  constructor(start: number, max = 1000) {
    this.#start = start;
    this.#max = max;
  }

  /** Fetches until `limit` is reached or nothing is left. Throws AnswerTooLarge when a single row exceeds the limit of a response. */
  async fetchAll(kind: string, limit: number, fetch: (size: number) => Promise<BatchResult>): Promise<void> {
    let reached = 0;
    while (reached < limit) {
      const learned = this.#sizes.get(kind) ?? this.#start;
      const size = Math.min(limit - reached, learned);
      try {
        const { progress, cut, exhausted } = await fetch(size);
        reached += progress;
        if (exhausted) return;
        // Rows that did not fit were computed in vain: request slightly more than what fitted.
        if (cut) this.#sizes.set(kind, Math.max(1, Math.ceil(progress * 1.1)));
        else if (size === learned && this.#canGrow(kind))
          this.#sizes.set(kind, Math.min(this.#max, Math.ceil(size * 1.5)));
      } catch (error) {
        if (!(error instanceof AnswerTooLarge) || size === 1) throw error;
        this.#sizes.set(kind, Math.max(1, Math.floor(size / 2)));
        this.#backoff.set(kind, BACKOFF_RESPONSES);
      }
    }
  }

  #canGrow(kind: string): boolean {
    const left = this.#backoff.get(kind) ?? 0;
    this.#backoff.set(kind, Math.max(0, left - 1));
    return left === 0;
  }
}

/** A batch of consecutive rows: fewer rows than requested, without a cut, means that there are no more. */
export function batchOfRows(
  answer: { readonly joined: readonly unknown[]; readonly cut: boolean },
  size: number,
): BatchResult {
  const progress = answer.joined.length;
  return { progress, cut: answer.cut, exhausted: !answer.cut && progress < size };
}

/** A batch of listed keys, some of which may have no row: after a cut, the last key returned gives the progress. */
export function batchOfKeys(answer: { readonly last: number; readonly cut: boolean }, requested: number): BatchResult {
  return { progress: answer.cut ? answer.last : requested, cut: answer.cut, exhausted: false };
}
