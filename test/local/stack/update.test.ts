import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  DescribeExecutionCommand,
  type DescribeExecutionOutput,
  ListExecutionsCommand,
  ListStateMachineVersionsCommand,
  RedriveExecutionCommand,
  SFNClient,
  StartExecutionCommand,
} from '@aws-sdk/client-sfn';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { App } from 'aws-cdk-lib';
import { readConfiguration } from '../../../infra/configuration.ts';
import { type HandlerUses, readUses } from '../../../infra/permissions/handler-uses.ts';
import { PortageStack } from '../../../infra/stack.ts';
import { createSimulatedClock } from '../../../local/clock/simulated-clock.ts';
import { CREDENTIALS } from '../../../local/process/credentials.ts';
import { type Stack, startStack } from '../../../local/stack/start.ts';
import { localConfiguration } from '../../../local/template/local-configuration.ts';

const root = join(import.meta.dirname, '../../..');
const planFile = join(root, 'examples/campaigns/plan.json');
const LOAD = 'arn:aws:states:us-east-1:000000000000:stateMachine:portage-load';

const FUNCTIONS = [
  { name: 'load-segment' },
  { name: 'relay', schedule: { rate: '1 minute' } },
  { name: 'migrate-user' },
  { name: 'detach-trigger' },
];

const task = (resource: string, args: object, more: object) => ({
  Type: 'Task',
  Resource: `arn:aws:states:::${resource}`,
  Arguments: args,
  TimeoutSeconds: 90,
  ...more,
});

/** Waits for a day, calls a function, and starts a machine that calls it too. */
const MIGRATION = {
  QueryLanguage: 'JSONata',
  StartAt: 'Wait',
  States: {
    Wait: { Type: 'Wait', Seconds: 86_400, Next: 'Call' },
    Call: task(
      'lambda:invoke',
      { FunctionName: '${LoadSegmentArn}' },
      { Assign: { code: '{% $states.result.Payload %}' }, Next: 'Start' },
    ),
    Start: task(
      'states:startExecution.sync:2',
      { StateMachineArn: '${LoadStateMachineArn}', Input: {} },
      { Output: { code: '{% $code %}', child: '{% $states.result.Output %}' }, End: true },
    ),
  },
};

/** Calls a function with its input. */
const load = (release: string) => ({
  QueryLanguage: 'JSONata',
  StartAt: 'Call',
  States: {
    Call: task(
      'lambda:invoke',
      { FunctionName: '${LoadSegmentArn}', Payload: '{% $states.input %}' },
      { Output: { code: '{% $states.result.Payload %}', definition: release }, End: true },
    ),
  },
});

let folder: string;
let uses: HandlerUses;
let stack: Stack;
let client: SFNClient;
/** An execution of the first release. */
let failed: DescribeExecutionOutput;

/** Synthesises a release whose functions and machines answer its name; a function fails where the event names the release. */
function synthesise(release: string): string {
  const source = join(folder, release);
  for (const part of ['infra', 'statemachines']) mkdirSync(join(source, part), { recursive: true });
  const functions = FUNCTIONS.map((one) => ({ ...one, timeoutSeconds: 60, memoryMb: 128 }));
  writeFileSync(join(source, 'infra', 'functions.json'), JSON.stringify({ functions }));
  for (const [name, definition] of Object.entries({ migration: MIGRATION, load: load(release) }))
    writeFileSync(join(source, 'statemachines', `${name}.asl.yaml`), JSON.stringify(definition));
  for (const { name } of FUNCTIONS) {
    const bundle = join(source, 'bundles', name);
    mkdirSync(bundle, { recursive: true });
    const code = `({ fail }) => { if (fail === '${release}') throw new Error(fail); return '${release}'; }`;
    writeFileSync(join(bundle, 'index.mjs'), `export const handler = ${code};`);
    writeFileSync(join(bundle, 'index.mjs.map'), '{}');
  }
  const outdir = join(source, 'out');
  const app = new App({ outdir, context: { 'aws:cdk:disable-asset-staging': true } });
  const paths = { bundles: join(source, 'bundles'), packages: join(outdir, 'packages') };
  // oxlint-disable-next-line no-new -- a construct adds itself to its scope
  new PortageStack(app, readConfiguration(localConfiguration(planFile), folder), source, paths, uses);
  app.synth();
  return outdir;
}

/** Starts the stack; a wait of the state machines takes `compressedMs`. */
async function start(assembly: string, compressedMs: number): Promise<void> {
  stack = await startStack({
    dataDir: join(folder, 'data'),
    assembly,
    planFile,
    schedules: 'off',
    clock: (offsetFile) => createSimulatedClock({ realUpToMs: 0, compressedMs, offsetFile }),
  });
  client = new SFNClient({ endpoint: stack.endpoints.SFN, region: 'us-east-1', credentials: CREDENTIALS });
}

async function begin(machine: 'load' | 'migration', input: object = {}): Promise<string> {
  const { executionArn } = await client.send(
    new StartExecutionCommand({ stateMachineArn: stack.machines[machine] ?? '', input: JSON.stringify(input) }),
  );
  return executionArn ?? '';
}

async function ended(executionArn: string): Promise<DescribeExecutionOutput> {
  for (;;) {
    const execution = await client.send(new DescribeExecutionCommand({ executionArn }));
    if (execution.status !== 'RUNNING') return execution;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

const answered = (release: string) => ({ code: release, child: { code: release, definition: release } });

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'portage-update-'));
  uses = await readUses(join(root, 'handlers'));
}, 120_000);

afterAll(async () => {
  client?.destroy();
  await stack?.stop();
  rmSync(folder, { recursive: true, force: true });
});

test('an execution that is under way at an update goes on with what it began with, a new one has the new release', async () => {
  await start(synthesise('one'), 3_600_000);
  const underWay = await begin('migration');
  failed = await ended(await begin('load', { fail: 'one' }));
  expect(await stack.invoke('relay:live', {})).toBe('one');
  client.destroy();
  await stack.stop();
  // As the cache of bundles does with what no template uses any more.
  rmSync(join(folder, 'one'), { recursive: true });

  await start(synthesise('two'), 5);
  const [before, after] = [await ended(underWay), await ended(await begin('migration'))];
  expect(before).toMatchObject({ status: 'SUCCEEDED' });
  expect(JSON.parse(before.output ?? '')).toEqual(answered('one'));
  expect(JSON.parse(after.output ?? '')).toEqual(answered('two'));
  expect(await stack.invoke('relay:live', {})).toBe('two');

  const { stateMachineVersions = [] } = await client.send(
    new ListStateMachineVersionsCommand({ stateMachineArn: LOAD }),
  );
  const children = await Promise.all(
    stateMachineVersions.map(async ({ stateMachineVersionArn }) => {
      const command = new ListExecutionsCommand({ stateMachineArn: stateMachineVersionArn });
      const { executions = [] } = await client.send(command);
      return executions.map((execution) => execution.stateMachineVersionArn === stateMachineVersionArn);
    }),
  );
  expect(children).toEqual([[true], [true]]);
}, 180_000);

test('a redrive keeps the code with which the execution failed, a new execution has the corrected one', async () => {
  const { executionArn = '' } = failed;
  expect(failed).toMatchObject({ status: 'FAILED', error: 'Error' });
  await client.send(new RedriveExecutionCommand({ executionArn }));
  expect(await ended(executionArn)).toMatchObject({ status: 'FAILED', error: 'Error', redriveCount: 1 });
  const anew = await ended(await begin('load', { fail: 'one' }));
  expect(JSON.parse(anew.output ?? '')).toEqual({ code: 'two', definition: 'two' });
});
