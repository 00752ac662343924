/** Restricts writes and logins to PostgreSQL during decommission. Every change may be repeated. */
export interface SourceAccess {
  /** Refuses every write to the mapped tables; returns once no older writer is open. */
  fence(): Promise<void>;
  unfence(): Promise<void>;
  /** Revokes LOGIN from every role but our own and those of `keep`; returns the roles. */
  lockOutLogins(keep: readonly string[]): Promise<readonly string[]>;
  restoreLogins(): Promise<readonly string[]>;
}
