/** A user to create in the pool; attributes by Cognito's own names (`email`, `email_verified`). */
export interface PoolUser {
  readonly username: string;
  readonly attributes: Readonly<Record<string, string>>;
}

/** `present`: the pool has this user already. `refused`: the pool does not take it, with the reason. */
export type CreateOutcome = 'created' | 'present' | { readonly refused: string };

/** The identity provider that takes over from the legacy users table. */
export interface UserPool {
  /** ARN of the user migration trigger, or null where none is attached. */
  trigger(): Promise<string | null>;
  /** Attaches or detaches the trigger, and keeps every other setting of the pool. */
  setTrigger(functionArn: string | null): Promise<void>;
  /** True when the pool knows this name or alias. */
  has(username: string): Promise<boolean>;
  /** Creates a confirmed user without sending mail, able to use forgot-password. */
  create(user: PoolUser): Promise<CreateOutcome>;
  /** Number of users; the service's estimate where it gives one. */
  count(): Promise<number>;
}
