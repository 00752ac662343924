import {
  CreateDBClusterSnapshotCommand,
  CreateDBInstanceCommand,
  DeleteDBInstanceCommand,
  RestoreDBClusterFromSnapshotCommand,
} from '@aws-sdk/client-rds';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabasesFacts } from '../../../../local/stack/databases.ts';
import { type ForkedPart, forkPart } from '../../../../local/process/fork-part.ts';
import { connect, until } from './harness.ts';
import { isAlive } from '../../../is-process-alive.ts';

const ENGINE = 'aurora-postgresql';

let root: string;
const servers = new Set<number>();
let part: ForkedPart<DatabasesFacts>;

beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'portage-kill-'));
});

afterAll(async () => {
  await part.stop();
  rmSync(root, { recursive: true, force: true });
});

async function start(): Promise<void> {
  part = await forkPart({
    name: 'databases',
    module: new URL('../../../../local/stack/databases.ts', import.meta.url).href,
    options: { dataDir: join(root, 'databases') },
    facts: DatabasesFacts,
    logFile: join(root, 'databases.log'),
    guard: ({ pid }) => servers.add(pid),
    release: (pid) => servers.delete(pid),
  });
}

async function killProcess(): Promise<void> {
  process.kill(part.pid, 'SIGKILL');
  await part.stop();
}

test('after kill -9 in the middle of a snapshot and of a restore, a restart finishes both', async () => {
  await start();
  const first = connect(part.facts);
  await first.sql('create table kept as select n, md5(n::text) from generate_series(1, 50000) n');
  await first.rds.send(
    new CreateDBClusterSnapshotCommand({ DBClusterIdentifier: 'portage-source', DBClusterSnapshotIdentifier: 'one' }),
  );
  while (!existsSync(join(root, 'databases', 'snapshots', 'one.partial', 'global'))) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  expect(await first.snapshotStatus('one')).toBe('creating');
  // The server lives on as an orphan, in the middle of a backup.
  await killProcess();
  servers.clear();
  first.destroy();

  await start();
  const second = connect(part.facts);
  await until('available', () => second.snapshotStatus('one'));
  await second.rds.send(
    new RestoreDBClusterFromSnapshotCommand({ DBClusterIdentifier: 'copy', SnapshotIdentifier: 'one', Engine: ENGINE }),
  );
  expect(await second.clusterStatus('copy')).toBe('creating');
  // This time everything dies, the server too.
  for (const pid of servers) process.kill(pid, 'SIGKILL');
  await killProcess();
  servers.clear();
  second.destroy();

  await start();
  const third = connect(part.facts);
  await until('available', () => third.clusterStatus('copy'));
  await third.rds.send(
    new CreateDBInstanceCommand({
      DBInstanceIdentifier: 'copy-1',
      DBClusterIdentifier: 'copy',
      Engine: ENGINE,
      DBInstanceClass: 'db.serverless',
    }),
  );
  await until('available', () => third.instanceStatus('copy-1'));
  expect(await third.sql('select count(*) as n from kept')).toEqual([{ n: 50000 }]);
  await third.rds.send(new DeleteDBInstanceCommand({ DBInstanceIdentifier: 'copy-1' }));
  third.destroy();
});

test('a stop waits for no statement and leaves no PostgreSQL behind', async () => {
  const pids = [...servers];
  expect(pids.length).toBeGreaterThan(0);
  const aws = connect(part.facts);
  const sleeping = aws.sql('select pg_sleep(40)').catch((error: unknown) => error);
  while (
    JSON.stringify(
      await aws.sql(`select 1 from pg_stat_activity where query like '%sleep(40)' and pid <> pg_backend_pid()`),
    ) === '[]'
  );
  const before = performance.now();
  await part.stop();
  expect(performance.now() - before).toBeLessThan(8_000);
  await sleeping;
  aws.destroy();
  expect(pids.filter(isAlive)).toEqual([]);
});
