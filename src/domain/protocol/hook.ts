/** Called at each named interruption point, so that a test can stop, delay or kill the work right there. */
export type Hook = (step: string) => Promise<void> | void;

/** What the protocol needs of time and chance. \`monotonic\` in milliseconds never jumps; \`now\` is for stamps and people only. */
export interface Clock {
  now(): Date;
  monotonic(): number;
  sleep(ms: number): Promise<void>;
}
