import type { ControlTable } from '../ports/control.ts';
import type { LegacyUsers } from '../ports/legacy-users.ts';
import type { UserPool } from '../ports/user-pool.ts';
import { migrated } from './migrate.ts';

/** How many of the legacy users the pool has. */
export interface Coverage {
  readonly legacyUsers: number;
  readonly poolUsers: number;
  readonly percent: number;
}

/** Coverage by counts; users of the pool who never were legacy users can make it look better than it is. */
export async function measureCoverage(users: LegacyUsers, pool: UserPool): Promise<Coverage> {
  const [legacyUsers, poolUsers] = await Promise.all([users.count(), pool.count()]);
  const percent = legacyUsers === 0 ? 100 : Math.min(100, Math.round((poolUsers / legacyUsers) * 10_000) / 100);
  return { legacyUsers, poolUsers, percent };
}

/** Control record kind AUTH, id `coverage`. */
export async function recordCoverage(control: ControlTable, coverage: Coverage, now: string): Promise<void> {
  await control.write('AUTH', 'coverage', { ...coverage, at: now }, 'any');
}

export interface ImportStep {
  readonly created: number;
  readonly present: number;
  /** Where to go on; null once everybody is there. */
  readonly after: string | null;
}

/**
 * Creates the next users of the legacy table in the pool, in the order of their names; repeating a step creates nobody twice.
 * `width` calls go at once: Cognito allows some dozens a second.
 */
export async function importUsers(
  users: LegacyUsers,
  pool: UserPool,
  step: { readonly after: string | null; readonly limit: number; readonly width: number },
): Promise<ImportStep> {
  const page = await users.page(step.after, step.limit);
  let created = 0;
  for (let at = 0; at < page.length; at += step.width) {
    const outcomes = await Promise.all(page.slice(at, at + step.width).map((user) => pool.create(migrated(user))));
    created += outcomes.filter((outcome) => outcome === 'created').length;
  }
  const last = page.at(-1);
  const after = page.length < step.limit ? null : (last?.username ?? null);
  return { created, present: page.length - created, after };
}
