import { mkdir } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { Client } from 'pg';
import type { Part } from '../process/part.ts';
import { freePort } from '../process/free-port.ts';
import { chooseAccount, own } from './account.ts';
import { findBinaries } from './binaries.ts';
import { initialise } from './initialise.ts';
import { launch, type LaunchOptions, PassingFailure, type Superlogin } from './launch.ts';
import { clearOrphan, stopServer } from './orphan.ts';

export interface PostgresOptions extends LaunchOptions {
  readonly dataDir: string;
  /** The superuser's name and password, `postgres` and `portage` unless given; kept in the data directory. */
  readonly user?: string;
  readonly password?: string;
  /** Created when missing; `postgres` unless given. */
  readonly database?: string;
}

export interface Postgres extends Part {
  readonly connectionString: string;
  readonly host: string;
  readonly port: number;
  readonly pid: number;
  readonly dataDir: string;
}

/**
 * Starts PostgreSQL on a data directory, created if missing, recovered if it was killed; resolves
 * when it responds to a query.
 */
export async function startPostgres(options: PostgresOptions): Promise<Postgres> {
  const dataDir = resolve(options.dataDir);
  const superuser = { user: options.user ?? 'postgres', password: options.password ?? 'portage' };
  const database = options.database ?? 'postgres';
  const binaries = await findBinaries();
  await mkdir(dirname(dataDir), { recursive: true });
  const account = chooseAccount(binaries.postgres, dataDir);
  await initialise(binaries, account, dataDir, superuser);
  // A restored backup belongs to the current user.
  await own(dataDir, account);
  await clearOrphan(dataDir);

  const deadline = performance.now() + 20_000;
  for (;;) {
    const port = await freePort(options.port, 'PostgreSQL');
    const at = { host: '127.0.0.1', port, ...superuser };
    try {
      const child = await launch(binaries.postgres, account, dataDir, at, options);
      try {
        await createDatabase(at, database);
      } catch (error) {
        await stopServer(child.pid);
        throw error;
      }
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
