import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { CognitoIdentityProviderClient, InitiateAuthCommand } from '@aws-sdk/client-cognito-identity-provider';
import { DynamoDBClient, GetItemCommand, ListTablesCommand } from '@aws-sdk/client-dynamodb';
import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { DescribeExecutionCommand, SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Client, type QueryResultRow } from 'pg';
import * as z from 'zod';
import { childEnvironment, tsxArguments } from '../../../local/process/fork-part.ts';
import { type Stack, startStack } from '../../../local/stack/start.ts';
import { isAlive } from '../../is-process-alive.ts';

const assembly = fileURLToPath(new URL('assembly', import.meta.url));
const planFile = fileURLToPath(new URL('../../../examples/campaigns/plan.json', import.meta.url));
const factsSchema = z.object({
  env: z.record(z.string(), z.string()),
  pids: z.array(z.number()),
  connectionString: z.string(),
});
const REAL = { region: 'us-east-1', credentials: { accessKeyId: 'portage', secretAccessKey: 'portage' } };
const ARN = 'arn:aws:states:us-east-1:000000000000:stateMachine:portage-greet';

let dataDir: string;
let killed: { readonly child: ChildProcess; readonly facts: z.infer<typeof factsSchema> };
let stack: Stack;
let executionArn: string | undefined;

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 50));
}

async function inOwnProcess(): Promise<typeof killed> {
  const script = fileURLToPath(new URL('orchestrator.ts', import.meta.url));
  const child = spawn(process.execPath, [...tsxArguments(), script, dataDir], {
    env: childEnvironment(),
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  for await (const line of createInterface({ input: child.stdout }))
    return { child, facts: factsSchema.parse(JSON.parse(line)) };
  throw new Error('the stack has ended');
}

async function sql<Row extends QueryResultRow>(connectionString: string | null, text: string): Promise<Row[]> {
  const client = new Client({ connectionString: connectionString ?? '' });
  await client.connect();
  try {
    return (await client.query<Row>(text)).rows;
  } finally {
    await client.end();
  }
}

function states(env: Readonly<Record<string, string>>): SFNClient {
  return new SFNClient({ ...REAL, endpoint: env['AWS_ENDPOINT_URL_SFN'] ?? '' });
}

beforeAll(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'portage-stack-'));
  killed = await inOwnProcess();
  await sql(killed.facts.connectionString, 'create table words (word text primary key)');
  const client = states(killed.facts.env);
  ({ executionArn } = await client.send(
    new StartExecutionCommand({ stateMachineArn: ARN, name: 'across-a-kill', input: '{"word":"hello"}' }),
  ));
  client.destroy();
  killed.child.kill('SIGKILL');
  stack = await startStack({ dataDir, assembly, planFile });
}, 180_000);

afterAll(async () => {
  await stack?.stop({ discard: true });
  rmSync(dataDir, { recursive: true, force: true });
});

test('kill -9 leaves no process behind', async () => {
  await until(() => !killed.facts.pids.some(isAlive));
});

test('an execution that was under way at the kill goes on, skips its fortnight and reaches every store', async () => {
  const client = states(stack.env);
  await until(async () => {
    const { status } = await client.send(new DescribeExecutionCommand({ executionArn }));
    return status !== 'RUNNING';
  });
  const ended = await client.send(new DescribeExecutionCommand({ executionArn }));
  client.destroy();
  expect(ended).toMatchObject({ status: 'SUCCEEDED', output: '{"word":"hello","length":5}' });
  expect(stack.clock.now() - Date.now()).toBeGreaterThan(13 * 86_400_000);

  expect(await sql(stack.connectionString, 'select word from words')).toEqual([{ word: 'hello' }]);
  const dynamo = new DynamoDBClient({ ...REAL, endpoint: stack.endpoints.DYNAMODB });
  const { TableNames } = await dynamo.send(new ListTablesCommand({}));
  expect(TableNames).toEqual(['campaigns', 'portage-campaigns-control']);
  const Key = { PK: { S: 'WORD' }, SK: { S: 'hello' } };
  const { Item } = await dynamo.send(new GetItemCommand({ TableName: 'portage-campaigns-control', Key }));
  expect(Item).toEqual(Key);
  dynamo.destroy();
  const s3 = new S3Client({ ...REAL, endpoint: stack.endpoints.S3, forcePathStyle: true });
  const object = await s3.send(new GetObjectCommand({ Bucket: stack.env['PORTAGE_BUCKET'], Key: 'words/hello' }));
  expect(await object.Body?.transformToString()).toBe('hello');
  s3.destroy();
});

test('Cognito reaches the migration trigger in the Lambda host', async () => {
  const client = new CognitoIdentityProviderClient({ ...REAL, endpoint: stack.endpoints.COGNITO_IDENTITY_PROVIDER });
  const AuthParameters = { USERNAME: 'ana@example.com', PASSWORD: 'anything' };
  const { AuthenticationResult } = await client.send(
    new InitiateAuthCommand({ AuthFlow: 'USER_PASSWORD_AUTH', ClientId: stack.clientId, AuthParameters }),
  );
  client.destroy();
  expect(AuthenticationResult?.IdToken).toEqual(expect.any(String));
});

test('a message of a handler reaches the listener', async () => {
  const heard: string[] = [];
  stack.onMessage(({ message }) => heard.push(message));
  await stack.invoke('remember', { word: 'gate open' });
  expect(heard).toEqual(['gate open']);
});

test('a second stack on the same directory is refused in one line', async () => {
  await expect(startStack({ dataDir, assembly, planFile })).rejects.toThrow(
    new RegExp(`^${dataDir} is in use by a running stack \\(pid ${process.pid}\\): stop it`),
  );
});

test('a plan that is not there is refused with the remedy', async () => {
  await expect(startStack({ dataDir, assembly, planFile: 'nowhere.json' })).rejects.toThrow(
    /there is no plan .*--plan FILE/,
  );
});

test('after a stop nothing runs, and after a fresh start nothing is left of before', async () => {
  const pids = stack.pids().filter(({ name }) => name !== 'orchestrator');
  expect(pids.map(({ name }) => name).toSorted()).toEqual([
    'databases',
    'dynamodb',
    'iam',
    'lambda',
    'postgres',
    's3-and-cognito',
  ]);
  expect(Object.values(stack.memory()).every((bytes) => bytes > 10_000_000)).toBe(true);
  await stack.stop();
  expect(pids.filter(({ pid }) => isAlive(pid))).toEqual([]);
  expect(readdirSync(dataDir)).not.toContain('stack.lock');
  stack = await startStack({ dataDir, assembly, planFile, fresh: true });
  expect(Math.abs(stack.clock.now() - Date.now())).toBeLessThan(1000);
  expect(await sql(stack.connectionString, "select from pg_class where relname = 'words'")).toEqual([]);
}, 120_000);
