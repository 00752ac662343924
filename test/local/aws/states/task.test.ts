import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { named, outputOf, startHarness, type Harness } from './harness.ts';

let states: Harness;
beforeAll(async () => {
  states = await startHarness();
});
afterAll(() => states.stop());

const call = (FunctionName: string, more: object = {}) => ({
  Type: 'Task',
  Resource: 'arn:aws:states:::lambda:invoke',
  Arguments: { FunctionName, Payload: { n: '{% $states.context.State.RetryCount %}' } },
  End: true,
  ...more,
});

test('A function gets the payload and its answer is the result, with the events AWS tells of it', async () => {
  states.functions.set('echo', (event) => ({ got: event }));
  const arn = 'arn:aws:lambda:us-east-1:000000000000:function:echo';
  const done = await states.run({ Call: call(arn, { TimeoutSeconds: 30 }) });
  expect(outputOf(done)).toEqual({ StatusCode: 200, Payload: { got: { n: 0 } }, ExecutedVersion: '$LATEST' });
  const events = await states.history(done.executionArn);
  expect(events.map(({ type }) => type)).toEqual([
    'ExecutionStarted',
    'TaskStateEntered',
    'TaskScheduled',
    'TaskStarted',
    'TaskSucceeded',
    'TaskStateExited',
    'ExecutionSucceeded',
  ]);
  expect(events.map(({ id }) => id)).toEqual([1, 2, 3, 4, 5, 6, 7]);
  expect(events[2]?.taskScheduledEventDetails).toEqual({
    resourceType: 'lambda',
    resource: 'invoke',
    region: 'us-east-1',
    parameters: JSON.stringify({ FunctionName: arn, Payload: { n: 0 } }),
    timeoutInSeconds: 30,
  });
  expect(events[4]?.taskSucceededEventDetails).toMatchObject({ outputDetails: { truncated: false } });
});

test("A function's error type is the error, the body is the cause", async () => {
  states.functions.set('broken', () => {
    throw named('PlanError', 'no key');
  });
  const done = await states.run({ Call: call('broken') });
  expect(done.error).toBe('PlanError');
  expect(JSON.parse(done.cause ?? '')).toEqual({ errorType: 'PlanError', errorMessage: 'no key', trace: [] });
});

test("The service's errors carry Lambda's names", async () => {
  expect((await states.run({ Call: call('missing') })).error).toBe('Lambda.ResourceNotFoundException');
});

test('Retry backs off on the simulated clock until an attempt succeeds, and RetryCount tells which one it is', async () => {
  states.functions.set('third-time', (event) => {
    if (JSON.stringify(event) === '{"n":2}') return 'well';
    throw named('Flaky');
  });
  const retry = { ErrorEquals: ['Other', 'Flaky'], IntervalSeconds: 60, BackoffRate: 3, MaxAttempts: 2 };
  const done = await states.run({ Call: call('third-time', { Retry: [retry] }) });
  expect(outputOf(done)).toMatchObject({ Payload: 'well' });
  expect((done.stopDate?.getTime() ?? 0) - (done.startDate?.getTime() ?? 0)).toBeGreaterThanOrEqual(240_000);
  const types = (await states.history(done.executionArn)).map(({ type }) => type);
  expect(types.filter((type) => type === 'TaskFailed').length).toBe(2);
  expect(types.filter((type) => type === 'TaskStateEntered').length).toBe(1);
});

test('Each retrier counts for itself; when the matching one is used up, Catch decides', async () => {
  let calls = 0;
  states.functions.set('alternating', () => {
    calls += 1;
    throw named(calls % 2 === 1 ? 'Odd' : 'Even');
  });
  const done = await states.run({
    Call: call('alternating', {
      Retry: [
        { ErrorEquals: ['Odd'], MaxAttempts: 2 },
        { ErrorEquals: ['States.TaskFailed'], MaxAttempts: 1, JitterStrategy: 'FULL', MaxDelaySeconds: 2 },
      ],
      Assign: { own: 1 },
      Catch: [
        { ErrorEquals: ['Odd'], Next: 'Wrong' },
        {
          ErrorEquals: ['States.ALL'],
          Next: 'Caught',
          Assign: { calls: '{% $states.errorOutput.Error %}' },
          Output: { error: '{% $states.errorOutput.Error %}', input: '{% $states.input %}' },
        },
      ],
    }),
    Wrong: { Type: 'Fail' },
    Caught: { Type: 'Pass', Output: ['{% $states.input %}', '{% $calls %}', '{% $exists($own) %}'], End: true },
  });
  expect(calls).toBe(4);
  expect(outputOf(done)).toEqual([{ error: 'Even', input: {} }, 'Even', false]);
});

test('A failed Output of a Task is caught like a failure of the task', async () => {
  states.functions.set('fine', () => 1);
  const done = await states.run({
    Call: call('fine', {
      Output: '{% $states.result.Nothing %}',
      Catch: [{ ErrorEquals: ['States.QueryEvaluationError'], Next: 'Caught' }],
    }),
    Caught: { Type: 'Succeed' },
  });
  expect(done.status).toBe('SUCCEEDED');
});

const branch = (name: string, state: object) => ({ StartAt: name, States: { [name]: state } });

test('A function that takes too long times out in real time, a jump of the clock does not end it', async () => {
  states.functions.set('slow', () => new Promise((resolve) => setTimeout(() => resolve('late'), 1400)));
  const [short, long] = await Promise.all([
    states.run({ Call: call('slow', { TimeoutSeconds: 1 }) }),
    states.run({
      Both: {
        Type: 'Parallel',
        Branches: [
          branch('Call', call('slow', { TimeoutSeconds: 60, Output: '{% $states.result.Payload %}' })),
          branch('Jump', { Type: 'Wait', Seconds: 86_400, Output: 'jumped', End: true }),
        ],
        End: true,
      },
    }),
  ]);
  expect(short.error).toBe('States.Timeout');
  expect((await states.history(short.executionArn)).map(({ type }) => type)).toContain('TaskTimedOut');
  expect(outputOf(long)).toEqual(['late', 'jumped']);
});
