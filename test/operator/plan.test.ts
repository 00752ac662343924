import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import * as z from 'zod';
import { startDataApi } from '../../local/aws/data-api/server.ts';
import { CREDENTIALS } from '../../local/process/credentials.ts';
import { type Awkwards, startAwkwards } from '../adapters/postgres/awkward/fixture.ts';
import { portage } from './portage.ts';

const folder = mkdtempSync(join(tmpdir(), 'portage-plan-'));
const example = join(import.meta.dirname, '../../examples/campaigns');
let awkwards: Awkwards;
beforeAll(async () => {
  awkwards = await startAwkwards();
}, 60_000);
afterAll(async () => {
  await awkwards.stop();
  rmSync(folder, { recursive: true, force: true });
});

const finding = z.object({ name: z.string(), severity: z.string(), path: z.string(), evidence: z.string() });
const template = z.object({ PK: z.string(), SK: z.string() });
const drafted = z.object({
  plan: z.object({
    table: z.object({ indexes: z.array(z.string()) }),
    exclude: z.record(z.string(), z.string()),
    entities: z.record(z.string(), z.looseObject({ from: z.string(), key: template })),
    patterns: z.record(z.string(), z.looseObject({})),
  }),
  remarks: z.array(z.object({ path: z.string(), text: z.string() })),
  findings: z.array(finding),
});
const checked = z.object({
  source: z.boolean(),
  findings: z.array(finding),
  estimate: z
    .object({
      items: z.number(),
      bytes: z.number(),
      objects: z.object({ count: z.number() }),
      load: z.object({ writeUnits: z.number() }),
      entities: z.array(z.object({ entity: z.string(), items: z.number() })),
    })
    .nullable(),
});

async function init(url: string, name: string, ...more: readonly string[]) {
  const out = join(folder, `${name}.json`);
  const ran = await portage(['plan', 'init', '--source', url, '--out', out, '--json', ...more]);
  expect(ran.error).toBe('');
  return { out, ...drafted.parse(JSON.parse(ran.out)) };
}

async function check(url: string, file: string) {
  const ran = await portage(['plan', 'check', '--plan', file, '--source', url, '--json']);
  expect(ran.error).toBe('');
  return { exitCode: ran.exitCode, ...checked.parse(JSON.parse(ran.out)) };
}

test('the draft of the reference application passes the check', async () => {
  const url = await awkwards.create('campaigns', readFileSync(join(example, 'schema.sql'), 'utf8'));
  const { out, plan } = await init(url, 'campaigns');
  const { exitCode, findings } = await check(url, out);
  expect(findings.filter(({ severity }) => severity === 'blocks')).toEqual([]);
  expect(exitCode).toBe(0);
  const theirs = await check(url, join(example, 'plan.json'));
  expect(theirs.findings.filter(({ severity }) => severity === 'blocks')).toEqual([]);
  expect(theirs.findings.map(({ name }) => name)).toContain('trigger-changes');
  expect(Object.keys(plan.entities)).toEqual(['CAMPAIGN', 'CHARACTER', 'CONDITION', 'SESSION', 'USER']);
});

const SHOP = `
  CREATE TABLE customers (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, email text NOT NULL UNIQUE);
  CREATE TABLE orders (id int PRIMARY KEY, customer_id int NOT NULL REFERENCES customers, note text);
  CREATE TABLE notes (body text);
  INSERT INTO customers (email) VALUES ('a'), (repeat('x', 2100));
  INSERT INTO orders SELECT n, 1, repeat('x', n * 1000) FROM generate_series(1, 100) AS n;`;

test('the check counts rows, names the worst, estimates, and ends with 1 where something blocks', async () => {
  const url = await awkwards.create('shop', SHOP);
  const { out, plan, remarks } = await init(url, 'shop', '--name', 'shop');
  expect(plan.exclude).toEqual({ notes: expect.stringMatching(/^DECIDE/) });
  expect(remarks.map(({ path }) => path)).toContain('exclude.notes');
  const { exitCode, source, findings, estimate } = await check(url, out);
  expect({ exitCode, source }).toEqual({ exitCode: 1, source: true });
  expect(findings).toContainEqual(
    expect.objectContaining({
      name: 'key-too-long',
      severity: 'blocks',
      path: 'entities.CUSTOMER.unique.email',
      evidence: expect.stringMatching(/^1 key would exceed 2048 bytes, the longest of \d+ from row \["2"\]$/),
    }),
  );
  expect(estimate?.entities).toEqual([
    expect.objectContaining({ entity: 'CUSTOMER', items: 4 }),
    expect.objectContaining({ entity: 'ORDER', items: 100 }),
  ]);
  expect(estimate?.objects.count).toBe(96);
  const { out: lines } = await portage(['plan', 'check', '--plan', out, '--source', url]);
  expect(lines).toMatch(/^blocks +entities\.CUSTOMER\.unique\.email: 1 key would exceed/m);
  expect(lines).toMatch(/^estimate: 104 items, /m);
  expect(lines).toMatch(/ load +\d+ WCU, [\d.]+ h, \$/);
  expect(lines).toMatch(/findings, \d+ of them block; checked: the file, the schema and every row$/m);
});

