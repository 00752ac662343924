import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Client } from 'pg';
import { type Stack, startStack } from '../../local/stack/start.ts';
import { signInLoginStatements } from '../../src/domain/auth/sign-in-login.ts';
import { planSchema } from '../../src/domain/plan/plan.ts';
import { portage } from './portage.ts';

const root = join(import.meta.dirname, '../..');
const planFile = join(root, 'examples/campaigns/plan.json');
const plan = planSchema.parse(JSON.parse(readFileSync(planFile, 'utf8')));

let folder: string;
let stack: Stack;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'portage-doctor-'));
  stack = await startStack({ dataDir: join(folder, 'stack'), planFile, schedules: 'off' });
}, 180_000);
afterAll(async () => {
  await stack?.stop({ discard: true });
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
): Promise<{ readonly exitCode: number; readonly lines: Readonly<Record<string, string>> }> {
  const { out, error, exitCode } = await portage(['doctor', '--config', config], { ...stack.env });
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
