import { join } from 'node:path';
import { ListExecutionsCommand, StopExecutionCommand } from '@aws-sdk/client-sfn';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import * as z from 'zod';
import { readDefinitions } from '../../infra/definition.ts';
import { readManifest } from '../../infra/manifest.ts';
import { eventually, startHarness } from '../local/aws/states/harness.ts';
import { fillIn } from './fill-in.ts';

const root = join(import.meta.dirname, '../..');
const { functions } = readManifest(join(root, 'infra', 'functions.json'));
let states: Awaited<ReturnType<typeof startHarness>>;
const machines = new Map<string, string>();

beforeAll(async () => {
  states = await startHarness();
  for (const [name, definition] of fillIn(readDefinitions(join(root, 'statemachines')), functions))
    machines.set(name, await states.create(JSON.parse(definition), `portage-${name}`));
});

beforeEach(() => {
  states.functions.calls.length = 0;
  for (const { name } of functions) script(name, () => ({}));
});

afterAll(() => states.stop());

const script = (name: string, answer: (event: unknown) => unknown): void =>
  states.functions.set(`portage-${name}`, answer);

const start = (machine: string, input: unknown): Promise<string> => states.start(machines.get(machine) ?? '', input);

async function namesOf(machine: string): Promise<readonly string[]> {
  const stateMachineArn = machines.get(machine) ?? '';
  const { executions } = await states.client.send(new ListExecutionsCommand({ stateMachineArn }));
  const names = (executions ?? []).map(({ name }) => name ?? '');
  return names.filter((name) => name.startsWith('shop-7-')).toReversed();
}

const called = z.looseObject({ run: z.string() });

/** What people start from the console, the function that hears of it first, and inputs that are wrong. */
const MACHINES: readonly (readonly [machine: string, first: string, wrong: readonly unknown[], says: RegExp])[] = [
  [
    'migration',
    'acquire-lock',
    [{ runn: 'x' }, { run: 5 }, { run: 'a b' }, { note: {} }, []],
    /Give \{\}, or \{ .*"run"/,
  ],
  ['rollback', 'return-reads', [{ why: 'x' }, { reason: 7 }, { reason: '' }], /Give \{\}, or \{ .*"reason"/],
  ['remove-capture', 'return-reads', [{ why: 'x' }, { reason: 7 }], /Give \{\}, or \{ .*"reason"/],
  [
    'verify',
    'plan-verification',
    [{ entities: 'A' }, { kind: 'x' }, { sample: 'ten' }, { repair: 'yes' }],
    /Give \{\}, or .*"sample"/,
  ],
  ['recover-data-loss', 'open-recovery', [{ cause: 'x' }, { run: '' }], /Give \{\}, or \{ .*"run"/],
  [
    'recover-with-remedy',
    'open-recovery',
    [{ cause: 'data-loss' }, { why: 1 }],
    /Give \{\}, or .*"performance" or "cost"/,
  ],
];

test.each(MACHINES)('%s starts with {}, named by its execution', async (machine, first) => {
  const execution = await start(machine, {});
  const { event } = await eventually(() =>
    Promise.resolve(states.functions.calls.find(({ name }) => name === `portage-${first}`) ?? null),
  );
  expect(called.parse(event).run).toBe(execution.split(':').at(-1));
  await states.client.send(new StopExecutionCommand({ executionArn: execution }));
  await states.ended(execution);
});

test.each(MACHINES)('%s refuses a wrong input in its first state, in a sentence', async (machine, _, wrong, says) => {
  for (const input of wrong) {
    const done = await states.ended(await start(machine, input));
    expect(done).toMatchObject({ status: 'FAILED', error: 'States.QueryEvaluationError' });
    expect(done.cause).toMatch(says);
  }
  expect(states.functions.calls).toEqual([]);
});

test('decide-gate takes decision, person and reason, and what else is named; anything else is refused in a sentence', async () => {
  for (const wrong of [
    {},
    { decision: 'yes', by: 'ann' },
    { decision: 'approve' },
    { decision: 'approve', by: '' },
    { decision: 'approve', by: 'ann', hash: 'x' },
  ]) {
    const refused = await states.ended(await start('decide-gate', wrong));
    expect(refused).toMatchObject({ status: 'FAILED', error: 'States.QueryEvaluationError' });
    expect(refused.cause).toMatch(/Give \{ "decision": "approve" or "reject", "by"/);
  }
  expect(states.functions.calls).toEqual([]);
  for (const input of [
    { decision: 'approve', by: 'ann', reason: 'all nights were clean' },
    { decision: 'reject', by: 'ann', gate: 'hold-stage', evidenceHash: 'abc' },
  ]) {
    expect(await states.ended(await start('decide-gate', input))).toMatchObject({ status: 'SUCCEEDED' });
    expect(states.functions.calls.at(-1)?.event).toEqual({ ...input, now: expect.any(String) });
  }
});

test('the names of children say run, phase and night', async () => {
  let nights = 0;
  script('enter-phase', () => ({ skip: false, mode: 'off', settleSeconds: 1 }));
  script('plan-load', () => ({ planned: true, generation: 1, segments: [] }));
  script('finish-load', () => ({ unfinished: null, summary: {} }));
  script('check-window', () => ({ holds: (nights += 1) > 2 }));
  script('plan-verification', (event) => ({
    planned: true,
    ranges: [],
    concluded: true,
    summary: {
      ...called.parse(event),
      clean: true,
      repair: false,
      mismatches: 0,
      unverified: 0,
      rowsCompared: 9,
      mismatchPercent: 0,
    },
  }));
  const execution = await start('dual-write', { run: 'shop 7', owner: 'a person' });
  await eventually(() =>
    Promise.resolve(states.functions.calls.some(({ name }) => name === 'portage-open-gate') ? true : null),
  );
  expect(await namesOf('load')).toEqual([expect.stringMatching(/^shop-7-dual-write-load-[0-9a-f]{8}$/)]);
  expect(await namesOf('verify')).toEqual([
    expect.stringMatching(/^shop-7-dual-write-night-1-[0-9a-f]{8}$/),
    expect.stringMatching(/^shop-7-dual-write-night-2-[0-9a-f]{8}$/),
  ]);
  await states.client.send(new StopExecutionCommand({ executionArn: execution }));
});
