import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createRealClock } from '../../../local/clock/real-clock.ts';
import { type Stack, startStack } from '../../../local/stack/start.ts';
import { portage } from '../../operator/portage.ts';

const STAGING = 'staging';
const dataDir = mkdtempSync(join(tmpdir(), 'portage-environments-'));
let stack: Stack;

// Both share the simulated clock: a jump that one waits for would end the other's waits.
const start = (environments: readonly string[]): Promise<Stack> =>
  startStack({ dataDir, environments, clock: createRealClock, schedules: 'off' });

beforeAll(async () => {
  stack = await start([STAGING]);
}, 180_000);

afterAll(async () => {
  await stack?.stop({ discard: true });
  rmSync(dataDir, { recursive: true, force: true });
});

function staging(): Readonly<Record<string, string>> {
  const found = stack.environments[STAGING];
  if (found === undefined) throw new Error(`the stack has no environment ${STAGING}`);
  return found;
}

async function statusOf(variables: Readonly<Record<string, string>>): Promise<unknown> {
  const { out } = await portage(['status', '--json'], variables);
  return JSON.parse(out).execution;
}

test('nothing of one environment has a name that the other uses', () => {
  const { functions, machines, tables, buckets, topics, alarms, compositeAlarms, roles, policies, logGroups } =
    stack.deployment;
  for (const kind of [functions, machines, tables, buckets, topics, alarms, compositeAlarms, roles, logGroups]) {
    const names = kind.map(({ name }) => name);
    expect(names.length).toBeGreaterThan(1);
    expect(names.filter((name, at) => names.indexOf(name) !== at)).toEqual([]);
  }
  for (const audience of ['viewer', 'operator', 'approver', 'application'])
    expect(policies.filter(({ name }) => name.endsWith(`-${audience}`))).toHaveLength(2);
});

test('a migration that is started in one of them is none in the other', async () => {
  expect(await portage(['start', '--run', 'first'], staging())).toMatchObject({ error: '', exitCode: 0 });
  expect(await statusOf(staging())).toBe('RUNNING');
  expect(await statusOf(stack.env)).toBe('never started');
});

test('one of them is torn down: the other stays, and what the first kept is taken up by the next deployment', async () => {
  const recorded = await stack.invoke(`${STAGING}-read-mode`, {});
  const before = staging();
  await stack.stop();
  stack = await start([]);
  await expect(stack.invoke(`${STAGING}-read-mode`, {})).rejects.toThrow(/Function not found/);
  const endpoints = Object.fromEntries(Object.entries(stack.env).filter(([name]) => name.startsWith('AWS_ENDPOINT')));
  expect(await portage(['start'], { ...before, ...endpoints })).toMatchObject({
    error: expect.stringContaining('portage-staging-migration is not deployed here'),
  });
  expect(await stack.invoke('read-mode', {})).toBeTruthy();
  await stack.stop();
  stack = await start([STAGING]);
  expect(await stack.invoke(`${STAGING}-read-mode`, {})).toEqual(recorded);
}, 180_000);
