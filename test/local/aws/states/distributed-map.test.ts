import {
  DescribeMapRunCommand,
  ListExecutionsCommand,
  ListMapRunsCommand,
  RedriveExecutionCommand,
} from '@aws-sdk/client-sfn';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { named, outputOf, startHarness, type Harness } from './harness.ts';

let states: Harness;
const broken = new Set<unknown>();
beforeAll(async () => {
  states = await startHarness();
  states.functions.set('segment', (event) => {
    if (broken.has(event)) throw named('SegmentFailed', String(event));
    return { done: event };
  });
});
afterAll(() => states.stop());

const each = (more: object = {}) => ({
  Each: {
    Type: 'Map',
    Items: '{% $range(0, 9, 1) %}',
    MaxConcurrency: 4,
    ItemSelector: '{% $states.context.Map.Item.Value %}',
    ItemProcessor: {
      ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' },
      StartAt: 'Segment',
      States: {
        Segment: {
          Type: 'Task',
          Resource: 'arn:aws:states:::lambda:invoke',
          Arguments: { FunctionName: 'segment', Payload: '{% $states.input %}' },
          Output: '{% $states.result.Payload.done %}',
          End: true,
        },
      },
    },
    End: true,
    ...more,
  },
});

async function mapRunOf(executionArn: string | undefined) {
  const { mapRuns } = await states.client.send(new ListMapRunsCommand({ executionArn }));
  const mapRunArn = mapRuns?.[0]?.mapRunArn;
  const run = await states.client.send(new DescribeMapRunCommand({ mapRunArn }));
  const { executions } = await states.client.send(new ListExecutionsCommand({ mapRunArn }));
  return { run, executions: executions ?? [] };
}

test('Every item is a child execution of one map run', async () => {
  broken.clear();
  const done = await states.run(each());
  expect(outputOf(done)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  const { run, executions } = await mapRunOf(done.executionArn);
  expect(run).toMatchObject({ status: 'SUCCEEDED', maxConcurrency: 4, itemCounts: { total: 10, succeeded: 10 } });
  expect(executions).toHaveLength(10);
  expect((await states.history(executions[0]?.executionArn)).map(({ type }) => type)).toContain('TaskSucceeded');
  expect((await states.history(done.executionArn)).map(({ type }) => type)).toEqual([
    'ExecutionStarted',
    'MapStateEntered',
    'MapStateStarted',
    'MapRunStarted',
    'MapRunSucceeded',
    'MapStateSucceeded',
    'MapStateExited',
    'ExecutionSucceeded',
  ]);
  const direct = await states.client.send(new ListExecutionsCommand({ stateMachineArn: done.stateMachineArn }));
  expect(direct.executions).toHaveLength(1);
});

test('As many failures as are tolerated leave their record in the result', async () => {
  broken.clear();
  broken.add(3).add(7);
  const done = await states.run(each({ ToleratedFailurePercentage: 20 }));
  const output = outputOf(done);
  expect(done.status).toBe('SUCCEEDED');
  expect(output).toMatchObject([0, 1, 2, { Status: 'FAILED', Error: 'SegmentFailed' }, 4, 5, 6, {}, 8, 9]);
});

test('One failure more fails the map run and the state; redrive repeats only the children that failed', async () => {
  broken.clear();
  broken.add(3).add(7);
  const failed = await states.run(each({ ToleratedFailureCount: 1, MaxConcurrency: 0 }));
  expect(failed.error).toBe('States.ExceedToleratedFailureThreshold');
  const before = states.functions.calls.length;
  const { run, executions } = await mapRunOf(failed.executionArn);
  expect(run.status).toBe('FAILED');
  const children = await Promise.all(executions.map(({ executionArn }) => states.describe(executionArn ?? '')));
  const finished = children.filter(({ status }) => status === 'SUCCEEDED').map(({ input }) => Number(input));

  broken.clear();
  await states.client.send(new RedriveExecutionCommand({ executionArn: failed.executionArn }));
  const done = await states.ended(failed.executionArn ?? '');
  expect(outputOf(done)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  // As a set: the call of a child that was stopped may arrive only now.
  const repeated = new Set(states.functions.calls.slice(before).map(({ event }) => event));
  expect(repeated).toEqual(new Set([0, 1, 2, 3, 4, 5, 6, 7, 8, 9].filter((item) => !finished.includes(item))));
  expect((await mapRunOf(failed.executionArn)).run).toMatchObject({ status: 'SUCCEEDED', redriveCount: 1 });
  expect((await states.history(failed.executionArn)).map(({ type }) => type)).toContain('MapRunRedriven');
});

test('A child sees no variable of the outer scope and may assign a name of it, and cannot be redriven by itself', async () => {
  broken.clear();
  const done = await states.run({
    Set: { Type: 'Pass', Assign: { outer: 1 }, Next: 'Each' },
    Each: {
      ...each().Each,
      Items: [1],
      ItemProcessor: {
        ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' },
        StartAt: 'Look',
        States: {
          Look: { Type: 'Pass', Output: '{% $exists($outer) %}', Assign: { outer: 2 }, Next: 'Break' },
          Break: { Type: 'Fail', Error: '{% $string($states.input) & $outer %}' },
        },
      },
    },
  });
  const { executions } = await mapRunOf(done.executionArn);
  const child = await states.describe(executions[0]?.executionArn ?? '');
  expect(child).toMatchObject({ error: 'false2', redriveStatus: 'REDRIVABLE_BY_MAP_RUN' });
  const redrive = states.client.send(new RedriveExecutionCommand({ executionArn: child.executionArn }));
  await expect(redrive).rejects.toMatchObject({ name: 'ExecutionNotRedrivable' });
});
