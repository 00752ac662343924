/** A call of the application: from when to when, in milliseconds of the monotonic clock. */
interface Call {
  readonly kind: string;
  readonly from: number;
  readonly to: number;
}

/** What the application's sessions waited, and what failed. */
export class Waits {
  readonly #calls: Call[] = [];
  readonly failures: string[] = [];
  /** Errors of the client that say `retryable`, after each of which the same call was repeated. */
  retries = 0;

  /** Measures one call; a failure is kept, and the session goes on. */
  async measure<T>(kind: string, work: () => Promise<T>): Promise<T | null> {
    const from = performance.now();
    try {
      return await work();
    } catch (error) {
      this.failures.push(`${kind}: ${String(error)}`);
      return null;
    } finally {
      this.#calls.push({ kind, from, to: performance.now() });
    }
  }

  /** Calls that ran at some moment of the interval, and the longest of them by kind. */
  during(from: number, to: number): { readonly calls: number; readonly longest: ReadonlyMap<string, number> } {
    const within = this.#calls.filter((call) => call.from < to && call.to > from);
    const longest = new Map<string, number>();
    for (const call of within) longest.set(call.kind, Math.max(longest.get(call.kind) ?? 0, call.to - call.from));
    return { calls: within.length, longest };
  }
}
