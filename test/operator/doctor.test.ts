import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Client } from 'pg';
import { closeServer, httpServer, listen } from '../../local/process/free-port.ts';
import { type Stack, startStack } from '../../local/stack/start.ts';
import { signInLoginStatements } from '../../src/domain/auth/sign-in-login.ts';
import { planSchema } from '../../src/domain/plan/plan.ts';
import { portage } from './portage.ts';

const root = join(import.meta.dirname, '../..');
const planFile = join(root, 'examples/campaigns/plan.json');
const plan = planSchema.parse(JSON.parse(readFileSync(planFile, 'utf8')));

let folder: string;
let stack: Stack;

/** Service Quotas and Lambda, which tell an account's quotas, by the quotas' codes. */
let limits: Readonly<Record<string, number>> = {};
let asked: readonly string[] = [];
const account = httpServer((incoming, outgoing) => {
  let body = '';
  incoming.on('data', (chunk: Buffer) => {
    body += chunk.toString();
  });
  incoming.on('end', () => {
    if (incoming.url?.includes('account-settings') === true) {
      const AccountLimit = { ConcurrentExecutions: 10, UnreservedConcurrentExecutions: 10 };
      outgoing.end(JSON.stringify({ AccountLimit }));
      return;
    }
    const operation = String(incoming.headers['x-amz-target']).split('.').at(-1) ?? '';
    const code = String(JSON.parse(body).QuotaCode);
    asked = [...asked, `${operation} ${code}`];
    const value = limits[`${operation} ${code}`];
    const refused = code === 'L-F98FE922' ? 'AccessDeniedException' : 'NoSuchResourceException';
    outgoing.writeHead(value === undefined ? 400 : 200, { 'content-type': 'application/x-amz-json-1.1' });
    outgoing.end(
      JSON.stringify(value === undefined ? { __type: refused, Message: 'no' } : { Quota: { Value: value } }),
    );
  });
});
let accountEndpoint: string;

beforeAll(async () => {
  accountEndpoint = await listen(account, 0, 'Service Quotas');
  folder = mkdtempSync(join(tmpdir(), 'portage-doctor-'));
  stack = await startStack({ dataDir: join(folder, 'stack'), planFile, schedules: 'off' });
}, 180_000);
afterAll(async () => {
  await stack?.stop({ discard: true });
  await closeServer(account);
  rmSync(folder, { recursive: true, force: true });
});

/** The configuration of this stack. */
function configuration(more: object = {}): string {
  const file = join(folder, 'cdk.json');
  const value = {
    planFile,
    clusterArn: stack.env['PORTAGE_CLUSTER_ARN'],
    secretArn: stack.env['PORTAGE_SECRET_ARN'],
    signInSecretArn: stack.env['PORTAGE_SIGN_IN_SECRET_ARN'],
    instanceIds: ['portage-source-1'],
    database: stack.env['PORTAGE_DATABASE'],
    userPoolId: stack.userPoolId,
    ...more,
  };
  writeFileSync(file, JSON.stringify({ context: { portage: value } }));
  return file;
}

async function sql(...statements: readonly string[]): Promise<void> {
  const client = new Client({ connectionString: stack.connectionString ?? '' });
  await client.connect();
  try {
    for (const statement of statements) await client.query(statement);
  } finally {
    await client.end();
  }
}

/** The lines of the doctor by what they are about. */
async function linesOf(
  config: string,
  environment: Readonly<Record<string, string>> = {},
): Promise<{ readonly exitCode: number; readonly lines: Readonly<Record<string, string>> }> {
  const { out, error, exitCode } = await portage(['doctor', '--config', config], { ...stack.env, ...environment });
  expect(error).toBe('');
  const lines = out.split('\n').flatMap((line) => {
    const [, subject] = /^\w+ +([\w -]+): /.exec(line) ?? [];
    return subject === undefined ? [] : [[subject, line] as const];
  });
  return { exitCode, lines: Object.fromEntries(lines) };
}

test('what is missing is said with its remedy, and what is mended passes', async () => {
  const before = await linesOf(configuration());
  expect(before.exitCode).toBe(1);
  expect(before.lines).toMatchObject({
    cluster: 'ok       cluster: portage-source is available',
    'Data API': 'ok       Data API: enabled',
    instances: 'ok       instances: portage-source-1',
    'sign-in login': expect.stringMatching(/^missing  sign-in login: portage_sign_in cannot read users; GRANT SELECT/),
  });
  await sql(
    'CREATE TABLE users (id int PRIMARY KEY, username text, email text, password_hash text)',
    // The stack has the login itself.
    ...signInLoginStatements(plan).slice(1),
  );
  const after = await linesOf(configuration());
  expect(after.lines).toMatchObject({
    'sign-in login': 'ok       sign-in login: portage_sign_in reads users',
    tables: 'ok       tables: postgres owns what the plan maps',
  });
  expect(Object.values(after.lines).filter((line) => line.startsWith('missing'))).toEqual([]);
  expect(after.exitCode).toBe(0);
});

