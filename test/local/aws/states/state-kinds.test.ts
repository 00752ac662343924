import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { outputOf, startHarness, type Harness } from './harness.ts';

let states: Harness;
beforeAll(async () => {
  states = await startHarness();
});
afterAll(() => states.stop());

test('Assign and Output are evaluated side by side: a new variable is visible from the next state on', async () => {
  const done = await states.run(
    {
      First: { Type: 'Pass', Assign: { n: 1 }, Next: 'Second' },
      Second: { Type: 'Pass', Assign: { n: '{% $n + 1 %}' }, Output: { seen: '{% $n %}' }, Next: 'Third' },
      Third: { Type: 'Pass', Output: { seen: '{% $states.input.seen %}', now: '{% $n %}' }, End: true },
    },
    {},
  );
  expect(outputOf(done)).toEqual({ seen: 1, now: 2 });
});

test('A state without Output hands its input on', async () => {
  expect(outputOf(await states.run({ Only: { Type: 'Pass', End: true } }, { a: [1, null] }))).toEqual({ a: [1, null] });
});

test('Choice takes the first rule that holds, with its Assign and Output, or else the default', async () => {
  const machine = {
    Choose: {
      Type: 'Choice',
      Choices: [
        { Condition: '{% $states.input.n > 10 %}', Next: 'Done', Assign: { size: 'big' }, Output: 'rule' },
        { Condition: '{% $states.input.n > 5 %}', Next: 'Done', Assign: { size: 'middle' } },
      ],
      Default: 'Done',
      Assign: { size: 'small' },
      Output: 'default',
    },
    Done: { Type: 'Succeed', Output: { size: '{% $size %}', input: '{% $states.input %}' } },
  };
  expect(outputOf(await states.run(machine, { n: 11 }))).toEqual({ size: 'big', input: 'rule' });
  expect(outputOf(await states.run(machine, { n: 6 }))).toEqual({ size: 'middle', input: { n: 6 } });
  expect(outputOf(await states.run(machine, { n: 1 }))).toEqual({ size: 'small', input: 'default' });
});

const choose = (condition: string) => ({
  Choose: { Type: 'Choice', Choices: [{ Condition: condition, Next: 'Done' }] },
  Done: { Type: 'Succeed' },
});

test('Choice fails without a match and a default, and where a condition is no boolean', async () => {
  expect((await states.run(choose('{% 1 = 2 %}'))).error).toBe('States.NoChoiceMatched');
  expect((await states.run(choose("{% 'yes' %}"))).error).toBe('States.QueryEvaluationError');
});

test('Wait takes seconds or a timestamp, literal or computed, on the simulated clock', async () => {
  const before = states.clock.now();
  const done = await states.run(
    {
      Literal: { Type: 'Wait', Seconds: 86_400, Next: 'Computed' },
      Computed: { Type: 'Wait', Seconds: '{% $states.input.s %}', Next: 'Past' },
      Past: { Type: 'Wait', Timestamp: '2001-01-01T00:00:00Z', Next: 'Moment' },
      Moment: {
        Type: 'Wait',
        Timestamp: '{% $fromMillis($toMillis($states.context.State.EnteredTime) + 3600000) %}',
        End: true,
      },
    },
    { s: 600 },
  );
  const waited = (done.stopDate?.getTime() ?? 0) - (done.startDate?.getTime() ?? 0);
  expect(done.status).toBe('SUCCEEDED');
  expect(waited).toBeGreaterThanOrEqual(90_600_000);
  expect(waited).toBeLessThan(90_610_000);
  expect(states.clock.now() - before).toBeGreaterThanOrEqual(90_600_000);
});

test('Fail names its error and cause, which may be computed', async () => {
  const done = await states.run(
    { Stop: { Type: 'Fail', Error: 'TooLate', Cause: "{% 'day ' & $states.input.day %}" } },
    { day: 3 },
  );
  expect(done).toMatchObject({ status: 'FAILED', error: 'TooLate', cause: 'day 3', redriveStatus: 'REDRIVABLE' });
});

const branch = (name: string) => ({
  StartAt: name,
  States: {
    [name]: {
      Type: 'Task',
      Resource: 'arn:aws:states:::lambda:invoke',
      Arguments: { FunctionName: 'meet', Payload: `{% $states.input.${name} & $outer %}` },
      Output: '{% $states.result.Payload %}',
      Assign: { local: 1 },
      End: true,
    },
  },
});

test('Parallel runs its branches at once, gives them its Arguments, and answers their outputs in order', async () => {
  const started: string[] = [];
  const both = new Promise<void>((resolve) => {
    states.functions.set('meet', async (event) => {
      started.push(String(event));
      if (started.length === 2) resolve();
      await both;
      return event;
    });
  });
  const done = await states.run({
    Set: { Type: 'Pass', Assign: { outer: '!' }, Next: 'Both' },
    Both: { Type: 'Parallel', Arguments: { a: 'A', b: 'B' }, Branches: [branch('a'), branch('b')], Next: 'Look' },
    Look: { Type: 'Pass', Output: { all: '{% $states.input %}', local: '{% $exists($local) %}' }, End: true },
  });
  expect(outputOf(done)).toEqual({ all: ['A!', 'B!'], local: false });
});

