import { RedriveExecutionCommand } from '@aws-sdk/client-sfn';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import * as z from 'zod';
import type { Recovery } from '../../src/domain/recovery/recovery.ts';
import { eventually, named } from '../local/aws/states/harness.ts';
import { type Fixture, startFixture } from './fixture.ts';

let fixture: Fixture;

beforeAll(async () => {
  fixture = await startFixture({ whole: true });
});

beforeEach(async () => {
  await fixture.reset();
  fixture.script('plan-load', () => ({ planned: true, generation: 1, segments: [{ n: 1 }, { n: 2 }, { n: 3 }] }));
  fixture.script('load-segment', () => ({ done: true }));
  fixture.script('finish-load', () => ({ unfinished: null, summary: { rows: 9 } }));
  fixture.script('plan-verification', () => ({
    planned: true,
    ranges: [1, 2, 3],
    segments: [0, 1, 2],
    concluded: false,
  }));
  fixture.script('verify-segment', () => ({}));
  fixture.script('find-missing', () => ({}));
  fixture.script('finish-verification', () => ({ clean: true, mismatches: 0, repair: false }));
});

afterAll(() => fixture.stop());

const PARTS = [
  ['load', 'load-segment', '"n":2'],
  ['verify', 'verify-segment', '"segment":1'],
  ['verify', 'find-missing', '"range":3'],
] as const;

test.each(PARTS)('%s fails with what made %s fail, and a redrive goes on', async (machine, part, which) => {
  let broken = true;
  fixture.script(part, (event) => {
    if (broken && JSON.stringify(event).includes(which)) throw named('ItemUnreadable', 'item A#1 cannot be read');
    return { done: true };
  });
  const execution = await fixture.start(machine, { run: `broken ${part}` });
  expect(await fixture.states.ended(execution)).toMatchObject({
    status: 'FAILED',
    error: 'ItemUnreadable',
    cause: expect.stringContaining('item A#1 cannot be read'),
  });
  broken = false;
  await fixture.states.client.send(new RedriveExecutionCommand({ executionArn: execution }));
  expect(await fixture.states.ended(execution)).toMatchObject({ status: 'SUCCEEDED' });
  expect(await fixture.control.list('FAILURE')).toEqual([]);
});

test('an item that cannot be read during the load is data loss to the migration, no unknown failure', async () => {
  fixture.script('load-segment', () => {
    throw named('ItemUnreadable', 'item A#1 cannot be read');
  });
  await fixture.startRun('unreadable');
  const recovery = await eventually(
    async () => (await fixture.control.read<Recovery>('RECOVERY', 'unreadable'))?.value ?? null,
  );
  expect(recovery).toMatchObject({ cause: 'data-loss', error: 'ItemUnreadable', phase: 'dual-write' });
});

test('load and verify call again what stopped for lack of time, with what it left', async () => {
  const asked: unknown[] = [];
  let plans = 0;
  const planned = (answer: object) => () =>
    (plans += 1) % 3 === 0 ? { planned: true, ranges: [], ...answer } : { planned: false, ranges: [] };
  fixture.script('plan-load', planned({ generation: 1, segments: [] }));
  fixture.script('finish-load', (event) => {
    const { from } = z.object({ from: z.unknown() }).parse(event);
    asked.push(from);
    return { unfinished: asked.length < 3 ? { at: asked.length } : null, summary: { rows: asked.length } };
  });
  const load = await fixture.states.ended(await fixture.start('load', { run: 'long' }));
  expect(load).toMatchObject({ status: 'SUCCEEDED', output: '{"rows":3}' });
  expect(asked).toEqual([null, { at: 1 }, { at: 2 }]);
  fixture.script('plan-verification', planned({ segments: [], concluded: false }));
  const verify = await fixture.states.ended(await fixture.start('verify', { run: 'long' }));
  expect(verify).toMatchObject({ status: 'SUCCEEDED' });
  expect(plans).toBe(6);
});

test('a source that changes under a verification is compared anew, in a run of its own', async () => {
  const runs: string[] = [];
  fixture.script('verify-segment', (event) => {
    const { run, segment } = z.object({ run: z.string(), segment: z.number() }).parse(event);
    runs.push(run);
    // Of one part: another that fails at the same time would record its error after the run has begun again.
    if (segment === 1 && run !== 'night-attempt-3')
      throw named('SourceChanged', 'public.users: its storage was replaced');
    return {};
  });
  const execution = await fixture.start('verify', { run: 'night' });
  expect(await fixture.states.ended(execution)).toMatchObject({ status: 'SUCCEEDED' });
  expect([...new Set(runs)]).toEqual(['night', 'night-attempt-2', 'night-attempt-3']);
  expect(await fixture.control.list('FAILURE')).toEqual([]);
});

test('a source that never rests ends the third comparison with its error, and a redrive begins a fourth', async () => {
  const planned: string[] = [];
  let isChanging = true;
  fixture.script('plan-verification', (event) => {
    planned.push(z.object({ run: z.string() }).parse(event).run);
    if (isChanging) throw named('SourceChanged', 'public.users: its storage was replaced');
    return { planned: true, ranges: [1], segments: [0], concluded: false };
  });
  const execution = await fixture.start('verify', { run: 'night' });
  expect(await fixture.states.ended(execution)).toMatchObject({ status: 'FAILED', error: 'SourceChanged' });
  expect(planned).toEqual(['night', 'night-attempt-2', 'night-attempt-3']);
  isChanging = false;
  await fixture.states.client.send(new RedriveExecutionCommand({ executionArn: execution }));
  expect(await fixture.states.ended(execution)).toMatchObject({ status: 'SUCCEEDED' });
  expect(planned).toEqual(['night', 'night-attempt-2', 'night-attempt-3', 'night-attempt-4']);
  expect(await fixture.control.list('FAILURE')).toEqual([]);
});
