import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { type Postgres, startPostgres } from '../../../local/postgres/server.ts';
import { isAlive } from '../../is-process-alive.ts';

let root: string;
let running: Postgres[] = [];

beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'portage-postgres-'));
  chmodSync(root, 0o755);
});

afterEach(async () => {
  await Promise.all(running.map((server) => server.stop()));
  running = [];
});

afterAll(() => rmSync(root, { recursive: true, force: true }));

async function start(name: string): Promise<Postgres> {
  const server = await startPostgres({ dataDir: join(root, name), database: 'campaigns' });
  running.push(server);
  return server;
}

async function ask(server: Postgres, sql: string): Promise<unknown> {
  const client = new Client({ connectionString: server.connectionString });
  await client.connect();
  try {
    const { rows } = await client.query<Record<string, unknown>>(sql);
    return Object.values(rows[0] ?? {})[0];
  } finally {
    await client.end();
  }
}

function sorted(collate: string): string {
  return `select string_agg(x, '' order by x ${collate}) from (values ('b'), ('A'), ('a')) v(x)`;
}

test('a data directory is made once and used again after a stop', async () => {
  const first = await start('again');
  await ask(first, 'create table kept as select 7 as n');
  await first.stop();
  expect(isAlive(first.pid)).toBe(false);
  const second = await start('again');
  expect(await ask(second, 'select n from kept')).toBe(7);
});

test('text sorts linguistically unless a query says COLLATE "C", as on Aurora', async () => {
  const server = await start('again');
  expect(await ask(server, sorted(''))).toBe('aAb');
  expect(await ask(server, sorted('collate "C"'))).toBe('Aab');
});

test('no address but the loopback one reaches the server', async () => {
  const server = await start('again');
  const outside = Object.values(networkInterfaces())
    .flat()
    .find((address) => address?.family === 'IPv4' && !address.internal);
  if (outside === undefined) return;
  const client = new Client({ host: outside.address, port: server.port, connectionTimeoutMillis: 2_000 });
  await expect(client.connect()).rejects.toThrow();
});

test('what was committed before a kill -9 is there after the next start', async () => {
  const killed = await start('killed');
  await ask(killed, 'create table kept as select 8 as n');
  process.kill(killed.pid, 'SIGKILL');
  const next = await start('killed');
  expect(await ask(next, 'select n from kept')).toBe(8);
});

test('a live server that a killed orchestrator left on the data directory is stopped first', async () => {
  const orphan = await start('orphan');
  await ask(orphan, 'create table kept as select 9 as n');
  const next = await start('orphan');
  expect(isAlive(orphan.pid)).toBe(false);
  expect(await ask(next, 'select n from kept')).toBe(9);
});

test('a pid file that names another living program does not keep the server from starting', async () => {
  const first = await start('reused');
  await first.stop();
  writeFileSync(join(root, 'reused', 'postmaster.pid'), `${process.pid}\n${join(root, 'reused')}\n`);
  const next = await start('reused');
  expect(await ask(next, 'select 1')).toBe(1);
});

test('folders on the way that only their owner may pass are no obstacle', async () => {
  const closed = mkdtempSync(join(root, 'closed-'));
  chmodSync(closed, 0o700);
  const server = await startPostgres({ dataDir: join(closed, 'below', 'data') });
  running.push(server);
  expect(await ask(server, 'select 1')).toBe(1);
});

test('another password than the one the data directory was made with is refused with the remedy', async () => {
  const first = await start('password');
  await first.stop();
  const second = startPostgres({ dataDir: join(root, 'password'), password: 'other' });
  await expect(second).rejects.toThrow(/another user or password: give that one/);
});
