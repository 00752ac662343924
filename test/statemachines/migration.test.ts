import { RedriveExecutionCommand } from '@aws-sdk/client-sfn';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import * as z from 'zod';
import type { PhaseRecord } from '../../src/domain/progress/phase.ts';
import type { Recovery } from '../../src/domain/recovery/recovery.ts';
import { eventually, named, outputOf } from '../local/aws/states/harness.ts';
import { startFixture, type Fixture } from './fixture.ts';

let fixture: Fixture;

beforeAll(async () => {
  fixture = await startFixture();
});

beforeEach(() => fixture.reset());

afterAll(() => fixture.stop());

const modeOf = async (): Promise<string> => (await fixture.control.mode()).mode;

async function recoveryOf(run: string): Promise<Recovery | undefined> {
  return (await fixture.control.read<Recovery>('RECOVERY', run))?.value;
}

async function ended(execution: string) {
  const done = await fixture.states.ended(execution);
  return { status: done.status, error: done.error, output: done.output === undefined ? null : outputOf(done) };
}

const redrive = (executionArn: string) => fixture.states.client.send(new RedriveExecutionCommand({ executionArn }));

test('the whole way: four phases, two gates, complete; a second start finds nothing to do', async () => {
  const execution = await fixture.startRun('whole');
  await fixture.decide('enter-cutover');
  await fixture.decide('decommission');
  expect(await ended(execution)).toMatchObject({ status: 'SUCCEEDED', output: { run: 'whole', status: 'completed' } });
  expect(await fixture.control.mode()).toMatchObject({ mode: 'complete', readPercent: 100, generation: 2 });
  const phases = await fixture.control.list<PhaseRecord>('PHASE');
  expect(phases.map(({ id, value }) => [id, value.status])).toEqual([
    ['auth', 'done'],
    ['cutover', 'done'],
    ['decommission', 'done'],
    ['dual-write', 'done'],
  ]);
  // Shadow and three stages, each judged once.
  expect(fixture.calls().filter((name) => name === 'evaluate-guard')).toHaveLength(4);
  // Four entities, each compared in two calls.
  expect(fixture.calls().filter((name) => name === 'compare-restored')).toHaveLength(8);
  // The first look finds plain SQL in use: no gate for that evidence, but a second look.
  expect(fixture.calls().filter((name) => name === 'collect-decommission-evidence')).toHaveLength(2);
  expect(fixture.calls().indexOf('fence-source')).toBeGreaterThan(fixture.calls().indexOf('lock-out-logins'));

  const before = fixture.calls().length;
  expect(await ended(await fixture.startRun('again'))).toMatchObject({ status: 'SUCCEEDED' });
  expect(
    fixture
      .calls()
      .slice(before)
      .filter((name) => !/phase|lock|mode/.test(name)),
  ).toEqual([]);
});

test('a failed guard returns reads at once, runs the performance procedure to its gate, and ends recovered', async () => {
  let fails = true;
  fixture.script('evaluate-guard', (event) => {
    if (fails && JSON.stringify(event).includes('"readPercent":50'))
      throw named('ReadsDegraded', 'errors: 9 of 10 reads');
    return { verdict: 'pass' };
  });
  const execution = await fixture.startRun('guard');
  await fixture.decide('enter-cutover');
  await eventually(async () => ((await recoveryOf('guard')) ? true : null));
  expect(await modeOf()).toBe('dual');
  expect(await recoveryOf('guard')).toMatchObject({
    cause: 'performance',
    status: 'open',
    error: 'ReadsDegraded',
    phase: 'cutover',
  });
  // While it is open nobody else starts.
  expect(await ended(await fixture.startRun('impatient'))).toMatchObject({ status: 'FAILED', error: 'LockHeld' });
  await fixture.decide('recover-performance');
  expect(await ended(execution)).toMatchObject({
    status: 'SUCCEEDED',
    output: { status: 'recovered', cause: 'performance' },
  });

  fails = false;
  const next = await fixture.startRun('guard-2');
  await fixture.decide('enter-cutover');
  await fixture.decide('decommission');
  expect(await ended(next)).toMatchObject({ status: 'SUCCEEDED', output: { status: 'completed' } });
  expect(fixture.calls().filter((name) => name === 'install-capture')).toHaveLength(1);
});

