import { type ChildProcess, spawn, spawnSync, type StdioOptions } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { chown, readdir, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';

/**
 * The account that runs PostgreSQL's programs: they refuse root, so root uses an unprivileged
 * account.
 */
export interface Account {
  /** Null when the programs run as the current user. */
  readonly ids: { readonly uid: number; readonly gid: number } | null;
  spawn(program: string, args: readonly string[], options: { cwd: string; stdio: StdioOptions }): ChildProcess;
}

/** Chooses the account that can run `program` and reach `dataDir`; throws one line with the remedy where none can. */
export function chooseAccount(program: string, dataDir: string): Account {
  if (process.getuid?.() !== 0) {
    return {
      ids: null,
      spawn: (file, args, options) => spawn(file, args, { ...options, detached: true, env: environment() }),
    };
  }
  const ids = ownerOf(dataDir) ?? nobody();
  const closed = [dirname(program), dirname(resolve(dataDir))].map((path) => closedFolder(path, ids)).find(Boolean);
  if (closed === undefined) {
    return {
      ids,
      spawn: (file, args, options) => spawn(file, args, { ...options, ...ids, detached: true, env: environment() }),
    };
  }
  // A checkout below /root (mode 0700) is common in containers. The account keeps one capability,
  // to traverse closed folders; no permissions are changed. The secure bit makes access(2), which
  // initdb uses, honour that capability too.
  const prefix = ['--reuid', String(ids.uid), '--regid', String(ids.gid), '--clear-groups'];
  prefix.push(
    '--inh-caps',
    '+dac_override',
    '--ambient-caps',
    '+dac_override',
    '--securebits',
    '+no_setuid_fixup',
    '--',
  );
  const probe = [...prefix, 'sh', '-c', 'test -x "$0"', program];
  if (spawnSync('setpriv', probe, { stdio: 'ignore' }).status !== 0) {
    throw new Error(
      `PostgreSQL does not run as root, and uid ${ids.uid} cannot pass ${closed}: chmod o+x ${closed}, or move the project`,
    );
  }
  return {
    ids,
    spawn: (file, args, options) =>
      spawn('setpriv', [...prefix, file, ...args], { ...options, detached: true, env: environment() }),
  };
}

/**
 * Changes the owner of a folder and its content to the account; does nothing when the programs run
 * as the current user.
 */
export async function own(path: string, account: Account): Promise<void> {
  if (account.ids === null) return;
  if ((await stat(path)).uid === account.ids.uid) return;
  for (const entry of await readdir(path, { recursive: true, withFileTypes: true })) {
    await chown(join(entry.parentPath, entry.name), account.ids.uid, account.ids.gid);
  }
  // Last, because it marks completion.
  await chown(path, account.ids.uid, account.ids.gid);
}

/** A data directory of an earlier run is served by its owner. */
function ownerOf(dataDir: string): Account['ids'] {
  const found = statSync(dataDir, { throwIfNoEntry: false });
  return found === undefined || found.uid === 0 ? null : { uid: found.uid, gid: found.gid };
}

function nobody(): { uid: number; gid: number } {
  const line = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((entry) => entry.split(':'))
    .find(([name]) => name === 'nobody');
  if (line === undefined)
    throw new Error('PostgreSQL does not run as root, and there is no user "nobody": useradd nobody');
  return { uid: Number(line[2]), gid: Number(line[3]) };
}

/** The first existing folder on the way to `path` that this account may not traverse. */
function closedFolder(path: string, ids: { uid: number; gid: number }): string | undefined {
  const parent = dirname(path);
  const above = parent === path ? undefined : closedFolder(parent, ids);
  if (above !== undefined) return above;
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined) return undefined;
  const bit = found.uid === ids.uid ? 0o100 : found.gid === ids.gid ? 0o010 : 0o001;
  return (found.mode & bit) === 0 ? path : undefined;
}

/** The user's PGPORT or PGDATA must not affect this server. */
function environment(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !name.startsWith('PG'));
  return { ...Object.fromEntries(kept), LC_ALL: 'C', TZ: 'UTC' };
}
