import { createServer } from 'node:http';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { RDSDataClient } from '@aws-sdk/client-rds-data';
import { CREDENTIALS } from '../../../local/process/credentials.ts';
import { createDataApiSource } from '../../../src/adapters/postgres/data-api.ts';
import { lockOutLogins, restoreLogins } from '../../../src/adapters/postgres/logins.ts';
import { selectRows } from '../../../src/adapters/postgres/select.ts';
import { startWorld, type World } from '../../client/world.ts';

let world: World;

beforeAll(async () => {
  world = await startWorld();
}, 120_000);
afterAll(() => world.stop());

test('parameters keep their types', async () => {
  const [row] = await world.sql.query(
    'SELECT :text::text AS text, :int + 1 AS int, :float * 2 AS float, :flag AS flag, CAST(:none AS text) AS none',
    { text: `it's :x`, int: 41, float: 0.25, flag: true, none: null },
  );
  expect(row).toEqual({ text: `it's :x`, int: 42, float: 0.5, flag: true, none: null });
});

test('a statement that may write is sent once, a read again until it is answered', async () => {
  const requests: string[] = [];
  const failing = createServer((request, response) => {
    requests.push(request.url ?? '');
    response.writeHead(503, { 'x-amzn-errortype': 'ServiceUnavailableError' }).end('{}');
  });
  await new Promise<void>((resolve) => failing.listen(0, '127.0.0.1', resolve));
  const address = failing.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const client = new RDSDataClient({
    region: 'us-east-1',
    credentials: CREDENTIALS,
    endpoint: `http://127.0.0.1:${port}`,
  });
  const sql = createDataApiSource({ client, resourceArn: 'a', secretArn: 'b', database: 'c' });
  await expect(sql.query(`UPDATE users SET bio = 'x'`)).rejects.toMatchObject({
    name: 'SourceUnavailable',
    retryable: true,
  });
  expect(requests).toHaveLength(1);
  const reading = sql.query('SELECT 1').catch(() => {});
  while (requests.length < 3) await new Promise((resolve) => setImmediate(resolve));
  client.destroy();
  failing.closeAllConnections();
  failing.close();
  await reading;
}, 60_000);

test("PostgreSQL's refusals carry their SQLSTATE and say whether a retry helps", async () => {
  await expect(world.sql.query('SELECT nonsense')).rejects.toMatchObject({
    name: 'StatementFailed',
    retryable: false,
    fields: { sqlstate: '42703' },
  });
  const tx = await world.sql.begin();
  await expect(tx.query('SELECT 1 / 0')).rejects.toMatchObject({ fields: { sqlstate: '22012' } });
  await tx.rollback();
});

test('rows beyond the limits of an answer come in parts, and pages adapt', async () => {
  await world.psql.query(
    `INSERT INTO users (email, display_name, bio, tags, settings) SELECT i || '@x', 'N', repeat('"ü😀\\', 25000), '{}', '{}' FROM generate_series(1, 12) i`,
  );
  const page = await world.rows.page('USER', { after: null, upTo: null }, 100);
  expect(page).toHaveLength(12);
  expect(page.every(({ image }) => image['bio'] === '"ü😀\\'.repeat(25_000))).toBe(true);
  const again = await selectRows(
    world.sql,
    world.mapping,
    'USER',
    page.map(({ identity }) => identity),
  );
  expect(again).toHaveLength(12);
  expect(await world.changelog.pending(100)).toHaveLength(12);
});

test('every other login is locked out, and given back', async () => {
  await world.psql.query(`CREATE ROLE reporting LOGIN; CREATE ROLE nobody_logs_in`);
  expect(await lockOutLogins(world.sql)).toEqual(['reporting']);
  const can = async () => (await world.psql.query(`SELECT rolcanlogin FROM pg_roles WHERE rolname = 'reporting'`)).rows;
  expect(await can()).toEqual([{ rolcanlogin: false }]);
  expect(await restoreLogins(world.sql)).toEqual(['reporting']);
  expect(await can()).toEqual([{ rolcanlogin: true }]);
});