test('the cost procedure, started by hand, ranks operations at a gate of its own; another cause is refused', async () => {
  const execution = await fixture.start('recover-with-remedy', { run: 'dear', cause: 'cost' });
  await fixture.decide('recover-cost');
  expect(await ended(execution)).toMatchObject({ status: 'SUCCEEDED' });
  expect(fixture.calls()).toContain('rank-cost');
  expect(fixture.calls()).not.toContain('collect-performance');
  expect(await recoveryOf('dear')).toMatchObject({ cause: 'cost', status: 'closed' });
  const refused = await fixture.start('recover-with-remedy', { run: 'other', cause: 'data-loss' });
  expect(await ended(refused)).toMatchObject({ status: 'FAILED', error: 'States.QueryEvaluationError' });
  expect(await recoveryOf('other')).toBeUndefined();
});

test('too little data holds a stage, then a person is asked, and rejection rolls back', async () => {
  fixture.script('evaluate-guard', () => ({ verdict: 'inconclusive' }));
  const execution = await fixture.startRun('hold');
  await fixture.decide('enter-cutover');
  await fixture.decide('hold-stage');
  await fixture.decide('hold-stage', 'reject');
  expect(await ended(execution)).toMatchObject({ status: 'FAILED', error: 'RecoveryOpen' });
  expect(await recoveryOf('hold')).toMatchObject({ cause: 'hold', error: 'GateRejected' });
  expect(fixture.calls().filter((name) => name === 'evaluate-guard')).toHaveLength(13);
});

test('data loss: writes stop, everything is rewritten under a new generation, the window starts anew', async () => {
  await fixture.control.write('WINDOW', 'window', { startedAt: 'then', nights: [] }, 0);
  fixture.script('child-verify', (event) => ({
    ...(JSON.stringify(event).includes('night')
      ? { clean: false, mismatches: 5, mismatchPercent: 9 }
      : { clean: true, mismatches: 0, mismatchPercent: 0 }),
    run: 'v',
    unverified: 0,
    rowsCompared: 9,
  }));
  fixture.script('check-window', (event) => {
    if (JSON.stringify(event).includes('"mismatches":5')) throw named('MismatchesFound');
    return { holds: false };
  });
  const execution = await fixture.startRun('loss');
  await fixture.decide('recover-data-loss');
  expect(await ended(execution)).toMatchObject({ status: 'SUCCEEDED', output: { cause: 'data-loss' } });
  expect(await fixture.control.mode()).toMatchObject({ mode: 'dual', generation: 2 });
  expect(await fixture.control.read('WINDOW', 'window')).toBeNull();
});

test('RACE-54 a restore that does not compare is removed; the run holds, and a redrive goes on to the end', async () => {
  let broken = true;
  fixture.script('compare-restored', (event) => {
    if (broken) throw named('SourceGone', 'no rows');
    return { ...z.object({ entity: z.string() }).parse(event), done: true };
  });
  const execution = await fixture.startRun('restore');
  await fixture.decide('enter-cutover');
  expect(await ended(execution)).toMatchObject({ status: 'FAILED', error: 'RecoveryOpen' });
  const calls = fixture.calls();
  expect(calls.slice(calls.indexOf('compare-restored')).filter((name) => name === 'remove-restored')).toHaveLength(2);
  expect(await recoveryOf('restore')).toMatchObject({
    cause: 'hold',
    status: 'open',
    error: 'SourceGone',
    message: 'no rows',
  });

  broken = false;
  await redrive(execution);
  // Reads went back, for nobody knew what the failure meant: cutover again.
  await fixture.decide('enter-cutover');
  await fixture.decide('decommission');
  expect(await ended(execution)).toMatchObject({ status: 'SUCCEEDED', output: { status: 'completed' } });
});