test('A failed branch interrupts the others; Catch sees its error', async () => {
  const done = await states.run({
    Both: {
      Type: 'Parallel',
      Branches: [
        { StartAt: 'Wait', States: { Wait: { Type: 'Wait', Timestamp: '2999-01-01T00:00:00Z', End: true } } },
        { StartAt: 'Break', States: { Break: { Type: 'Fail', Error: 'Broken', Cause: 'why' } } },
      ],
      Catch: [{ ErrorEquals: ['Broken'], Next: 'Done', Assign: { e: '{% $states.errorOutput %}' } }],
      End: true,
    },
    Done: { Type: 'Pass', Output: ['{% $states.input %}', '{% $e %}'], End: true },
  });
  const failure = { Error: 'Broken', Cause: 'why' };
  expect(outputOf(done)).toEqual([failure, failure]);
  expect(states.clock.now()).toBeLessThan(Date.parse('2900-01-01'));
  const types = (await states.history(done.executionArn)).map(({ type }) => type);
  expect(types).toContain('ParallelStateFailed');
});

test('An inline Map keeps the order, bounds its concurrency and shows the item in the context object', async () => {
  let now = 0;
  let most = 0;
  states.functions.set('count', async (event) => {
    most = Math.max(most, (now += 1));
    await new Promise((resolve) => setTimeout(resolve, 15));
    now -= 1;
    return event;
  });
  const done = await states.run({
    Each: {
      Type: 'Map',
      Items: ['{% "a" %}', 'b', 'c', 'd', 'e'],
      MaxConcurrency: '{% 1 + 1 %}',
      ItemSelector: { at: '{% $states.context.Map.Item.Index %}', is: '{% $states.context.Map.Item.Value %}' },
      ItemProcessor: {
        ProcessorConfig: { Mode: 'INLINE' },
        StartAt: 'Count',
        States: {
          Count: {
            Type: 'Task',
            Resource: 'arn:aws:states:::lambda:invoke',
            Arguments: { FunctionName: 'count', Payload: '{% $states.input %}' },
            Output: '{% $states.result.Payload.is & $states.result.Payload.at & $states.context.Map.Item.Index %}',
            End: true,
          },
        },
      },
      End: true,
    },
  });
  expect(outputOf(done)).toEqual(['a00', 'b11', 'c22', 'd33', 'e44']);
  expect(most).toBe(2);
});

const each = (items: string) => ({
  Each: {
    Type: 'Map',
    Items: items,
    ItemProcessor: { StartAt: 'P', States: { P: { Type: 'Pass', End: true } } },
    End: true,
  },
});

test('A Map over no items succeeds with an empty list, over no list it fails', async () => {
  expect(outputOf(await states.run(each('{% [] %}')))).toEqual([]);
  expect((await states.run(each('{% 1 %}'))).error).toBe('States.QueryEvaluationError');
});

test('An expression without a value fails the state and leaves its event in the history', async () => {
  const done = await states.run({ Read: { Type: 'Pass', Output: { x: '{% $states.input.nope %}' }, End: true } });
  expect(done).toMatchObject({ status: 'FAILED', error: 'States.QueryEvaluationError' });
  const events = await states.history(done.executionArn);
  expect(events.at(-2)).toMatchObject({
    type: 'EvaluationFailed',
    evaluationFailedEventDetails: { state: 'Read', location: 'Output', error: 'States.QueryEvaluationError' },
  });
});

const call = (error: string) => ({
  Call: {
    Type: 'Task',
    Resource: 'arn:aws:states:::lambda:invoke',
    Arguments: { FunctionName: 'large' },
    Catch: [{ ErrorEquals: [error], Next: 'Caught' }],
    End: true,
  },
  Caught: { Type: 'Succeed' },
});

test('More than 256 KiB fail with States.DataLimitExceeded, which States.ALL does not catch', async () => {
  states.functions.set('large', () => 'x'.repeat(262_145));
  expect(await states.run(call('States.ALL'))).toMatchObject({ status: 'FAILED', error: 'States.DataLimitExceeded' });
  expect((await states.run(call('States.DataLimitExceeded'))).status).toBe('SUCCEEDED');
});

test('The context object tells of execution, state and machine', async () => {
  const done = await states.run({ Look: { Type: 'Pass', Output: '{% $states.context %}', End: true } }, { a: 1 });
  expect(outputOf(done)).toMatchObject({
    Execution: { Id: done.executionArn, Name: done.name, Input: { a: 1 }, StartTime: done.startDate?.toISOString() },
    State: { Name: 'Look', RetryCount: 0, EnteredTime: expect.stringMatching(/Z$/) },
    StateMachine: { Id: done.stateMachineArn },
  });
});

test('An execution ends after the TimeoutSeconds of its machine', async () => {
  const done = await states.run({ Long: { Type: 'Wait', Seconds: 7200, End: true } }, {}, { TimeoutSeconds: 3600 });
  expect(done).toMatchObject({ status: 'TIMED_OUT', error: 'States.Timeout' });
  expect((await states.history(done.executionArn)).at(-1)?.type).toBe('ExecutionTimedOut');
});

test('An execution fails when its history is full', async () => {
  const done = await states.run({
    Count: { Type: 'Pass', Assign: { n: '{% $exists($n) ? $n + 1 : 1 %}' }, Next: 'More' },
    More: { Type: 'Choice', Choices: [{ Condition: '{% $n > 20000 %}', Next: 'Done' }], Default: 'Count' },
    Done: { Type: 'Succeed' },
  });
  expect(done).toMatchObject({ status: 'FAILED', error: 'States.Runtime', redriveStatus: 'NOT_REDRIVABLE' });
  expect((await states.history(done.executionArn)).length).toBe(1000);
});
