import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Client } from 'pg';
import * as z from 'zod';
import { type Awkwards, startAwkwards } from '../adapters/postgres/awkward/fixture.ts';
import { portage } from './portage.ts';

const folder = mkdtempSync(join(tmpdir(), 'portage-statements-'));
let awkwards: Awkwards;
beforeAll(async () => {
  awkwards = await startAwkwards(['pg_stat_statements']);
}, 60_000);
afterAll(async () => {
  await awkwards.stop();
  rmSync(folder, { recursive: true, force: true });
});

const SHOP = `
  CREATE TABLE customers (id int PRIMARY KEY, email text NOT NULL UNIQUE);
  CREATE TABLE orders (
    id int PRIMARY KEY, customer_id int NOT NULL REFERENCES customers, state text NOT NULL, placed_at timestamptz NOT NULL
  );
  INSERT INTO customers SELECT n, 'c' || n FROM generate_series(1, 20) AS n;
  INSERT INTO orders SELECT n, 1 + n % 20, 'open', '2026-01-01'::timestamptz + n * interval '1 hour' FROM generate_series(1, 400) AS n;
  ANALYZE;`;
const OF_STATE = 'SELECT id, placed_at FROM orders WHERE state = $1 ORDER BY placed_at DESC LIMIT 5';
const OF_CUSTOMER = 'SELECT * FROM orders o WHERE o.customer_id = $1 ORDER BY o.placed_at DESC LIMIT $2';

/** What the application does: each statement as often as its number says. */
async function ask(url: string, calls: readonly (readonly [number, string, readonly unknown[]])[]): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  for (const [times, text, values] of calls)
    for (let time = 0; time < times; time++) await client.query(text, [...values]);
  await client.end();
}

const ranked = z.object({
  statement: z.object({ text: z.string(), calls: z.number(), rows: z.number().nullable() }),
  verdict: z.string(),
  cost: z.object({ units: z.number(), scan: z.boolean() }).nullable(),
  reasons: z.array(z.string()),
});
const checked = z.object({
  findings: z.array(z.object({ name: z.string(), severity: z.string() })),
  statements: z.object({
    origin: z.string(),
    report: z.object({
      ranked: z.array(ranked),
      leftOut: z.record(z.string(), z.number()),
      unused: z.array(z.string()),
    }),
  }),
});
const drafted = z.object({
  plan: z.object({
    entities: z.record(z.string(), z.looseObject({ indexes: z.record(z.string(), z.unknown()).optional() })),
    patterns: z.record(z.string(), z.looseObject({})),
  }),
  remarks: z.array(z.object({ path: z.string(), text: z.string() })),
});

async function init(url: string, out: string, ...more: readonly string[]) {
  const ran = await portage(['plan', 'init', '--source', url, '--out', out, '--json', ...more]);
  expect(ran.error).toBe('');
  return drafted.parse(JSON.parse(ran.out));
}

async function check(url: string, plan: string, ...more: readonly string[]) {
  const ran = await portage(['plan', 'check', '--source', url, '--plan', plan, '--json', ...more]);
  expect(ran.error).toBe('');
  return checked.parse(JSON.parse(ran.out));
}

test('the draft has patterns for what pg_stat_statements counted, and the check ranks it', async () => {
  const url = await awkwards.create('shop', `CREATE EXTENSION pg_stat_statements; ${SHOP}`);
  await ask(url, [
    [30, 'SELECT * FROM customers WHERE id = $1', [7]],
    [20, OF_CUSTOMER, [3, 10]],
    [10, OF_STATE, ['open']],
    [4, 'SELECT count(*) FROM orders WHERE state = $1', ['open']],
    [3, 'UPDATE orders SET state = $1 WHERE customer_id = $2', ['open', 3]],
    [2, 'SELECT relname FROM pg_class WHERE relname = $1', ['orders']],
  ]);
  const file = join(folder, 'shop.json');
  const { plan, remarks } = await init(url, file);
  expect(plan.patterns).toMatchObject({
    ordersOfStateByPlacedAt: { entity: 'ORDER', SK: 'ORDER#', order: 'desc', limit: 50 },
    ordersOfCustomerByPlacedAt: { entity: 'ORDER', SK: 'ORDER#', order: 'desc', limit: 50 },
  });
  expect(remarks).toContainEqual({
    path: 'patterns.ordersOfCustomerByPlacedAt',
    text: expect.stringMatching(/^drafted for 20 calls: SELECT \* FROM orders o WHERE o\.customer_id/),
  });
  const { statements, findings } = await check(url, file);
  expect(statements.origin).toMatch(/^pg_stat_statements since 20\d\d-\d\d-\d\d \d\d:\d\d UTC$/);
  const found = statements.report.ranked.map(({ statement, verdict, cost }) => [
    statement.calls,
    verdict,
    statement.rows,
    cost?.scan ?? null,
  ]);
  expect(found).toEqual(
    expect.arrayContaining([
      [30, 'served', 30, false],
      [20, 'served', 200, false],
      [10, 'served', 50, false],
      [4, 'unservable', 4, false],
      [3, 'write', 60, null],
    ]),
  );
  expect(found[0]?.[0]).toBe(30);
  expect(statements.report.ranked.find(({ verdict }) => verdict === 'write')?.reasons).toEqual([
    expect.stringMatching(/^orders: changes rows by customer_id, not by id, 20 rows a call: /),
  ]);
  // Its own statements read the same tables, and are none of the application's.
  expect(
    statements.report.ranked.map(({ statement }) => statement.text).filter((text) => /float8|portage/.test(text)),
  ).toEqual([]);
  expect(statements.report.leftOut['Portage']).toBeGreaterThan(5);
  expect(statements.report.leftOut['catalogue']).toBe(1);
  expect(findings).toContainEqual({ name: 'statement-unservable', severity: 'warns' });
  const { out } = await portage(['plan', 'check', '--source', url, '--plan', file]);
  expect(out).toMatch(
    /^served +30 calls, 0\.5 RCU a call: key of CUSTOMER\n +SELECT \* FROM customers WHERE id = \$1$/m,
  );
  expect(out).toMatch(/^ {2}unservable +4 calls +\d+\.\d % +1 statement +no key can serve it$/m);
});

