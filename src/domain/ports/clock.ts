/** Time in milliseconds that never jumps: neither a simulated clock nor one that is set can stretch or end a wait. */
export interface MonotonicClock {
  monotonic(): number;
  sleep(milliseconds: number): Promise<void>;
}

/** What a writer needs of time; `now` stamps items and is read by people only. */
export interface Clock extends MonotonicClock {
  now(): Date;
}
