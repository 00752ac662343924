import type { ControlTable } from '../ports/control.ts';
import type { LegacyUser, LegacyUsers } from '../ports/legacy-users.ts';
import type { UserPool } from '../ports/user-pool.ts';
import { migrated } from './migrate.ts';

export interface ImportStep {
  readonly created: number;
  readonly present: number;
  /** Where the next step continues; null once all users are imported. */
  readonly after: string | null;
}

/**
 * Creates the next users of the legacy table in the pool, in order of username; repeating a step creates no user twice.
 * `width` calls run concurrently, because Cognito allows only some dozens a second.
 */
export async function importUsers(
  users: LegacyUsers,
  pool: UserPool,
  step: { readonly after: string | null; readonly limit: number; readonly width: number },
): Promise<ImportStep> {
  const page = await users.page(step.after, step.limit);
  const created = await createAll(pool, page, step.width);
  const last = page.at(-1);
  const after = page.length < step.limit ? null : (last?.username ?? null);
  return { created, present: page.length - created, after };
}

/** Creates the users that were added or renamed since the mark; null if only a pass over all users would find them. */
export async function importChanged(
  users: LegacyUsers,
  pool: UserPool,
  step: { readonly mark: number; readonly width: number },
): Promise<ImportStep | null> {
  const changed = await users.changedSince(step.mark);
  if (changed === null) return null;
  const created = await createAll(pool, changed, step.width);
  return { created, present: changed.length - created, after: null };
}

async function createAll(pool: UserPool, users: readonly LegacyUser[], width: number): Promise<number> {
  let created = 0;
  for (let at = 0; at < users.length; at += width) {
    const outcomes = await Promise.all(users.slice(at, at + width).map((user) => pool.create(migrated(user))));
    created += outcomes.filter((outcome) => outcome === 'created').length;
  }
  return created;
}

/** Control record kind AUTH, id `import`: changes after it belong to the late import. */
export async function markImport(control: ControlTable, mark: number): Promise<void> {
  await control.write('AUTH', 'import', { mark }, 'any');
}

/** The highest changelog number at the start of the import, or 0. */
export async function importMark(control: ControlTable): Promise<number> {
  return (await control.read<{ readonly mark: number }>('AUTH', 'import'))?.value.mark ?? 0;
}
