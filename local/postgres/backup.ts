import { readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Client } from 'pg';
import { copyTree } from './copy-tree.ts';

export interface BackupOptions {
  /** A superuser's connection to the running server. */
  readonly connectionString: string;
  /** The server's data directory. */
  readonly dataDir: string;
  /** Path of the backup; it gets this name only once it is complete. */
  readonly target: string;
  readonly label: string;
}

export interface Backup {
  readonly bytes: number;
  /** The copy is consistent from here on: it holds everything that was committed before. */
  readonly consistentAt: string;
}

/**
 * Folders whose contents do not belong in a backup: the server recreates them (PostgreSQL manual,
 * "Base Backup").
 */
const WITHOUT_CONTENTS = new Set([
  'pg_wal',
  'pg_replslot',
  'pg_dynshmem',
  'pg_notify',
  'pg_serial',
  'pg_snapshots',
  'pg_stat_tmp',
  'pg_subtrans',
]);

/**
 * Copies a running server's data directory by PostgreSQL's low-level backup API: between
 * pg_backup_start and pg_backup_stop, with the WAL written in between; writes may continue.
 */
export async function takeBackup(options: BackupOptions): Promise<Backup> {
  const { dataDir, target } = options;
  const unfinished = `${target}.partial`;
  await rm(unfinished, { recursive: true, force: true });
  const client = new Client({ connectionString: options.connectionString });
  client.on('error', () => {});
  await client.connect();
  try {
    // Keeps the WAL until it is copied; temporary, so that it is dropped with the session, even if
    // that breaks.
    await one(client, "select pg_create_physical_replication_slot('backup_' || pg_backend_pid(), true, true)");
    const start = await one(client, 'select pg_walfile_name(pg_backup_start($1, fast => true)) as file', [
      options.label,
    ]);
    const { bytes } = await copyTree({ from: dataDir, to: unfinished, take: takeFromData });
    const stop = await one(
      client,
      `select lsn, pg_walfile_name(lsn - 1) as file, labelfile, spcmapfile
         from pg_backup_stop(wait_for_archive => false)`,
    );
    if (stop.spcmapfile !== '') throw new Error('A server with tablespaces cannot be backed up');
    const wal = await copyWal(dataDir, unfinished, text(start.file), text(stop.file));
    // Tells the server on the copy to replay from the backup's start, not from the copied
    // pg_control.
    await writeFile(join(unfinished, 'backup_label'), text(stop.labelfile), { mode: 0o600 });
    await rm(target, { recursive: true, force: true });
    await rename(unfinished, target);
    return { bytes: bytes + wal, consistentAt: text(stop.lsn) };
  } finally {
    await client.end().catch(() => {});
  }
}

/** Copies the data directory of a server that does not run; its WAL is part of it. */
export async function takeColdBackup(dataDir: string, target: string): Promise<void> {
  const unfinished = `${target}.partial`;
  await rm(unfinished, { recursive: true, force: true });
  await copyTree({
    from: dataDir,
    to: unfinished,
    take: (path) => (['postmaster.pid', 'postmaster.opts'].includes(path) ? 'none' : 'all'),
  });
  await rm(target, { recursive: true, force: true });
  await rename(unfinished, target);
}

/**
 * Creates a data directory from a backup; a server started on it recovers to the end of the backup
 * and opens.
 */
export async function restoreBackup(backup: string, dataDir: string): Promise<void> {
  await readFile(join(backup, 'PG_VERSION'));
  const unfinished = `${dataDir}.new`;
  await rm(unfinished, { recursive: true, force: true });
  await copyTree({ from: backup, to: unfinished, take: () => 'all' });
  await rm(dataDir, { recursive: true, force: true });
  await rename(unfinished, dataDir);
}

function takeFromData(path: string): 'all' | 'empty' | 'none' {
  if (WITHOUT_CONTENTS.has(path)) return 'empty';
  const name = path.slice(path.lastIndexOf('/') + 1);
  if (['postmaster.pid', 'postmaster.opts', 'backup_label.old'].includes(path)) return 'none';
  return name.startsWith('pgsql_tmp') || name.startsWith('pg_internal.init') ? 'none' : 'all';
}

/** The segments from the backup's start to its stop; pg_backup_stop has closed the last one. */
async function copyWal(dataDir: string, target: string, first: string, last: string): Promise<number> {
  const needed = new Set(
    (await readdir(join(dataDir, 'pg_wal'))).filter((name) => name >= first && name <= last && name.length === 24),
  );
  if (!needed.has(first) || !needed.has(last)) {
    throw new Error(`The WAL of the backup (${first} to ${last}) is gone: take the backup again`);
  }
  const { bytes } = await copyTree({
    from: join(dataDir, 'pg_wal'),
    to: join(target, 'pg_wal'),
    take: (path) => (needed.has(path) ? 'all' : 'none'),
  });
  return bytes;
}

async function one(client: Client, sql: string, values: readonly string[] = []): Promise<Record<string, unknown>> {
  const { rows } = await client.query<Record<string, unknown>>(sql, [...values]);
  return rows[0] ?? {};
}

function text(value: unknown): string {
  if (typeof value !== 'string' || value === '') throw new Error('PostgreSQL answered a backup call without a value');
  return value;
}
