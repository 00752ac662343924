import { createServer } from 'node:http';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { RDSDataClient } from '@aws-sdk/client-rds-data';
import { WAYS } from '../../../../local/engines/connect.ts';
import { CREDENTIALS } from '../../../../local/process/credentials.ts';
import { createChangelog } from '../../../../src/adapters/postgres/capture/changelog.ts';
import { createDataApiSource } from '../../../../src/adapters/postgres/connection/data-api.ts';
import { lockOutLogins, restoreLogins } from '../../../../src/adapters/postgres/capture/logins.ts';
import { createPgSource } from '../../../../src/adapters/postgres/connection/pg-source.ts';
import { createRowSource } from '../../../../src/adapters/postgres/rows/row-source.ts';
import { selectRows } from '../../../../src/adapters/postgres/sql/select.ts';
import { user } from '../../../client/rows.ts';
import { startFixture, type Fixture } from '../../../client/fixture.ts';

let fixture: Fixture;

beforeAll(async () => {
  fixture = await startFixture();
}, 120_000);
afterAll(() => fixture.stop());
beforeEach(() => fixture.clear());

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

describe.each(WAYS)('by %s', (way) => {
  const sql = () => fixture.sources[way];

  test('parameters keep their types', async () => {
    const [row] = await sql().query(
      'SELECT :text::text AS text, :int + 1 AS int, :float * 2 AS float, :flag AS flag, CAST(:none AS text) AS none',
      { text: `it's :x`, int: 41, float: 0.25, flag: true, none: null },
    );
    expect(row).toEqual({ text: `it's :x`, int: 42, float: 0.5, flag: true, none: null });
  });

  test("PostgreSQL's refusals carry their SQLSTATE and say whether a retry helps", async () => {
    await expect(sql().query('SELECT nonsense')).rejects.toMatchObject({
      name: 'StatementFailed',
      retryable: false,
      fields: { sqlstate: '42703' },
    });
    const tx = await sql().begin();
    await expect(tx.query('SELECT 1 / 0')).rejects.toMatchObject({ fields: { sqlstate: '22012' } });
    await tx.rollback();
  });

  test('rows beyond the limits of an answer come in parts, and pages adapt', async () => {
    await fixture.psql.query(
      `INSERT INTO users (email, display_name, bio, tags, settings) SELECT i || '@x', 'N', repeat('"ü😀\\', 25000), '{}', '{}' FROM generate_series(1, 12) i`,
    );
    const page = await createRowSource(sql(), fixture.mapping).page('USER', { after: null, upTo: null }, 100);
    expect(page).toHaveLength(12);
    expect(page.every(({ image }) => image['bio'] === '"ü😀\\'.repeat(25_000))).toBe(true);
    const again = await selectRows(
      sql(),
      fixture.mapping,
      'USER',
      page.map(({ identity }) => identity),
    );
    expect(again).toHaveLength(12);
    expect(await createChangelog(sql()).pending(100)).toHaveLength(12);
  });

  test('every other login is locked out but those that the plan keeps, and given back', async () => {
    await fixture.psql.query(
      `DROP ROLE IF EXISTS reporting; DROP ROLE IF EXISTS application; CREATE ROLE reporting LOGIN; CREATE ROLE application LOGIN`,
    );
    expect(await lockOutLogins(sql(), ['application'])).toEqual(['reporting']);
    const kept = await fixture.psql.query(`SELECT rolcanlogin FROM pg_roles WHERE rolname = 'application'`);
    expect(kept.rows).toEqual([{ rolcanlogin: true }]);
    const can = async () =>
      (await fixture.psql.query(`SELECT rolcanlogin FROM pg_roles WHERE rolname = 'reporting'`)).rows;
    expect(await can()).toEqual([{ rolcanlogin: false }]);
    expect(await restoreLogins(sql())).toEqual(['reporting']);
    expect(await can()).toEqual([{ rolcanlogin: true }]);
  });

  test('values come back as the same kinds', async () => {
    const [row] = await sql().query(
      `SELECT 1::smallint AS small, 2::bigint AS big, 1.50::numeric AS exact, 0.5::real AS float, true AS yes, NULL::text AS none,
       '{"a": 1}'::jsonb AS json, '2024-01-02'::date AS day, '00000000-0000-0000-0000-000000000001'::uuid AS id, 'free'::plan_tier AS label,
       '\\x00ff'::bytea AS bytes`,
    );
    expect(row).toEqual({
      small: 1,
      big: 2,
      exact: '1.50',
      float: 0.5,
      yes: true,
      none: null,
      json: '{"a": 1}',
      day: '2024-01-02',
      id: '00000000-0000-0000-0000-000000000001',
      label: 'free',
      bytes: 'AP8=',
    });
  });

  test('the COMMIT of a transaction that had failed is an error', async () => {
    const tx = await sql().begin();
    await tx.query('SELECT 1 / 0').catch(() => {});
    await expect(tx.commit()).rejects.toMatchObject({ name: 'StatementFailed', fields: { sqlstate: '25P02' } });
  });

  test('a deferred constraint refuses the COMMIT for certain', async () => {
    await fixture.psql.query(
      'CREATE TABLE late (n int UNIQUE DEFERRABLE INITIALLY DEFERRED); INSERT INTO late VALUES (1)',
    );
    const tx = await sql().begin();
    await tx.query('INSERT INTO late VALUES (1)');
    await expect(tx.commit()).rejects.toMatchObject({ name: 'StatementFailed', fields: { sqlstate: '23505' } });
    await fixture.psql.query('DROP TABLE late');
  });

  test('a session that ends leaves a statement retryable, its COMMIT unknown, and the next call whole', async () => {
    const lost = async () => {
      const tx = await sql().begin();
      await tx.query(`INSERT INTO users (email, display_name, tags, settings) VALUES ('gone@x', 'G', '{}', '{}')`);
      const [row] = await tx.query('SELECT pg_backend_pid() AS pid');
      await fixture.psql.query('SELECT pg_terminate_backend($1, 5000)', [row?.['pid']]);
      return tx;
    };
    const tx = await lost();
    await expect(tx.query('SELECT 1')).rejects.toMatchObject({ name: 'SourceUnavailable', retryable: true });
    await expect(tx.rollback()).rejects.toMatchObject({ name: 'SourceUnavailable', retryable: true });
    await expect((await lost()).commit()).rejects.toMatchObject({ name: 'OutcomeUnknown', retryable: false });
    expect(await sql().query('SELECT count(*) AS n FROM users')).toEqual([{ n: 0 }]);
  });

  test('a write alone whose session ends midway may have run, and says so', async () => {
    await fixture.psql.query(
      `CREATE FUNCTION kill_me() RETURNS int LANGUAGE sql AS 'SELECT pg_terminate_backend(pg_backend_pid())::int'`,
    );
    await expect(sql().query('UPDATE users SET bio = kill_me()::text')).resolves.toEqual([]);
    await fixture.psql.query(`INSERT INTO users (email, display_name, tags, settings) VALUES ('k@x', 'K', '{}', '{}')`);
    await expect(sql().query('UPDATE users SET bio = kill_me()::text')).rejects.toMatchObject({
      name: 'SourceUnavailable',
      fields: { mayHaveRun: true },
    });
    await fixture.psql.query('DROP FUNCTION kill_me');
  });
});

test('by pg more writers than connections wait for one another, not for ever', async () => {
  const source = createPgSource({
    connection: { connectionString: fixture.facts.connectionString },
    transactions: 2,
    statements: 1,
  });
  await fixture.enter('dual');
  const client = await fixture.client({ source });
  await Promise.all(Array.from({ length: 24 }, () => client.put('USER', user())));
  expect(await fixture.differences()).toEqual([]);
  await source.close();
});
