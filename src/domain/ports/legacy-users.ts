/** A user as the legacy table has it. */
export interface LegacyUser {
  readonly username: string;
  readonly email: string;
  /** Null where the user has no password here. */
  readonly passwordHash: string | null;
}

/** The table that held the users before the user pool. */
export interface LegacyUsers {
  /** Users with this name, ignoring case; a few at most. */
  named(username: string): Promise<readonly LegacyUser[]>;
  /** Users after `after`, ordered by name. */
  page(after: string | null, limit: number): Promise<readonly LegacyUser[]>;
  count(): Promise<number>;
  /** A position in the changelog for `changedSince`. */
  mark(): Promise<number>;
  /** Users written since the mark; null where the table is not captured. */
  changedSince(mark: number): Promise<readonly LegacyUser[] | null>;
}
