import type { ControlTable } from '../ports/control.ts';
import type { LegacyUsers } from '../ports/legacy-users.ts';
import type { UserPool } from '../ports/user-pool.ts';

/** The share of the legacy users that the pool has. */
export interface Coverage {
  readonly legacyUsers: number;
  readonly poolUsers: number;
  readonly percent: number;
}

/** Coverage by counts; pool users who never were legacy users can make it too high. */
export async function measureCoverage(users: LegacyUsers, pool: Pick<UserPool, 'count'>): Promise<Coverage> {
  const [legacyUsers, poolUsers] = await Promise.all([users.count(), pool.count()]);
  const percent = legacyUsers === 0 ? 100 : Math.min(100, Math.round((poolUsers / legacyUsers) * 10_000) / 100);
  return { legacyUsers, poolUsers, percent };
}

/** Control record kind AUTH, id `coverage`. */
export async function recordCoverage(control: ControlTable, coverage: Coverage, now: string): Promise<void> {
  await control.write('AUTH', 'coverage', { ...coverage, at: now }, 'any');
}
