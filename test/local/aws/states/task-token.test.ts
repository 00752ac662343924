import {
  SendTaskFailureCommand,
  SendTaskHeartbeatCommand,
  SendTaskSuccessCommand,
  StopExecutionCommand,
} from '@aws-sdk/client-sfn';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createDeferred } from '../../../../local/process/deferred.ts';
import { eventually, outputOf, startHarness, type Harness } from './harness.ts';

let states: Harness;
const tokens: string[] = [];
beforeAll(async () => {
  states = await startHarness();
  states.functions.set('open-gate', (event) => {
    tokens.push(String(event));
    return { opened: true };
  });
});
afterAll(() => states.stop());

const gate = (more: object = {}) => ({
  Gate: {
    Type: 'Task',
    Resource: 'arn:aws:states:::lambda:invoke.waitForTaskToken',
    Arguments: { FunctionName: 'open-gate', Payload: '{% $states.context.Task.Token %}' },
    End: true,
    ...more,
  },
});

async function open(definition: object): Promise<{ arn: string; token: string }> {
  const before = tokens.length;
  const arn = await states.start(await states.create({ StartAt: 'Gate', States: definition }));
  const token = await eventually(() => tokens[before] ?? null);
  await submitted(arn);
  return { arn, token };
}

const submitted = (arn: string) =>
  eventually(async () => (await states.history(arn)).some(({ type }) => type === 'TaskSubmitted') || null);

test('The task waits on after the function has returned, until its token comes back with a result', async () => {
  const { arn, token } = await open(gate());
  expect((await states.describe(arn)).status).toBe('RUNNING');
  await states.client.send(new SendTaskSuccessCommand({ taskToken: token, output: '{"by":"ann"}' }));
  expect(outputOf(await states.ended(arn))).toEqual({ by: 'ann' });
  expect((await states.history(arn)).map(({ type }) => type)).toEqual([
    'ExecutionStarted',
    'TaskStateEntered',
    'TaskScheduled',
    'TaskStarted',
    'TaskSubmitted',
    'TaskSucceeded',
    'TaskStateExited',
    'ExecutionSucceeded',
  ]);
});

test('A failure sent with the token is the error of the task', async () => {
  const { arn, token } = await open(gate());
  await states.client.send(new SendTaskFailureCommand({ taskToken: token, error: 'Rejected', cause: 'by two' }));
  expect(await states.ended(arn)).toMatchObject({ status: 'FAILED', error: 'Rejected', cause: 'by two' });
});

test('A token is answered once; an answered or stopped one is timed out, an unknown one invalid', async () => {
  const { arn, token } = await open(gate());
  const send = (taskToken: string, output = '1') =>
    states.client.send(new SendTaskSuccessCommand({ taskToken, output }));
  await expect(send(token, '{no json')).rejects.toMatchObject({ name: 'InvalidOutput' });
  await states.client.send(new StopExecutionCommand({ executionArn: arn }));
  await expect(send(token)).rejects.toMatchObject({ name: 'TaskTimedOut' });
  await expect(send('nonsense')).rejects.toMatchObject({ name: 'InvalidToken' });
});

test('A token that comes back before the function returns ends the task at once', async () => {
  const { promise: released, resolve: release } = createDeferred<void>();
  states.functions.set('eager', async (event) => {
    await states.client.send(new SendTaskSuccessCommand({ taskToken: String(event), output: '"early"' }));
    await released;
  });
  const done = await states.run(
    gate({ Arguments: { FunctionName: 'eager', Payload: '{% $states.context.Task.Token %}' } }),
  );
  release();
  expect(outputOf(done)).toBe('early');
});

test('A timeout passes on the simulated clock, but a waiting gate never makes the clock jump', async () => {
  const before = states.clock.now();
  const { arn } = await open(gate({ TimeoutSeconds: 86_400 }));
  expect(states.clock.now() - before).toBeLessThan(60_000);
  await states.clock.sleep(90_000_000);
  expect(await states.ended(arn)).toMatchObject({ status: 'FAILED', error: 'States.Timeout' });
});

test('A missing heartbeat fails the task; a heartbeat puts the end off', async () => {
  const { arn, token } = await open(gate({ HeartbeatSeconds: 3600, TimeoutSeconds: 864_000 }));
  await states.clock.sleep(3_000_000);
  await states.client.send(new SendTaskHeartbeatCommand({ taskToken: token }));
  await states.clock.sleep(3_000_000);
  expect((await states.describe(arn)).status).toBe('RUNNING');
  await states.clock.sleep(3_000_000);
  expect(await states.ended(arn)).toMatchObject({ status: 'FAILED', error: 'States.HeartbeatTimeout' });
});

test('A retried gate gets a new token, and the old one no longer counts', async () => {
  const { arn, token } = await open(gate({ Retry: [{ ErrorEquals: ['Again'] }] }));
  const before = tokens.length;
  await states.client.send(new SendTaskFailureCommand({ taskToken: token, error: 'Again' }));
  const second = await eventually(() => tokens[before] ?? null);
  expect(second).not.toBe(token);
  const late = states.client.send(new SendTaskSuccessCommand({ taskToken: token, output: '1' }));
  await expect(late).rejects.toMatchObject({ name: 'TaskTimedOut' });
  await states.client.send(new SendTaskSuccessCommand({ taskToken: second, output: '2' }));
  expect(outputOf(await states.ended(arn))).toBe(2);
});
