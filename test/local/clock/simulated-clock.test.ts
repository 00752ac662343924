import { afterAll, expect, test } from '@jest/globals';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRealClock } from '../../../local/clock/real-clock.ts';
import { createSimulatedClock } from '../../../local/clock/simulated-clock.ts';

const DAY = 86_400_000;
const directory = mkdtempSync(join(tmpdir(), 'portage-clock-'));
let files = 0;
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const open = (offsetFile = join(directory, `offset-${(files += 1)}`), realUpToMs = 200) =>
  createSimulatedClock({ realUpToMs, compressedMs: 20, offsetFile });

test('A long wait takes a moment of real time and moves the clock to its end', async () => {
  const clock = open();
  const start = clock.now();
  const real = performance.now();
  await clock.sleep(14 * DAY);
  expect(clock.now() - start).toBeGreaterThanOrEqual(14 * DAY);
  expect(clock.now() - start).toBeLessThan(14 * DAY + 5_000);
  expect(performance.now() - real).toBeGreaterThanOrEqual(19);
});

test('Concurrent long waits end in the order of their deadlines, also those that start in between', async () => {
  const clock = open();
  const order: string[] = [];
  const wait = (name: string, ms: number): Promise<void> => clock.sleep(ms).then(() => void order.push(name));
  const first = wait('one day', DAY).then(() => wait('one day and an hour', 3_600_000));
  await Promise.all([wait('three days', 3 * DAY), first, wait('two days', 2 * DAY)]);
  expect(order).toEqual(['one day', 'one day and an hour', 'two days', 'three days']);
});

test('A short wait takes its real time although the clock jumps over it', async () => {
  const clock = open();
  const real = performance.now();
  const short = clock.sleep(150);
  await clock.sleep(DAY);
  expect(performance.now() - real).toBeLessThan(140);
  await short;
  expect(performance.now() - real).toBeGreaterThanOrEqual(148);
});

test('Waiting for a time to be reached never makes the clock jump, and a jump past it ends the wait', async () => {
  const clock = open();
  const start = clock.now();
  let reached = false;
  const watching = clock.reached(start + DAY).then(() => (reached = true));
  await createRealClock().sleep(60);
  expect(reached).toBe(false);
  expect(clock.now() - start).toBeLessThan(5_000);
  await clock.sleep(2 * DAY);
  await watching;
});

test('A clock that is held does not jump until all have released it', async () => {
  const clock = open();
  const [first, second] = [clock.hold(), clock.hold()];
  let over = false;
  const waiting = clock.sleep(DAY).then(() => (over = true));
  first();
  first();
  await createRealClock().sleep(60);
  expect(over).toBe(false);
  second();
  await waiting;
});

test('A wait that is nearly over ends in time although the clock is held', async () => {
  const clock = open(undefined, 0);
  const release = clock.hold();
  await clock.sleep(50);
  release();
});

test('A restart goes on from the time that the clock had reached', async () => {
  const offsetFile = join(directory, 'nested', 'offset');
  const before = open(offsetFile);
  await before.sleep(3 * DAY);
  const deadline = before.deadline(DAY);
  const reached = before.now();
  const after = open(offsetFile);
  expect(after.now()).toBeGreaterThanOrEqual(reached - 1);
  await after.until(deadline);
  expect(after.now()).toBeGreaterThanOrEqual(deadline.at);
});

test('An aborted wait rejects with the reason and no longer moves the clock', async () => {
  const clock = open();
  const start = clock.now();
  const controller = new AbortController();
  const sleeping = clock.sleep(DAY, controller.signal);
  controller.abort(new Error('stopped'));
  await expect(sleeping).rejects.toThrow('stopped');
  await createRealClock().sleep(60);
  expect(clock.now() - start).toBeLessThan(5_000);
});

test('Listeners hear of each jump until they unsubscribe', async () => {
  const clock = open();
  const heard: number[] = [];
  const leave = clock.onJump(({ from, to }) => heard.push(Math.round((to - from) / DAY)));
  await clock.sleep(DAY);
  leave();
  await clock.sleep(DAY);
  expect(heard).toEqual([1]);
});