test('the error of a failed deletion passes through two machines; a redrive goes on with the deletion alone', async () => {
  let broken = true;
  fixture.script('delete-source', () => {
    if (broken) throw named('AccessDenied', 'not among instanceIds');
    return { ready: true };
  });
  const execution = await fixture.startRun('deletion');
  await fixture.decide('enter-cutover');
  await fixture.decide('decommission');
  expect(await ended(execution)).toMatchObject({ status: 'FAILED', error: 'RecoveryOpen' });
  expect(await modeOf()).toBe('complete');
  expect(await recoveryOf('deletion')).toMatchObject({
    cause: 'hold',
    phase: 'decommission',
    error: 'AccessDenied',
    message: 'not among instanceIds',
  });

  broken = false;
  const before = fixture.calls().length;
  await redrive(execution);
  expect(await ended(execution)).toMatchObject({ status: 'SUCCEEDED', output: { status: 'completed' } });
  expect(fixture.calls().slice(before)).toContain('delete-source');
  expect(fixture.calls().slice(before)).not.toContain('fence-source');
});

test('a rollback by hand while PostgreSQL is being drained stops the drain too', async () => {
  fixture.script('check-drained', () => ({ empty: false }));
  const execution = await fixture.startRun('drain-by-hand');
  await fixture.decide('enter-cutover');
  await fixture.decide('decommission');
  await eventually(async () => (fixture.calls().includes('check-drained') ? true : null));
  expect(await modeOf()).toBe('drained');
  const rollback = await fixture.start('rollback', { reason: 'writes are refused for too long' });
  expect(await ended(rollback)).toMatchObject({ status: 'SUCCEEDED', output: { mode: 'dual', returned: true } });
  expect((await ended(execution)).status).toBe('ABORTED');
  const drains = await fixture.executionsOf('drain');
  expect(drains.map(({ name, status }) => [name?.startsWith('drain-by-hand-drain-'), status])).toContainEqual([
    true,
    'ABORTED',
  ]);
  expect(fixture.access).toEqual(['fence', 'unfence']);
});

test('a rejected decommission keeps reads where they are', async () => {
  const execution = await fixture.startRun('rejected');
  await fixture.decide('enter-cutover');
  await fixture.decide('decommission', 'reject');
  expect(await ended(execution)).toMatchObject({ status: 'FAILED', error: 'RecoveryOpen' });
  expect(await fixture.control.mode()).toMatchObject({ mode: 'reads', readPercent: 100 });
  const next = await fixture.startRun('rejected-2');
  await fixture.decide('decommission');
  expect(await ended(next)).toMatchObject({ status: 'SUCCEEDED', output: { status: 'completed' } });
});

test('a failure behind the fence takes it away and brings reads and writes back', async () => {
  fixture.script('child-verify', (event) => ({
    clean: !JSON.stringify(event).includes('drained'),
    run: 'v',
    mismatches: 1,
    unverified: 0,
    rowsCompared: 9,
    mismatchPercent: 0.1,
  }));
  const execution = await fixture.startRun('behind-the-fence');
  await fixture.decide('enter-cutover');
  await fixture.decide('decommission');
  await fixture.decide('recover-data-loss');
  expect(fixture.access).toEqual(['fence', 'unfence']);
  expect(await ended(execution)).toMatchObject({ status: 'SUCCEEDED', output: { cause: 'data-loss' } });
  expect(await modeOf()).toBe('dual');
});

test('a rollback by hand stops the migration, returns reads, and a fresh start goes on', async () => {
  fixture.script('evaluate-guard', () => ({ verdict: 'inconclusive' }));
  const execution = await fixture.startRun('by-hand');
  await fixture.decide('enter-cutover');
  await eventually(async () => ((await modeOf()) === 'shadow' ? true : null));
  const rollback = await fixture.start('rollback', { reason: 'the support line is hot' });
  expect(await ended(rollback)).toMatchObject({ status: 'SUCCEEDED', output: { mode: 'dual', returned: true } });
  expect((await ended(execution)).status).toBe('ABORTED');
  fixture.script('evaluate-guard', () => ({ verdict: 'pass' }));
  const next = await fixture.startRun('after-rollback');
  await fixture.decide('enter-cutover');
  await fixture.decide('decommission');
  expect(await ended(next)).toMatchObject({ status: 'SUCCEEDED', output: { status: 'completed' } });
});
