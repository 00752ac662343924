import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { isCode } from '../process/error-code.ts';
import { StartupError } from '../process/startup-error.ts';

const ownerSchema = z.object({ pid: z.number(), born: z.string() });

export interface DirectoryLock {
  /** Whether an earlier stack ended without releasing the lock. */
  readonly afterCrash: boolean;
  release(): void;
}

/** Locks the data directory for this process. Refused while the stack that holds it is alive; the lock of a dead one is taken over. */
export async function lockDirectory(dataDir: string, graceMs = 1000): Promise<DirectoryLock> {
  mkdirSync(dataDir, { recursive: true });
  const file = join(dataDir, 'stack.lock');
  const mine = JSON.stringify({ pid: process.pid, born: birthOf(process.pid) });
  const afterCrash = !write(file, mine);
  if (afterCrash) {
    const owner = read(file);
    // A process that has just been killed may still exist for a moment.
    if (owner !== null && !(await isGone(owner, graceMs)))
      throw new StartupError(
        `${dataDir} is in use by a running stack (pid ${owner.pid}): stop it with Ctrl-C there, or give another --data-dir`,
      );
    rmSync(file, { force: true });
    if (!write(file, mine))
      throw new StartupError(`${dataDir} has just been taken by another stack: give another --data-dir`);
  }
  return { afterCrash, release: () => rmSync(file, { force: true }) };
}

/** Creates the file; false when it is there already. */
function write(file: string, content: string): boolean {
  try {
    writeFileSync(file, content, { flag: 'wx' });
    return true;
  } catch (error) {
    if (isCode(error, 'EEXIST')) return false;
    throw error;
  }
}

function read(file: string): z.infer<typeof ownerSchema> | null {
  try {
    return ownerSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    return null;
  }
}

async function isGone({ pid, born }: z.infer<typeof ownerSchema>, graceMs: number): Promise<boolean> {
  const deadline = performance.now() + graceMs;
  while (birthOf(pid) === born) {
    if (pid === process.pid || performance.now() > deadline) return false;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return true;
}

/** Start time of a process, which distinguishes it from a later one with the same pid; empty when there is none. */
function birthOf(pid: number): string {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (!isCode(error, 'EPERM')) return '';
  }
  try {
    // Field 22 of proc_pid_stat(5), counted behind the command, which may hold blanks.
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? '' : (fields[19] ?? '');
  } catch {
    return 'unknown';
  }
}
