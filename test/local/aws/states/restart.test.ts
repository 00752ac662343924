import {
  CreateStateMachineCommand,
  DescribeExecutionCommand,
  DescribeMapRunCommand,
  GetExecutionHistoryCommand,
  ListExecutionsCommand,
  ListMapRunsCommand,
  SendTaskSuccessCommand,
  StartExecutionCommand,
  type SFNClient,
} from '@aws-sdk/client-sfn';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { clientOf, eventually, named, startFunctions, type Functions } from './harness.ts';

/** The service runs in a process of its own, which is killed without warning and started again on the same directory. */
const program = fileURLToPath(new URL('service.ts', import.meta.url));
const directory = mkdtempSync(join(tmpdir(), 'portage-states-kill-'));
let functions: Functions;
let child: ChildProcess;
let client: SFNClient;

async function launch(compressedMs = 20): Promise<void> {
  child = spawn(process.execPath, ['--import', 'tsx', program, directory, functions.endpoint, String(compressedMs)], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, NODE_OPTIONS: '' },
  });
  const lines: string[] = [];
  child.stdout?.on('data', (chunk: Buffer) => lines.push(chunk.toString('utf8')));
  client = clientOf(await eventually(() => /http:\S+/.exec(lines.join(''))?.[0] ?? null));
}

async function kill(): Promise<void> {
  const gone = once(child, 'exit');
  child.kill('SIGKILL');
  await gone;
}

async function start(name: string, definition: object, input: unknown = {}): Promise<string> {
  const created = await client.send(
    new CreateStateMachineCommand({
      name,
      roleArn: 'arn:aws:iam::000000000000:role/test',
      definition: JSON.stringify({ QueryLanguage: 'JSONata', ...definition }),
    }),
  );
  const { stateMachineArn } = created;
  const started = await client.send(new StartExecutionCommand({ stateMachineArn, input: JSON.stringify(input) }));
  return started.executionArn ?? '';
}

const describe = (executionArn: string) => client.send(new DescribeExecutionCommand({ executionArn }));
const ended = (arn: string) =>
  eventually(async () => {
    const description = await describe(arn);
    return description.status === 'RUNNING' ? null : description;
  });
const callsOf = (wanted: string) => functions.calls.filter(({ name }) => name === wanted);
const task = (FunctionName: string, more: object = { End: true }) => ({
  Type: 'Task',
  Resource: 'arn:aws:states:::lambda:invoke',
  Arguments: { FunctionName, Payload: '{% $states.input %}' },
  Output: '{% $states.result.Payload %}',
  ...more,
});

beforeAll(async () => {
  functions = await startFunctions();
  await launch();
});
afterAll(async () => {
  await kill();
  await functions.stop();
  rmSync(directory, { recursive: true, force: true });
});

test('A task that was in flight is run again, what was done before it is not', async () => {
  functions.set('before', (event) => event);
  let hang = true;
  functions.set('hang', (event) => (hang ? new Promise(() => undefined) : event));
  const arn = await start('in-flight', {
    StartAt: 'Before',
    States: {
      Before: task('before', { Assign: { kept: 7 }, Next: 'Hang' }),
      Hang: task('hang', { Next: 'Show' }),
      Show: { Type: 'Succeed', Output: '{% $kept %}' },
    },
  });
  await eventually(() => callsOf('hang').length > 0 || null);
  await kill();
  hang = false;
  await launch();
  expect(await ended(arn)).toMatchObject({ status: 'SUCCEEDED', output: '7' });
  expect(callsOf('before')).toHaveLength(1);
  expect(callsOf('hang')).toHaveLength(2);
});

test('A task token stays valid, its function is not called again, and a torn last line is no obstacle', async () => {
  functions.set('gate', (event) => event);
  const arn = await start('token', {
    StartAt: 'Gate',
    States: {
      Gate: {
        Type: 'Task',
        Resource: 'arn:aws:states:::lambda:invoke.waitForTaskToken',
        Arguments: { FunctionName: 'gate', Payload: '{% $states.context.Task.Token %}' },
        Next: 'After',
      },
      After: { Type: 'Pass', End: true },
    },
  });
  await eventually(async () => ((await historyTypes(arn)).includes('TaskSubmitted') ? true : null));
  await kill();
  const folder = join(directory, 'executions', 'token');
  for (const file of readdirSync(folder)) appendFileSync(join(folder, file), '{"kind":"frame","pa');
  appendFileSync(join(directory, 'executions.jsonl'), '{"arn"');
  await launch();
  expect((await describe(arn)).status).toBe('RUNNING');
  const [{ event: token } = { event: '' }] = callsOf('gate');
  await client.send(new SendTaskSuccessCommand({ taskToken: String(token), output: '"through"' }));
  expect(await ended(arn)).toMatchObject({ status: 'SUCCEEDED', output: '"through"' });
  expect(callsOf('gate')).toHaveLength(1);
  await kill();
  await launch();
  expect(await describe(arn)).toMatchObject({ status: 'SUCCEEDED', output: '"through"' });
});

