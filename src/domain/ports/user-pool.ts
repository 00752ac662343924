/** A user as the pool is told about it; attributes by Cognito's own names (`email`, `email_verified`). */
export interface PoolUser {
  readonly username: string;
  readonly attributes: Readonly<Record<string, string>>;
}

/** The identity provider that takes over from the legacy users table. */
export interface UserPool {
  /** ARN of the user migration trigger, or null where none is attached. */
  trigger(): Promise<string | null>;
  /** Attaches the trigger and leaves every other setting of the pool as it is. */
  attachTrigger(functionArn: string): Promise<void>;
  /** Creates a confirmed user without any mail; `present` when the name or an alias is taken already. */
  create(user: PoolUser): Promise<'created' | 'present'>;
  /** Number of users, and those that have no password of their own yet. */
  count(): Promise<number>;
  /** E-mail addresses of all users, a page at a time, lower case. */
  list(after: string | null): Promise<{ readonly emails: readonly string[]; readonly next: string | null }>;
}
