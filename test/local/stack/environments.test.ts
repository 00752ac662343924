import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CognitoIdentityProviderClient } from '@aws-sdk/client-cognito-identity-provider';
import { DescribeExecutionCommand, SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { CREDENTIALS } from '../../../local/process/credentials.ts';
import { createDeferred } from '../../../local/process/deferred.ts';
import { closeServer, httpServer, listen } from '../../../local/process/free-port.ts';
import { type Stack, startStack } from '../../../local/stack/start.ts';
import { createUserPool } from '../../../src/adapters/cognito/user-pool.ts';
import { portage } from '../../operator/portage.ts';

const STAGING = 'staging';
const dataDir = mkdtempSync(join(tmpdir(), 'portage-environments-'));
let stack: Stack;

const start = (environments: readonly string[]): Promise<Stack> =>
  startStack({ dataDir, environments, schedules: 'off' });

beforeAll(async () => {
  stack = await start([STAGING]);
}, 180_000);

afterAll(async () => {
  await stack?.stop({ discard: true });
  rmSync(dataDir, { recursive: true, force: true });
});

function staging(): Readonly<Record<string, string>> {
  const found = stack.environments[STAGING];
  if (found === undefined) throw new Error(`the stack has no environment ${STAGING}`);
  return found;
}

async function statusOf(variables: Readonly<Record<string, string>>): Promise<unknown> {
  const { out } = await portage(['status', '--json'], variables);
  return JSON.parse(out).execution;
}

test('nothing of one environment has a name that the other uses', () => {
  const { functions, machines, tables, buckets, topics, alarms, compositeAlarms, roles, policies, logGroups } =
    stack.deployment;
  for (const kind of [functions, machines, tables, buckets, topics, alarms, compositeAlarms, roles, logGroups]) {
    const names = kind.map(({ name }) => name);
    expect(names.length).toBeGreaterThan(1);
    expect(names.filter((name, at) => names.indexOf(name) !== at)).toEqual([]);
  }
  for (const audience of ['viewer', 'operator', 'approver', 'application'])
    expect(policies.filter(({ name }) => name.endsWith(`-${audience}`))).toHaveLength(2);
});

/** What CloudFormation sends to the function of the custom resource, and the answer that it gets. */
async function deletion(functionArn: string): Promise<unknown> {
  const answered = createDeferred<string>();
  const server = httpServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString('utf8')));
    request.on('end', () => {
      response.end();
      answered.resolve(body);
    });
  });
  const address = await listen(server, 0, 'the answer');
  try {
    await stack.invoke('detach-trigger', {
      RequestType: 'Delete',
      ResponseURL: `${address}/answer?signature=secret`,
      StackId: 'stack',
      RequestId: 'request',
      LogicalResourceId: 'resource',
      PhysicalResourceId: functionArn,
      ResourceProperties: { FunctionArn: functionArn },
    });
    return JSON.parse(await answered.promise);
  } finally {
    await closeServer(server);
  }
}

// Before any migration is started, whose phase `auth` attaches the trigger.
test("before a deployment is deleted its trigger leaves the pool, and nobody else's does", async () => {
  const pool = createUserPool({
    client: new CognitoIdentityProviderClient({
      endpoint: stack.endpoints.COGNITO_IDENTITY_PROVIDER,
      region: 'us-east-1',
      credentials: CREDENTIALS,
    }),
    userPoolId: stack.userPoolId,
  });
  const arnOf = (name: string): string => stack.deployment.functions.find((one) => one.name === name)?.arn ?? '';
  const [own, foreign] = [arnOf('portage-migrate-user'), arnOf('portage-staging-migrate-user')];
  const success = { Status: 'SUCCESS', StackId: 'stack', RequestId: 'request', LogicalResourceId: 'resource' };
  await pool.setTrigger(foreign);
  expect(await deletion(own)).toEqual({ ...success, PhysicalResourceId: own });
  expect(await pool.trigger()).toBe(foreign);
  await pool.setTrigger(own);
  expect(await deletion(own)).toEqual({ ...success, PhysicalResourceId: own });
  expect(await pool.trigger()).toBeNull();
});

test('a migration that is started in one of them is none in the other', async () => {
  expect(await portage(['start', '--run', 'first'], staging())).toMatchObject({ error: '', exitCode: 0 });
  expect(await statusOf(staging())).toBe('RUNNING');
  expect(await statusOf(stack.env)).toBe('never started');
});

test('an execution of a wrong input, or one that found the lock taken, is not taken for the migration', async () => {
  const states = new SFNClient({ endpoint: stack.endpoints.SFN, region: 'us-east-1', credentials: CREDENTIALS });
  const stateMachineArn = stack.machines[`${STAGING}-migration`];
  for (const input of ['{"foo":1}', '{"run":"second"}']) {
    const { executionArn } = await states.send(new StartExecutionCommand({ stateMachineArn, input }));
    for (let status = 'RUNNING'; status === 'RUNNING';)
      ({ status = '' } = await states.send(new DescribeExecutionCommand({ executionArn })));
    expect(await statusOf(staging())).toBe('RUNNING');
  }
  expect((await portage(['resume'], staging())).error).toContain('the migration is running');
  expect((await portage(['start'], staging())).error).toContain('the migration is running');
  states.destroy();
});

test('one of them is torn down: the other stays, and what the first kept is taken up by the next deployment', async () => {
  const recorded = await stack.invoke(`${STAGING}-read-mode`, {});
  const before = staging();
  await stack.stop();
  stack = await start([]);
  await expect(stack.invoke(`${STAGING}-read-mode`, {})).rejects.toThrow(/Function not found/);
  const endpoints = Object.fromEntries(Object.entries(stack.env).filter(([name]) => name.startsWith('AWS_ENDPOINT')));
  expect(await portage(['start'], { ...before, ...endpoints })).toMatchObject({
    error: expect.stringContaining('portage-staging-migration is not deployed here'),
  });
  expect(await stack.invoke('read-mode', {})).toBeTruthy();
  await stack.stop();
  stack = await start([STAGING]);
  expect(await stack.invoke(`${STAGING}-read-mode`, {})).toEqual(recorded);
}, 180_000);