test('a draft is not written over a file that is there, unless it is forced', async () => {
  const url = await awkwards.create('twice', SHOP);
  const { out } = await init(url, 'twice');
  const again = await portage(['plan', 'init', '--source', url, '--out', out]);
  expect(again).toMatchObject({
    exitCode: 1,
    error: expect.stringMatching(/already exists: name another file with --out/),
  });
  const forced = await portage(['plan', 'init', '--source', url, '--out', out, '--force']);
  expect(forced).toMatchObject({ exitCode: 0, out: expect.stringMatching(/^review exclude\.notes: /m) });
});

test('the source is reached through the Data API too, by --source or by the environment', async () => {
  const url = new URL(await awkwards.create('api', SHOP));
  const address = { host: url.hostname, port: Number(url.port) };
  const api = await startDataApi({
    clusters: {
      resolve: (arn) => (arn === 'arn:cluster' ? { httpEndpointEnabled: true, address } : null),
      secret: () => ({ user: 'postgres', password: 'portage' }),
    },
    limits: {},
  });
  const aws = {
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: CREDENTIALS.accessKeyId,
    AWS_SECRET_ACCESS_KEY: CREDENTIALS.secretAccessKey,
    AWS_ENDPOINT_URL_RDS_DATA: api.endpoint,
  };
  const named = { PORTAGE_CLUSTER_ARN: 'arn:cluster', PORTAGE_SECRET_ARN: 'arn:secret', PORTAGE_DATABASE: 'api' };
  try {
    const out = join(folder, 'api.json');
    const drawn = await portage(['plan', 'init', '--source', 'arn:cluster,arn:secret,api', '--out', out], aws);
    expect(drawn).toMatchObject({ error: '', exitCode: 0 });
    const ran = await portage(['plan', 'check', '--plan', out, '--json'], { ...aws, ...named });
    expect(checked.parse(JSON.parse(ran.out)).findings.map(({ name }) => name)).toContain('key-too-long');
    const direct = await portage(['plan', 'check', '--plan', out, '--json', '--source', url.href]);
    expect(JSON.parse(ran.out)).toEqual(JSON.parse(direct.out));
    const { out: offline } = await portage(['plan', 'check', '--plan', out, '--json', '--offline'], {
      ...aws,
      ...named,
    });
    expect(checked.parse(JSON.parse(offline))).toEqual({ source: false, findings: [], estimate: null });
  } finally {
    await api.stop();
  }
});

test('without a source the check still finds what follows from the file', async () => {
  const file = join(folder, 'file.json');
  const plan: unknown = JSON.parse(readFileSync(join(example, 'plan.json'), 'utf8'));
  writeFileSync(file, JSON.stringify({ ...z.looseObject({}).parse(plan), cutover: { stages: [50, 10] } }));
  const { exitCode, out } = await portage(['plan', 'check', '--plan', file, '--json']);
  expect(exitCode).toBe(1);
  expect(checked.parse(JSON.parse(out)).findings.map(({ name }) => name)).toEqual(['stages-order']);
});

test.each<[readonly string[], RegExp]>([
  [['check', '--source', 'mysql://x/y'], /^--source is neither a URL nor a cluster: write postgres:/],
  [['check', '--source', 'arn:a,arn:b'], /^--source is neither a URL nor a cluster/],
  [['check', '--source', 'postgres://user:hidden@host'], /^--source is a URL without a database: write postgres:/],
  [['check', '--source', 'postgres://a@127.0.0.1:1/b', '--offline'], /^--offline and --source contradict each other/],
  [['check', '--source', 'postgres://a@127.0.0.1:1/b'], /^PostgreSQL does not answer at 127\.0\.0\.1:1: correct host/],
  [['init'], /^no source: name it with --source/],
])('%j is refused in one line', async (args, error) => {
  const plan = args[0] === 'check' ? ['--plan', join(example, 'plan.json')] : [];
  const ran = await portage(['plan', ...args, ...plan]);
  expect(ran.exitCode).toBe(1);
  expect(ran.error).toMatch(error);
  expect(ran.error).not.toMatch(/\n|hidden/);
});

test('a login that PostgreSQL refuses is one line that says what to correct', async () => {
  const url = new URL(awkwards.postgres.connectionString);
  url.pathname = '/nowhere';
  const ran = await portage(['plan', 'init', '--source', url.href, '--out', join(folder, 'nowhere.json')]);
  expect(ran.error).toBe('database "nowhere" does not exist: correct user, password or database in --source');
});

test('init says which schema has no tables, and which name a plan cannot have', async () => {
  const url = await awkwards.create('bare', SHOP);
  const out = join(folder, 'bare.json');
  const none = await portage(['plan', 'init', '--source', url, '--schema', 'nowhere', '--out', out]);
  expect(none.error).toMatch(/^schema nowhere has no tables/);
  const named = await portage(['plan', 'init', '--source', url, '--name', 'No Name', '--out', out]);
  expect(named.error).toMatch(/bare\.json: name: .* It has to match/);
});
