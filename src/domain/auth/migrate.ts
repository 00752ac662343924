import type { LegacyUser, LegacyUsers } from '../ports/legacy-users.ts';
import { dummyHash, type Hashing, hasScheme, verifyPassword } from './password-hash.ts';

/** The attributes of a migrated user that the trigger returns to Cognito. */
export interface Migrated {
  readonly username: string;
  readonly attributes: Readonly<Record<string, string>>;
}

/**
 * Handles a sign-in: the legacy user if the password is correct; null for unknown users and wrong passwords alike. A user who is unknown or
 * has no hash of the plan's scheme takes as long as one who has.
 */
export async function migrateOnSignIn(
  users: LegacyUsers,
  hashing: Hashing,
  username: string,
  password: string,
): Promise<Migrated | null> {
  const user = pick(await users.named(username), username);
  const hash = user?.passwordHash ?? null;
  const known = hash !== null && hasScheme(hash, hashing.scheme);
  const ok = await verifyPassword(password, known ? hash : dummyHash(hashing), 'any');
  return user !== null && known && ok ? migrated(user) : null;
}

/** Handles a forgotten password: there is no password to check, so the code that Cognito mails to the legacy address is the proof. */
export async function migrateOnForgotPassword(users: LegacyUsers, username: string): Promise<Migrated | null> {
  const user = pick(await users.named(username), username);
  return user === null ? null : migrated(user);
}

/** The user's attributes in the pool, the same for every way of migrating. */
export function migrated(user: LegacyUser): Migrated {
  return { username: user.username, attributes: { email: user.email.trim().toLowerCase(), email_verified: 'true' } };
}

/** Prefers the exact name; a name that matches several users when case is ignored matches none of them (RACE-50). */
function pick(users: readonly LegacyUser[], username: string): LegacyUser | null {
  const exact = users.find((user) => user.username === username);
  if (exact) return exact;
  return users.length === 1 ? (users[0] ?? null) : null;
}
