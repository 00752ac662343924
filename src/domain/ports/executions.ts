/** State machine executions, as locks and gates need them. */
export interface Executions {
  /** False once the execution has ended in any way, or was never started. */
  running(executionArn: string): Promise<boolean>;
  /** Completes a waiting task; `closed` when the token was used, timed out, or belongs to an execution that ended. */
  succeed(token: string, output: unknown): Promise<'sent' | 'closed'>;
  fail(token: string, error: string, cause: string): Promise<'sent' | 'closed'>;
  /** Stops a running execution; idempotent. */
  stop(executionArn: string, cause: string): Promise<void>;
}

/** The rollback as a state machine. */
export interface Rollback {
  /** Starts it under a name, once: a second call with the same name does nothing. */
  start(name: string, input: { readonly reason: string; readonly error: string }): Promise<void>;
}
