import { ListExecutionsCommand, RedriveExecutionCommand, StopExecutionCommand } from '@aws-sdk/client-sfn';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { eventually, named, outputOf, startHarness, type Harness } from './harness.ts';

let states: Harness;
beforeAll(async () => {
  states = await startHarness();
});
afterAll(() => states.stop());

const parentOf = (child: string, more: object = {}) => ({
  StartAt: 'Run',
  States: {
    Run: {
      Type: 'Task',
      Resource: 'arn:aws:states:::states:startExecution.sync:2',
      Arguments: { StateMachineArn: child, Input: { day: '{% $states.input.day %}' }, ...more },
      End: true,
    },
  },
});
const childrenOf = async (stateMachineArn: string) =>
  (await states.client.send(new ListExecutionsCommand({ stateMachineArn }))).executions ?? [];

test('A child runs to its end; its input and output arrive as JSON', async () => {
  const child = await states.create({
    StartAt: 'Answer',
    States: { Answer: { Type: 'Pass', Output: { twice: '{% $states.input.day * 2 %}' }, End: true } },
  });
  const done = await states.ended(await states.start(await states.create(parentOf(child)), { day: 4 }));
  const [execution] = await childrenOf(child);
  expect(outputOf(done)).toMatchObject({
    ExecutionArn: execution?.executionArn,
    StateMachineArn: child,
    Status: 'SUCCEEDED',
    Input: { day: 4 },
    Output: { twice: 8 },
  });
  const types = (await states.history(done.executionArn)).map(({ type }) => type);
  expect(types.slice(2, 6)).toEqual(['TaskScheduled', 'TaskStarted', 'TaskSubmitted', 'TaskSucceeded']);
});

test('A failed child fails the task, a machine that is not there has its own error', async () => {
  const child = await states.create({ StartAt: 'No', States: { No: { Type: 'Fail', Error: 'Bad', Cause: 'luck' } } });
  const done = await states.ended(await states.start(await states.create(parentOf(child)), { day: 1 }));
  expect(done.error).toBe('States.TaskFailed');
  expect(JSON.parse(done.cause ?? '')).toMatchObject({ Status: 'FAILED', Error: 'Bad', Cause: 'luck' });
  const nowhere = parentOf('arn:aws:states:us-east-1:000000000000:stateMachine:nowhere');
  const lost = await states.ended(await states.start(await states.create(nowhere), { day: 1 }));
  expect(lost.error).toBe('StepFunctions.StateMachineDoesNotExistException');
});

test('Stopping the parent stops the child', async () => {
  states.functions.set('endless', () => new Promise(() => undefined));
  const child = await states.create({
    StartAt: 'Wait',
    States: {
      Wait: {
        Type: 'Task',
        Resource: 'arn:aws:states:::lambda:invoke',
        Arguments: { FunctionName: 'endless' },
        End: true,
      },
    },
  });
  const parent = await states.start(await states.create(parentOf(child)), { day: 1 });
  const [running] = await eventually(async () => {
    const list = await childrenOf(child);
    return list.length > 0 ? list : null;
  });
  await states.client.send(new StopExecutionCommand({ executionArn: parent, error: 'Enough', cause: 'of it' }));
  expect(await states.ended(parent)).toMatchObject({ status: 'ABORTED', error: 'Enough', cause: 'of it' });
  expect((await states.ended(running?.executionArn ?? '')).status).toBe('ABORTED');
});

const call = (FunctionName: string, flow: object) => ({
  Type: 'Task',
  Resource: 'arn:aws:states:::lambda:invoke',
  Arguments: { FunctionName },
  ...flow,
});

test('Redriving the parent redrives the failed child, which goes on from its failed state', async () => {
  let mended = false;
  const calls: string[] = [];
  states.functions.set('first', () => void calls.push('first'));
  states.functions.set('second', () => {
    calls.push('second');
    if (!mended) throw named('NotYet');
  });
  const child = await states.create({
    StartAt: 'First',
    States: { First: call('first', { Next: 'Second' }), Second: call('second', { End: true }) },
  });
  const arn = await states.start(await states.create(parentOf(child)), { day: 1 });
  expect((await states.ended(arn)).status).toBe('FAILED');
  mended = true;
  await states.client.send(new RedriveExecutionCommand({ executionArn: arn }));
  expect(await states.ended(arn)).toMatchObject({ status: 'SUCCEEDED', redriveCount: 1 });
  expect(calls).toEqual(['first', 'second', 'second']);
  const children = await childrenOf(child);
  expect(children).toHaveLength(1);
  expect(children[0]).toMatchObject({ status: 'SUCCEEDED', redriveCount: 1 });
});
