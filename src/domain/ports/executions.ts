/** State machine executions, as locks and gates need them. */
export interface Executions {
  /** False once the execution has ended in any way, or was never started. */
  running(executionArn: string): Promise<boolean>;
  /** Ends a waiting task well; `closed` when the token was used, timed out, or belongs to an execution that ended. */
  succeed(token: string, output: unknown): Promise<'sent' | 'closed'>;
  fail(token: string, error: string, cause: string): Promise<'sent' | 'closed'>;
  /** Ends an execution that still runs; ended already is ended. */
  stop(executionArn: string, cause: string): Promise<void>;
}
