import type { ChildProcess } from 'node:child_process';
import { closeSync, openSync, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { Client } from 'pg';
import type { Account } from './account.ts';
import { isCode } from '../process/error-code.ts';
import { outputWithRemedy } from '../process/startup-error.ts';
import { stopServer } from './orphan.ts';
import { type ServerSettings, settings } from './settings.ts';

export interface LaunchOptions extends ServerSettings {
  /** A free one unless given; 0 is the same. */
  readonly port?: number;
  /**
   * Called with the pid as soon as it is known, so that a reaper can find the server before it is
   * ready.
   */
  readonly onPid?: (pid: number) => void;
}

/**
 * A start that may be retried at once: the port was taken, or a dead server's backends are still
 * ending.
 */
export class PassingFailure extends Error {}

export interface Superlogin {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
}

export interface Server {
  readonly pid: number;
  exited(): boolean;
}

/**
 * Starts the program and waits until it responds to a query; a server that never does is stopped.
 */
export async function launch(
  program: string,
  account: Account,
  dataDir: string,
  at: Superlogin,
  options: LaunchOptions,
): Promise<Server> {
  const logFile = `${dataDir}.log`;
  // A file, not a pipe: the server must outlive this process without a broken pipe.
  const log = openSync(logFile, 'a');
  const logStart = statSync(logFile).size;
  const child: ChildProcess = account.spawn(program, ['-D', dataDir, '-p', String(at.port), ...settings(options)], {
    cwd: dirname(dataDir),
    stdio: ['ignore', log, log],
  });
  closeSync(log);
  let spawnError: Error | undefined;
  child.once('error', (error) => (spawnError = error));
  const { pid } = child;
  if (pid !== undefined) options.onPid?.(pid);
  const exited = () => spawnError !== undefined || child.exitCode !== null || child.signalCode !== null;

  // Includes crash recovery and the recovery of a restored backup, so the timeout is long.
  const deadline = performance.now() + 120_000;
  for (;;) {
    if (exited() || pid === undefined) {
      const said = (await readFile(logFile)).subarray(logStart).toString().trim();
      const message = `PostgreSQL on ${dataDir} did not start: ${spawnError?.message ?? said.replaceAll('\n', ' ')}`;
      const portTaken = (options.port ?? 0) === 0 && said.includes('could not bind');
      if (portTaken || said.includes('pre-existing shared memory')) throw new PassingFailure(message);
      throw outputWithRemedy(said, dataDir) ?? new Error(message);
    }
    try {
      if (await answers(at, dataDir)) return { pid, exited };
      if (performance.now() > deadline) throw new Error(`PostgreSQL on ${dataDir} does not answer: see ${logFile}`);
    } catch (error) {
      await stopServer(pid);
      throw error;
    }
    await wait(20);
  }
}

/** Checks the data directory, because another server might listen on a port that was lost. */
async function answers(at: Superlogin, dataDir: string): Promise<boolean> {
  const client = new Client({ ...at, database: 'postgres', connectionTimeoutMillis: 5_000 });
  client.on('error', () => {});
  try {
    await client.connect();
    const { rows } = await client.query<{ folder: string }>("select current_setting('data_directory') as folder");
    return rows[0]?.folder === dataDir;
  } catch (error) {
    if (isCode(error, '28P01', '28000')) {
      throw new Error(`${dataDir} was made with another user or password: give that one, or remove the folder`, {
        cause: error,
      });
    }
    return false;
  } finally {
    await client.end().catch(() => {});
  }
}
