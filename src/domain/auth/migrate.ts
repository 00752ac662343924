import type { LegacyUser, LegacyUsers } from '../ports/legacy-users.ts';
import { verifyPassword, NOBODY, type Scheme } from './password-hash.ts';

/** What the trigger tells Cognito about a user that it may take over. */
export interface Migrated {
  readonly username: string;
  readonly attributes: Readonly<Record<string, string>>;
}

/** A sign-in: the legacy user if the password fits, else null, alike for unknown users and wrong passwords. */
export async function migrateOnSignIn(
  users: LegacyUsers,
  scheme: Scheme,
  username: string,
  password: string,
): Promise<Migrated | null> {
  const user = pick(await users.named(username), username);
  const ok = await verifyPassword(password, user?.passwordHash ?? NOBODY, user?.passwordHash ? scheme : 'any');
  return user !== null && user.passwordHash !== null && ok ? migrated(user) : null;
}

/** Forgot-password brings no password: the code that Cognito mails to the legacy address is the proof. */
export async function migrateOnForgotPassword(users: LegacyUsers, username: string): Promise<Migrated | null> {
  const user = pick(await users.named(username), username);
  return user === null ? null : migrated(user);
}

/** As the pool gets it, whichever way the user comes. */
export function migrated(user: LegacyUser): Migrated {
  return { username: user.username, attributes: { email: user.email.trim().toLowerCase(), email_verified: 'true' } };
}

/** The very name first; a name that fits several users in other cases belongs to none of them (RACE-50). */
function pick(users: readonly LegacyUser[], username: string): LegacyUser | null {
  const exact = users.find((user) => user.username === username);
  if (exact) return exact;
  return users.length === 1 ? (users[0] ?? null) : null;
}
