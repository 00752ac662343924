import { UsersRefused } from '../errors.ts';
import type { ControlTable } from '../ports/control.ts';
import type { LegacyUser, LegacyUsers } from '../ports/legacy-users.ts';
import type { UserPool } from '../ports/user-pool.ts';
import { migrated } from './migrate.ts';

export interface ImportStep {
  readonly created: number;
  readonly present: number;
  readonly refused: number;
  /** Where the next step continues; null once all users are imported. */
  readonly after: string | null;
}

export interface ImportPorts {
  readonly users: LegacyUsers;
  readonly pool: Pick<UserPool, 'create'>;
  readonly control: Pick<ControlTable, 'write' | 'list' | 'remove'>;
}

/** Control record kind, id = username: the pool does not take this user, in the pool's words. */
const REFUSED = 'USER_REFUSED';

/**
 * Creates the next users of the legacy table in the pool, in order of username; repeating a step creates no user twice. A user whom the pool
 * refuses is recorded by name, and the others go on. `width` calls run concurrently, because Cognito allows only some dozens a second.
 */
export async function importUsers(
  ports: ImportPorts,
  step: { readonly after: string | null; readonly limit: number; readonly width: number },
): Promise<ImportStep> {
  const page = await ports.users.page(step.after, step.limit);
  const counts = await createAll(ports, page, step.width);
  const last = page.at(-1);
  return { ...counts, after: page.length < step.limit ? null : (last?.username ?? null) };
}

/**
 * Creates users as `importUsers` does, step after step until `pause` returns true. Few users a call would make many calls, whose events
 * an execution could not hold.
 */
export async function importUntil(
  ports: ImportPorts,
  step: Parameters<typeof importUsers>[1],
  pause: () => boolean,
): Promise<ImportStep> {
  let total = await importUsers(ports, step);
  while (total.after !== null && !pause()) {
    const more = await importUsers(ports, { ...step, after: total.after });
    total = {
      created: total.created + more.created,
      present: total.present + more.present,
      refused: total.refused + more.refused,
      after: more.after,
    };
  }
  return total;
}

/** Creates the users that were added or renamed since the mark; null if only a pass over all users would find them. */
export async function importChanged(
  ports: ImportPorts,
  step: { readonly mark: number; readonly width: number },
): Promise<ImportStep | null> {
  const changed = await ports.users.changedSince(step.mark);
  return changed === null ? null : { ...(await createAll(ports, changed, step.width)), after: null };
}

async function createAll(
  { pool, control }: ImportPorts,
  users: readonly LegacyUser[],
  width: number,
): Promise<Omit<ImportStep, 'after'>> {
  const known = new Set((await refusedUsers(control)).map(({ username }) => username));
  const counts = { created: 0, present: 0, refused: 0 };
  const createOne = async (user: LegacyUser): Promise<void> => {
    const outcome = await pool.create(migrated(user));
    if (typeof outcome === 'object') {
      await control.write(REFUSED, user.username, outcome.refused, 'any');
      counts.refused += 1;
      return;
    }
    counts[outcome] += 1;
    if (known.has(user.username)) await control.remove(REFUSED, user.username);
  };
  for (let at = 0; at < users.length; at += width) await Promise.all(users.slice(at, at + width).map(createOne));
  return counts;
}

/** The users whom the pool refused at the last attempt, with its reason. */
export async function refusedUsers(
  control: Pick<ControlTable, 'list'>,
): Promise<readonly { readonly username: string; readonly reason: string }[]> {
  return (await control.list<string>(REFUSED)).map(({ id, value }) => ({ username: id, reason: value }));
}

/** Throws UsersRefused while a user is not in the pool because the pool refused it: the account would be lost with PostgreSQL. */
export async function assertImported(control: Pick<ControlTable, 'list'>): Promise<void> {
  const refused = await refusedUsers(control);
  if (refused.length === 0) return;
  throw new UsersRefused({
    count: refused.length,
    first: refused.slice(0, 5).map(({ username, reason }) => `${username} (${reason})`),
  });
}

/** Control record kind AUTH, id `import`: changes after it belong to the late import. */
export async function markImport(control: ControlTable, mark: number): Promise<void> {
  await control.write('AUTH', 'import', { mark }, 'any');
}

/** The highest changelog number at the start of the import, or 0. */
export async function importMark(control: ControlTable): Promise<number> {
  return (await control.read<{ readonly mark: number }>('AUTH', 'import'))?.value.mark ?? 0;
}
