import { RedriveExecutionCommand, StopExecutionCommand } from '@aws-sdk/client-sfn';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { eventually, named, outputOf, startHarness, type Harness } from './harness.ts';

let states: Harness;
const broken = new Set<string>();
const calls: string[] = [];
beforeAll(async () => {
  states = await startHarness();
  states.functions.set('step', (event) => {
    calls.push(String(event));
    if (broken.has(String(event))) throw named('Broken');
    return event;
  });
});
afterAll(() => states.stop());

const step = (payload: string, more: object = { End: true }) => ({
  Type: 'Task',
  Resource: 'arn:aws:states:::lambda:invoke',
  Arguments: { FunctionName: 'step', Payload: payload },
  Output: '{% $states.result.Payload %}',
  ...more,
});
const redrive = (executionArn: string | undefined) => states.client.send(new RedriveExecutionCommand({ executionArn }));

test('A failed execution goes on from its failed state, with its variables and fresh retry counters', async () => {
  broken.add('b');
  calls.length = 0;
  const failed = await states.run({
    A: step('a', { Assign: { kept: 'yes' }, Next: 'B' }),
    B: step('b', { Retry: [{ ErrorEquals: ['Broken'], MaxAttempts: 1 }], Output: '{% $kept %}', End: true }),
  });
  expect(failed).toMatchObject({ status: 'FAILED', error: 'Broken' });
  await redrive(failed.executionArn);
  await eventually(async () => (await states.describe(failed.executionArn ?? '')).status !== 'RUNNING' || null);
  expect(calls).toEqual(['a', 'b', 'b', 'b', 'b']);
  broken.clear();
  await redrive(failed.executionArn);
  const done = await states.ended(failed.executionArn ?? '');
  expect(done).toMatchObject({ status: 'SUCCEEDED', output: '"yes"', redriveCount: 2 });
  const types = (await states.history(done.executionArn)).map(({ type }) => type);
  expect(types.slice(-6)).toEqual([
    'ExecutionRedriven',
    'TaskScheduled',
    'TaskStarted',
    'TaskSucceeded',
    'TaskStateExited',
    'ExecutionSucceeded',
  ]);
  expect(types.filter((type) => type === 'TaskStateEntered')).toHaveLength(2);
  await expect(redrive(done.executionArn)).rejects.toMatchObject({ name: 'ExecutionNotRedrivable' });
});

test('Branches and iterations that were done stay done', async () => {
  broken.add('y').add('2');
  calls.length = 0;
  const failed = await states.run({
    Both: {
      Type: 'Parallel',
      Branches: [
        { StartAt: 'X', States: { X: step('x') } },
        { StartAt: 'AfterX', States: { AfterX: { Type: 'Wait', Seconds: 1, Next: 'Y' }, Y: step('y') } },
      ],
      Output: [1, 2, 3],
      Next: 'Each',
    },
    Each: {
      Type: 'Map',
      MaxConcurrency: 1,
      ItemProcessor: { StartAt: 'Z', States: { Z: step('{% $string($states.input) %}') } },
      End: true,
    },
  });
  expect(calls).toEqual(['x', 'y']);
  broken.delete('y');
  await redrive(failed.executionArn);
  expect((await states.ended(failed.executionArn ?? '')).status).toBe('FAILED');
  expect(calls).toEqual(['x', 'y', 'y', '1', '2']);
  broken.clear();
  await redrive(failed.executionArn);
  expect(outputOf(await states.ended(failed.executionArn ?? ''))).toEqual(['1', '2', '3']);
  expect(calls).toEqual(['x', 'y', 'y', '1', '2', '2', '3']);
});

test('Stopped and timed out executions can be redriven; a Fail state fails again', async () => {
  const machine = await states.create({
    StartAt: 'Far',
    States: {
      Far: { Type: 'Wait', Seconds: '{% $states.input %}', Next: 'Over' },
      Over: { Type: 'Fail', Error: 'Over' },
    },
    TimeoutSeconds: 3600,
  });
  const timedOut = await states.start(machine, 4000);
  expect((await states.ended(timedOut)).status).toBe('TIMED_OUT');
  await redrive(timedOut);
  expect((await states.ended(timedOut)).status).toBe('TIMED_OUT');

  const gate = await states.start(
    await states.create({
      StartAt: 'Hold',
      States: {
        Hold: step('hold', { Resource: 'arn:aws:states:::lambda:invoke.waitForTaskToken', Next: 'No' }),
        No: { Type: 'Fail' },
      },
    }),
  );
  await states.client.send(new StopExecutionCommand({ executionArn: gate }));
  await redrive(gate);
  expect((await states.describe(gate)).status).toBe('RUNNING');
  await states.client.send(new StopExecutionCommand({ executionArn: gate }));

  const failed = await states.start(machine, 0);
  expect((await states.ended(failed)).error).toBe('Over');
  await redrive(failed);
  expect(await states.ended(failed)).toMatchObject({ status: 'FAILED', error: 'Over', redriveCount: 1 });
});

test('After 14 days an execution can no longer be redriven', async () => {
  const failed = await states.run({ Over: { Type: 'Fail' } });
  await states.clock.sleep(15 * 86_400_000);
  expect((await states.describe(failed.executionArn ?? '')).redriveStatus).toBe('NOT_REDRIVABLE');
  await expect(redrive(failed.executionArn)).rejects.toMatchObject({ name: 'ExecutionNotRedrivable' });
});
