import { readFile, readlink, realpath, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

/**
 * Cleans up what a killed orchestrator left in a data directory: a running server is stopped (fast,
 * then harder), and a pid file whose pid belongs to another program is removed. A dead server's pid
 * file is left to PostgreSQL, which uses it to see whether old backends still hold the shared
 * memory.
 */
export async function clearOrphan(dataDir: string): Promise<void> {
  const pidFile = join(dataDir, 'postmaster.pid');
  const pid = Number((await readFile(pidFile, 'utf8').catch(() => '')).split('\n')[0]);
  if (!Number.isInteger(pid) || pid <= 1 || !isAlive(pid)) return;
  if (await serves(pid, dataDir)) await stopServer(pid);
  else await rm(pidFile, { force: true });
}

/** Stops a PostgreSQL server: fast shutdown, then immediate, then kill; returns once the process is gone. */
export async function stopServer(pid: number): Promise<void> {
  for (const [signal, milliseconds] of [
    ['SIGINT', 20_000],
    ['SIGQUIT', 5_000],
    ['SIGKILL', 5_000],
  ] as const) {
    send(pid, signal);
    const deadline = performance.now() + milliseconds;
    while (performance.now() < deadline) {
      if (!isAlive(pid)) return;
      await wait(10);
    }
  }
  throw new Error(`PostgreSQL (pid ${pid}) does not end: stop it by hand`);
}

/** A server's working directory is its data directory. */
async function serves(pid: number, dataDir: string): Promise<boolean> {
  const folder = await readlink(`/proc/${pid}/cwd`).catch(() => null);
  // Without /proc (macOS), the pid file is trusted.
  if (folder === null) return process.platform !== 'linux';
  return folder === (await realpath(dataDir));
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It ended in between.
  }
}
