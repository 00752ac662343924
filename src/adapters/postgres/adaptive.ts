import { AnswerTooLarge } from './statement-failed.ts';

/** Rows asked for at once, made smaller when an answer is too large and larger again slowly. */
export class Appetite {
  readonly #sizes = new Map<string, number>();
  readonly #start: number;

  constructor(start: number) {
    this.#start = start;
  }

  /**
   * Asks for at most \`limit\` things in as few calls as the limits of an answer allow. \`ask\` gets a number of rows and answers
   * whether the rows are exhausted; one row alone that is too large is the caller's error.
   */
  async feed(kind: string, limit: number, ask: (size: number) => Promise<number>): Promise<void> {
    let got = 0;
    while (got < limit) {
      const size = Math.min(limit - got, this.#sizes.get(kind) ?? this.#start);
      try {
        const count = await ask(size);
        got += count;
        if (count < size) return;
        this.#sizes.set(kind, Math.ceil((this.#sizes.get(kind) ?? this.#start) * 1.1));
      } catch (error) {
        if (!(error instanceof AnswerTooLarge) || size === 1) throw error;
        this.#sizes.set(kind, Math.floor(size / 2));
      }
    }
  }
}
