/**
 * When a wait ends. `at` is a time of the clock; `wall`, where present, is the real time in milliseconds before which
 * the wait must not end however far the clock jumps. Plain data, so that a journal can keep it across a restart.
 */
export interface Deadline {
  readonly at: number;
  readonly wall?: number | undefined;
}

export type JumpListener = (jump: { readonly from: number; readonly to: number }) => void;

/** The time of the embedded stack, in milliseconds since 1970. It never goes back. */
export interface SimulatedClock {
  now(): number;
  /** Waits `ms`; rejects with the signal's reason when aborted. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** Fixes the end of a wait of `ms` that starts now, to be waited for with `until`, possibly after a restart. */
  deadline(ms: number): Deadline;
  /** Waits for a deadline; only this (and `sleep`) may make a simulated clock jump. */
  until(deadline: Deadline, signal?: AbortSignal): Promise<void>;
  /**
   * Resolves once the clock has reached `at`, by real time or by a jump that another wait caused.
   */
  reached(at: number, signal?: AbortSignal): Promise<void>;
  /** Keeps the clock from jumping until the function that it returns is called: work under way takes no simulated time. */
  hold(): () => void;
  /** Calls the listener after each jump; returns a function that unsubscribes. */
  onJump(listener: JumpListener): () => void;
}