test('on this machine the line of the quotas says that there are none', async () => {
  const { lines } = await linesOf(configuration());
  expect(lines['quotas']).toMatch(
    /^unknown  quotas: not checked: AWS_ENDPOINT_URL_RDS leads to http:\S+, which has no Service Quotas; compare them/,
  );
});

test("each quota is compared with what the migration takes: the account's own value, else AWS's default", async () => {
  limits = {
    'GetServiceQuota L-B66B0F91': 18,
    'GetServiceQuota L-952B80B8': 1,
    'GetServiceQuota L-7B6409FD': 40,
    'GetAWSDefaultServiceQuota L-9B510759': 100,
    'GetAWSDefaultServiceQuota L-B8A5B662': 1_000_000,
  };
  asked = [];
  const { lines, exitCode } = await linesOf(
    configuration({ warmThroughput: { writeUnitsPerSecond: 50_000, readUnitsPerSecond: 12_000 } }),
    { AWS_ENDPOINT_URL_SERVICE_QUOTAS: accountEndpoint, AWS_ENDPOINT_URL_LAMBDA: accountEndpoint },
  );
  expect(exitCode).toBe(1);
  const quotas = Object.fromEntries(
    Object.entries(lines).flatMap(([subject, line]) =>
      subject.startsWith('quota of ') ? [[subject.slice('quota of '.length), line]] : [],
    ),
  );
  expect(quotas).toEqual({
    'concurrent executions': expect.stringMatching(
      /^missing .*: 10; 13 needed .*--quota-code L-B99A9384 --desired-value 13$/,
    ),
    'write units a second of a table': expect.stringMatching(
      /^missing .*: 40000; 50000 needed .* --desired-value 50000$/,
    ),
    'read units a second of a table': expect.stringMatching(/^ok .*: 40000; 12000 needed/),
    tables: expect.stringMatching(/^unknown .*: not checked: .*--quota-code L-F98FE922$/),
    'state machines': expect.stringMatching(/^missing .*: 18, 16 of them in use; 16 needed .* --desired-value 32$/),
    'open executions': expect.stringMatching(/^ok .*: 1000000; 13 needed/),
    clusters: expect.stringMatching(/^missing .*: 1, 1 of them in use; 1 needed .* --desired-value 2$/),
    instances: expect.stringMatching(/^ok .*: 40, 1 of them in use; 1 needed/),
    'manual snapshots of clusters': expect.stringMatching(/^ok .*: 100; 2 needed/),
  });
  expect(asked).toContain('GetServiceQuota L-9B510759');
});

test('a sign-in login that may write is refused', async () => {
  await sql('GRANT UPDATE (email) ON users TO portage_sign_in');
  const { lines } = await linesOf(configuration());
  expect(lines['sign-in login']).toMatch(/^missing .*portage_sign_in reads users, and may write them; GRANT SELECT/);
  await sql('REVOKE UPDATE (email) ON users FROM portage_sign_in');
});

test('an owner that owns nothing is refused, with the tables and the rights that it lacks', async () => {
  const { lines } = await linesOf(configuration({ secretArn: stack.env['PORTAGE_SIGN_IN_SECRET_ARN'] }));
  expect(lines['tables']).toMatch(/^missing  tables: portage_sign_in does not own users; GRANT the owner's role/);
  expect(lines['schema']).toMatch(/^missing  schema: portage_sign_in may not create schemas; GRANT CREATE ON DATABASE/);
});

test('names of what is not there are refused one by one', async () => {
  const { lines, exitCode } = await linesOf(
    configuration({
      clusterArn: 'arn:aws:rds:us-east-1:000000000000:cluster:nowhere',
      userPoolId: 'us-east-1_nowhere',
      signInSecretArn: undefined,
    }),
  );
  expect(exitCode).toBe(1);
  expect(lines['cluster']).toMatch(/^missing  cluster: nowhere is not there; correct clusterArn/);
  expect(lines['source']).toMatch(/^missing  source: /);
  expect(lines['user pool']).toMatch(/^missing  user pool: us-east-1_nowhere is not there; correct userPoolId/);
  expect(lines['sign-in login']).toMatch(/^missing  sign-in login: signInSecretArn is not set; make the login/);
});

test('a configuration that is absent or unfinished is refused in one line', async () => {
  expect(await portage(['doctor', '--config', join(folder, 'none.json')])).toMatchObject({
    exitCode: 1,
    error: expect.stringMatching(/^there is no .*none\.json: name the configuration .* --config FILE$/),
  });
  const broken = join(folder, 'broken.json');
  writeFileSync(broken, '{ "context": ');
  expect(await portage(['doctor', '--config', broken])).toMatchObject({
    exitCode: 1,
    error: expect.stringMatching(/broken\.json is no JSON \(.*\): correct it, or name another with --config FILE$/),
  });
  expect(await portage(['doctor', '--config', configuration({ database: '' })])).toMatchObject({
    exitCode: 1,
    error: expect.stringMatching(/cdk\.json: context\.portage\.database: /),
  });
});