test('a login that may not see the statements of others is told so', async () => {
  const url = await awkwards.create('roles', `CREATE EXTENSION pg_stat_statements; ${SHOP}`);
  await ask(url, [
    [5, 'SELECT * FROM customers WHERE email = $1', ['c1']],
    [1, "CREATE ROLE reader LOGIN PASSWORD 'reader'; GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader", []],
  ]);
  const own = new URL(url);
  [own.username, own.password] = ['reader', 'reader'];
  await ask(own.href, [[2, 'SELECT * FROM customers WHERE id = $1', [1]]]);
  const file = join(folder, 'roles.json');
  await init(own.href, file);
  const { statements } = await check(own.href, file);
  expect(statements.origin).toMatch(/; \d+ calls of other roles hidden: GRANT pg_read_all_stats to this login$/);
  expect(statements.report.ranked.map(({ statement }) => statement.text)).toEqual([
    'SELECT * FROM customers WHERE id = $1',
  ]);
});

test('without the extension one line says so, and a file of statements serves instead', async () => {
  const url = await awkwards.create('plain', SHOP);
  const file = join(folder, 'plain.json');
  await init(url, file);
  const { out } = await portage(['plan', 'check', '--source', url, '--plan', file]);
  expect(out).toMatch(/^statements: none: pg_stat_statements is not installed: add .*; or give --statements FILE$/m);
  const sql = join(folder, 'statements.sql');
  writeFileSync(sql, `-- calls: 70\n${OF_STATE};\n-- calls: 9\nSELECT * FROM orders WHERE id = 1;`);
  const { statements } = await check(url, file, '--statements', sql);
  expect(statements.origin).toBe(`${sql} (sql): 2 statements`);
  expect(statements.report.ranked.map(({ statement, verdict }) => [statement.calls, verdict])).toEqual([
    [70, 'none'],
    [9, 'none'],
  ]);
  const better = join(folder, 'better.json');
  await init(url, better, '--statements', sql);
  const after = await check(url, better, '--statements', sql);
  expect(after.statements.report.ranked.map(({ verdict }) => verdict)).toEqual(['served', 'served']);
  expect(JSON.parse(readFileSync(better, 'utf8'))).toMatchObject({
    patterns: { ordersOfStateByPlacedAt: { order: 'desc', limit: 5 } },
  });
});

test.each([
  ['missing.sql', null, /missing\.sql cannot be read: name a file of statements with --statements/],
  ['empty.sql', '  \n', /empty\.sql holds no statement: give a PostgreSQL log/],
  ['bad.csv', 'query,calls\nSELECT 1,many\n', /bad\.csv: row 1: calls is not a number/],
])('%s is refused in one line', async (name, text, message) => {
  const url = await awkwards.create(name.replace('.', '_'), SHOP);
  const file = join(folder, name);
  if (text !== null) writeFileSync(file, text);
  const ran = await portage([
    'plan',
    'init',
    '--source',
    url,
    '--out',
    join(folder, `${name}.json`),
    '--statements',
    file,
  ]);
  expect(ran).toMatchObject({ exitCode: 1, error: expect.stringMatching(message) });
  expect(ran.error.trim()).not.toContain('\n');
});

test('statements without a source are refused', async () => {
  const file = join(folder, 'offline.json');
  const ran = await portage(['plan', 'check', '--plan', file, '--offline', '--statements', 'x.sql']);
  expect(ran).toMatchObject({ exitCode: 1, error: expect.stringMatching(/--statements needs the source/) });
});
