/** One running engine of the embedded stack. */
export interface Part {
  readonly name: string;
  readonly endpoint: string;
  stop(): Promise<void>;
}

/** A program outside Node that must not outlive the stack: known by its pid and by words of its command line. */
export interface GuardedProcess {
  readonly pid: number;
  /** Pids are reused: the pid is signalled only while its command line contains this. */
  readonly program: string;
  /** The first signal; SIGKILL follows when it did not help. */
  readonly signal: 'SIGTERM' | 'SIGQUIT' | 'SIGINT' | 'SIGKILL';
}
