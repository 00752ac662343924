/** Who may write to, or log in to, PostgreSQL while it is being left. Every change may be repeated. */
export interface SourceAccess {
  /** Refuses every write to the mapped tables; returns once no older writer is open. */
  fence(): Promise<void>;
  unfence(): Promise<void>;
  /** Takes the login from every role but our own; answers the roles. */
  lockOutLogins(): Promise<readonly string[]>;
  restoreLogins(): Promise<readonly string[]>;
}
