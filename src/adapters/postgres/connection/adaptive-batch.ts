import { AnswerTooLarge } from './statement-failed.ts';

/** What one call brought of what it was asked for. */
export interface BatchResult {
  /** How far it came, in the units of the request. */
  readonly progress: number;
  /** The answer was full before everything asked for was in it. */
  readonly cut: boolean;
  /** There is no more, however much is asked for. */
  readonly exhausted: boolean;
}

/** Answers after which more is tried again, once one was refused as too large. */
const BACKOFF_RESPONSES = 16;

/** How much to ask for at once, learned per kind of answer. */
export class AdaptiveBatchSize {
  readonly #sizes = new Map<string, number>();
  readonly #wary = new Map<string, number>();
  readonly #start: number;
  readonly #most: number;

  constructor(start: number, most = 1000) {
    this.#start = start;
    this.#most = most;
  }

  /** Asks until `limit` is reached or nothing is left. An answer of one row that is too large is the caller's error. */
  async fetchAll(kind: string, limit: number, ask: (size: number) => Promise<BatchResult>): Promise<void> {
    let reached = 0;
    while (reached < limit) {
      const usual = this.#sizes.get(kind) ?? this.#start;
      const size = Math.min(limit - reached, usual);
      try {
        const { progress, cut, exhausted } = await ask(size);
        reached += progress;
        if (exhausted) return;
        // What did not fit was computed for nothing: ask for a little more than what did.
        if (cut) this.#sizes.set(kind, Math.max(1, Math.ceil(progress * 1.1)));
        else if (size === usual && this.#canGrow(kind))
          this.#sizes.set(kind, Math.min(this.#most, Math.ceil(size * 1.5)));
      } catch (error) {
        if (!(error instanceof AnswerTooLarge) || size === 1) throw error;
        this.#sizes.set(kind, Math.max(1, Math.floor(size / 2)));
        this.#wary.set(kind, BACKOFF_RESPONSES);
      }
    }
  }

  #canGrow(kind: string): boolean {
    const left = this.#wary.get(kind) ?? 0;
    this.#wary.set(kind, Math.max(0, left - 1));
    return left === 0;
  }
}

/** A portion of consecutive rows: fewer than asked for, and not for want of room, means that they are exhausted. */
export function batchOfRows(
  answer: { readonly joined: readonly unknown[]; readonly cut: boolean },
  size: number,
): BatchResult {
  const progress = answer.joined.length;
  return { progress, cut: answer.cut, exhausted: !answer.cut && progress < size };
}

/** A portion of listed keys, some of which may have no row: the last one answered says how far a full answer came. */
export function batchOfKeys(answer: { readonly last: number; readonly cut: boolean }, asked: number): BatchResult {
  return { progress: answer.cut ? answer.last : asked, cut: answer.cut, exhausted: false };
}
