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