async function historyTypes(executionArn: string): Promise<(string | undefined)[]> {
  const { events = [] } = await client.send(new GetExecutionHistoryCommand({ executionArn, maxResults: 1000 }));
  return events.map(({ type }) => type);
}

test('A wait keeps its end', async () => {
  await kill();
  await launch(60_000);
  const arn = await start('wait', { StartAt: 'W', States: { W: { Type: 'Wait', Seconds: 864_000, End: true } } });
  await kill();
  await launch();
  const done = await ended(arn);
  const waited = (done.stopDate?.getTime() ?? 0) - (done.startDate?.getTime() ?? 0);
  expect(waited).toBeGreaterThanOrEqual(864_000_000);
  expect(waited).toBeLessThan(864_030_000);
});

test('Sync children and map children go on, and none is started twice', async () => {
  let hang = true;
  functions.set('item', (event) => (hang && Number(event) % 2 === 1 ? new Promise(() => undefined) : event));
  const inner = await start('inner', {
    StartAt: 'Each',
    States: {
      Each: {
        Type: 'Map',
        Items: '{% $states.input.items ? $states.input.items : [] %}',
        ItemProcessor: {
          ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' },
          StartAt: 'Item',
          States: { Item: task('item') },
        },
        End: true,
      },
    },
  });
  await ended(inner);
  const arn = await start('outer', {
    StartAt: 'Run',
    States: {
      Run: {
        Type: 'Task',
        Resource: 'arn:aws:states:::states:startExecution.sync:2',
        Arguments: {
          StateMachineArn: 'arn:aws:states:us-east-1:000000000000:stateMachine:inner',
          Input: { items: [0, 1, 2, 3] },
        },
        Output: '{% $states.result %}',
        End: true,
      },
    },
  });
  await eventually(() => callsOf('item').length === 4 || null);
  await eventually(async () => ((await mapRunOfRunning(inner)).executionCounts?.succeeded === 2 ? true : null));
  await kill();
  hang = false;
  await launch();
  const done = await ended(arn);
  const result: unknown = JSON.parse(done.output ?? 'null');
  expect(result).toMatchObject({ Status: 'SUCCEEDED', Output: [0, 1, 2, 3] });
  expect(
    callsOf('item')
      .map(({ event }) => event)
      .sort(),
  ).toEqual([0, 1, 1, 2, 3, 3]);
  expect(await mapRunOf(String(Object(result).ExecutionArn))).toMatchObject({
    status: 'SUCCEEDED',
    redriveCount: 0,
    executionCounts: { total: 4, succeeded: 4 },
  });
});

async function mapRunOfRunning(ended: string) {
  const { stateMachineArn } = await describe(ended);
  const list = await client.send(new ListExecutionsCommand({ stateMachineArn, statusFilter: 'RUNNING' }));
  return mapRunOf(list.executions?.[0]?.executionArn ?? '');
}

async function mapRunOf(executionArn: string) {
  const { mapRuns } = await client.send(new ListMapRunsCommand({ executionArn }));
  return client.send(new DescribeMapRunCommand({ mapRunArn: mapRuns?.[0]?.mapRunArn }));
}

test('Killed at arbitrary moments, executions of many shapes all reach their end', async () => {
  functions.set('flaky', async (event) => {
    await new Promise((resolve) => setTimeout(resolve, 3));
    if (Math.random() < 0.2) throw named('Flaky');
    return event;
  });
  const call = task('flaky', {
    Retry: [
      { ErrorEquals: ['Flaky', 'Lambda.SdkClientException'], IntervalSeconds: 1, MaxAttempts: 50, BackoffRate: 1 },
    ],
    End: true,
  });
  const processor = (name: string, config: object) => ({
    ProcessorConfig: config,
    StartAt: name,
    States: { [name]: call },
  });
  const definition = {
    StartAt: 'Both',
    States: {
      Both: {
        Type: 'Parallel',
        Branches: [
          {
            StartAt: 'Near',
            States: {
              Near: { Type: 'Map', ItemProcessor: processor('N', { Mode: 'INLINE' }), MaxConcurrency: 3, End: true },
            },
          },
          {
            StartAt: 'Far',
            States: {
              Far: {
                Type: 'Map',
                ItemProcessor: processor('F', { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' }),
                MaxConcurrency: 3,
                End: true,
              },
            },
          },
        ],
        Output: '{% $states.result %}',
        End: true,
      },
    },
  };
  const items = Array.from({ length: 25 }, (_, index) => index);
  const arns = [await start('many', definition, items), await start('many', definition, items)];
  for (const delay of [60, 140, 250]) {
    await new Promise((resolve) => setTimeout(resolve, delay));
    await kill();
    await launch();
  }
  for (const arn of arns) expect(JSON.parse((await ended(arn)).output ?? '')).toEqual([items, items]);
});
