/** A user as the legacy table has it. */
export interface LegacyUser {
  readonly username: string;
  readonly email: string;
  /** Null where the user has no password here. */
  readonly passwordHash: string | null;
}

/** The table that held the users before the user pool. */
export interface LegacyUsers {
  /** Users whose name is this one in any case, few at most. */
  named(username: string): Promise<readonly LegacyUser[]>;
  /** Users behind `after` by name, in its order. */
  page(after: string | null, limit: number): Promise<readonly LegacyUser[]>;
  count(): Promise<number>;
  /** A mark to ask `changedSince` with later. */
  mark(): Promise<number>;
  /** Users written since the mark; null where nothing tells, because the table is not captured. */
  changedSince(mark: number): Promise<readonly LegacyUser[] | null>;
}
