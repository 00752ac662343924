/** A state failed: `error` is the name that Retry and Catch match, `reason` what AWS calls the Cause. */
export class StateFailure extends Error {
  override readonly name = 'StateFailure';
  readonly error: string;
  readonly reason: string;

  constructor(error: string, reason: string) {
    super(`${error}: ${reason}`);
    this.error = error;
    this.reason = reason;
  }
}

/** The interpretation ends here without an outcome of its own: stopped, timed out, a sibling failed, or the service ends. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';
  /** After a shutdown the execution stays RUNNING in its journal and goes on at the next start. */
  readonly shutdown: boolean;

  constructor(message: string, shutdown = false) {
    super(message);
    this.shutdown = shutdown;
  }
}

/** What a thrown value means for the state: failures stay, anything else is a fault of the engine, `States.Runtime`. */
export function toFailure(thrown: unknown): StateFailure {
  if (thrown instanceof StateFailure) return thrown;
  return new StateFailure('States.Runtime', messageOf(thrown));
}

/** The message of whatever was thrown. */
export function messageOf(thrown: unknown): string {
  if (typeof thrown === 'object' && thrown !== null && 'message' in thrown) return String(thrown.message);
  return String(thrown);
}
