import type { ChildProcess } from 'node:child_process';
import { closeSync, openSync, statSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { Client } from 'pg';
import type { Part } from '../process/part.ts';
import { freePort } from '../process/port.ts';
import { type Account, chooseAccount, own } from './account.ts';
import { findBinaries } from './binaries.ts';
import { isCode } from './error-code.ts';
import { initialise } from './initialise.ts';
import { clearOrphan, stopServer } from './orphan.ts';
import { type Durability, settings } from './settings.ts';

export interface PostgresOptions extends Durability {
  readonly dataDir: string;
  /** A free one unless given. */
  readonly port?: number;
  /** The superuser's name and password, `postgres` and `portage` unless given; kept in the data directory. */
  readonly user?: string;
  readonly password?: string;
  /** Created when missing; `postgres` unless given. */
  readonly database?: string;
  /** Told the pid as soon as there is one, so that a reaper can know it before the server is ready. */
  readonly onPid?: (pid: number) => void;
}

export interface Postgres extends Part {
  readonly connectionString: string;
  readonly host: string;
  readonly port: number;
  readonly pid: number;
  readonly dataDir: string;
}

/** A start that may be tried again at once: the port was taken, or a dead server's backends are still ending. */
class PassingFailure extends Error {}

/** Starts PostgreSQL on a data directory, made if missing, recovered if it was killed; ready when it answers a query. */
export async function startPostgres(options: PostgresOptions): Promise<Postgres> {
  const dataDir = resolve(options.dataDir);
  const superuser = { user: options.user ?? 'postgres', password: options.password ?? 'portage' };
  const database = options.database ?? 'postgres';
  const binaries = await findBinaries();
  await mkdir(dirname(dataDir), { recursive: true });
  const account = chooseAccount(binaries.postgres, dataDir);
  await initialise(binaries, account, dataDir, superuser);
  // A restored backup was written by the present user.
  await own(dataDir, account);
  await clearOrphan(dataDir);

  const deadline = performance.now() + 20_000;
  for (;;) {
    const port = await freePort(options.port, 'PostgreSQL');
    const at = { host: '127.0.0.1', port, ...superuser };
    try {
      const child = await launch(binaries.postgres, account, dataDir, at, options);
      await createDatabase(at, database);
      const url = new URL(`postgres://127.0.0.1:${port}`);
      url.username = superuser.user;
      url.password = superuser.password;
      url.pathname = `/${database}`;
      let stopped: Promise<void> | undefined;
      return {
        name: 'postgres',
        endpoint: `postgres://127.0.0.1:${port}`,
        connectionString: url.href,
        host: at.host,
        port,
        pid: child.pid,
        dataDir,
        stop: () => (stopped ??= child.exited() ? Promise.resolve() : stopServer(child.pid)),
      };
    } catch (error) {
      if (!(error instanceof PassingFailure) || performance.now() > deadline) throw error;
      await wait(100);
    }
  }
}

interface Superlogin {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
}

interface Server {
  readonly pid: number;
  exited(): boolean;
}

async function launch(
  program: string,
  account: Account,
  dataDir: string,
  at: Superlogin,
  options: PostgresOptions,
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

  // Crash recovery and the recovery of a restored backup happen in here, so the patience is long.
  const deadline = performance.now() + 120_000;
  for (;;) {
    if (exited() || pid === undefined) {
      const said = (await readFile(logFile)).subarray(logStart).toString().trim();
      const message = `PostgreSQL on ${dataDir} did not start: ${spawnError?.message ?? said.replaceAll('\n', ' ')}`;
      const portTaken = options.port === undefined && said.includes('could not bind');
      if (portTaken || said.includes('pre-existing shared memory')) throw new PassingFailure(message);
      throw new Error(message);
    }
    if (await answers(at, dataDir)) return { pid, exited };
    if (performance.now() > deadline) {
      await stopServer(pid);
      throw new Error(`PostgreSQL on ${dataDir} does not answer: see ${logFile}`);
    }
    await wait(20);
  }
}

/** Asks for the data directory, since on a port that was lost to another program somebody else might answer. */
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

async function createDatabase(at: Superlogin, database: string): Promise<void> {
  const client = new Client({ ...at, database: 'postgres' });
  await client.connect();
  try {
    const found = await client.query('select 1 from pg_database where datname = $1', [database]);
    if (found.rowCount === 0) await client.query(`create database ${client.escapeIdentifier(database)}`);
  } finally {
    await client.end();
  }
}
