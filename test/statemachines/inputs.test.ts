import { StopExecutionCommand } from '@aws-sdk/client-sfn';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { z } from 'zod';
import { contentHash } from '../../src/domain/content-hash.ts';
import { type Gate, openedGate } from '../../src/domain/gates/gate.ts';
import { eventually } from '../local/aws/states/harness.ts';
import { type Fixture, startFixture } from './fixture.ts';

let fixture: Fixture;

beforeAll(async () => {
  fixture = await startFixture({ whole: true });
});

beforeEach(() => fixture.reset());

afterAll(() => fixture.stop());

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
  const execution = await fixture.start(machine, {});
  const { event } = await eventually(() =>
    Promise.resolve(fixture.states.functions.calls.find(({ name }) => name === `portage-${first}`) ?? null),
  );
  expect(called.parse(event).run).toBe(execution.split(':').at(-1));
  await fixture.states.client.send(new StopExecutionCommand({ executionArn: execution }));
  await fixture.states.ended(execution);
});

test.each(MACHINES)('%s refuses a wrong input in its first state, in a sentence', async (machine, _, wrong, says) => {
  for (const input of wrong) {
    const done = await fixture.states.ended(await fixture.start(machine, input));
    expect(done).toMatchObject({ status: 'FAILED', error: 'States.QueryEvaluationError' });
    expect(done.cause).toMatch(says);
  }
  expect(fixture.calls()).toEqual([]);
});

test('decide-gate takes decision, person and reason where one gate is open; anything else is refused in a sentence', async () => {
  const opened = openedGate(null, {
    gate: 'enter-cutover',
    run: 'r',
    token: 'nobody waits',
    evidence: {},
    evidenceHash: contentHash({}),
    steps: [],
    openedAt: '2020-01-01T00:00:00.000Z',
    expiresAt: '2120-01-01T00:00:00.000Z',
    approvalsNeeded: 2,
  });
  await fixture.control.write('GATE', 'enter-cutover#r', opened, 0);
  for (const wrong of [
    {},
    { decision: 'yes', by: 'ann' },
    { decision: 'approve' },
    { decision: 'approve', by: 'ann', hash: 'x' },
  ]) {
    const refused = await fixture.states.ended(await fixture.start('decide-gate', wrong));
    expect(refused).toMatchObject({ status: 'FAILED', error: 'States.QueryEvaluationError' });
    expect(refused.cause).toMatch(/Give \{ "decision": "approve" or "reject", "by"/);
  }
  expect(fixture.calls()).toEqual([]);
  const input = { decision: 'approve', by: 'ann', reason: 'all nights were clean' };
  expect(await fixture.states.ended(await fixture.start('decide-gate', input))).toMatchObject({ status: 'SUCCEEDED' });
  expect((await fixture.control.read<Gate>('GATE', 'enter-cutover#r'))?.value.approvals).toMatchObject([
    { by: 'ann', reason: 'all nights were clean' },
  ]);
});

test('the names of children say run, phase and night', async () => {
  fixture.script('plan-load', () => ({ generation: 1, segments: [] }));
  fixture.script('finish-load', () => ({}));
  fixture.script('plan-verification', () => ({
    concluded: true,
    summary: {
      clean: true,
      repair: false,
      mismatches: 0,
      unverified: 0,
      rowsCompared: 9,
      mismatchPercent: 0,
      run: 'v',
    },
  }));
  const execution = await fixture.startRun('shop 7');
  await eventually(async () => ((await fixture.control.list('GATE')).length > 0 ? true : null));
  const names = async (machine: string) => (await fixture.executionsOf(machine)).map(({ name }) => name ?? '');
  expect(await names('load')).toEqual([expect.stringMatching(/^shop-7-dual-write-load-[0-9a-f]{8}$/)]);
  expect((await names('verify')).toReversed()).toEqual([
    expect.stringMatching(/^shop-7-dual-write-night-1-[0-9a-f]{8}$/),
    expect.stringMatching(/^shop-7-dual-write-night-2-[0-9a-f]{8}$/),
  ]);
  await fixture.states.client.send(new StopExecutionCommand({ executionArn: execution }));
});
