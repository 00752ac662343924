import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { LockHeld } from '../../../src/domain/errors.ts';
import { acquireLock, holdLock, releaseLock, seizeLock } from '../../../src/domain/lock/lock.ts';
import type { Executions } from '../../../src/domain/ports/executions.ts';
import { type ControlOnDynamoDb, startControl } from '../../control-record.ts';

let engine: ControlOnDynamoDb;

beforeAll(async () => {
  engine = await startControl();
});

afterAll(() => engine.stop());

function executions(...running: readonly string[]): Executions {
  return {
    running: (arn) => Promise.resolve(running.includes(arn)),
    succeed: () => Promise.resolve('sent'),
    fail: () => Promise.resolve('sent'),
    stop: () => Promise.resolve(),
  };
}

const claim = (owner: string, now = '2026-01-01T00:00:00.000Z') => ({ owner, run: 'r', now });

test('RACE-53 of two executions one gets the lock; the other takes it over once the first has ended', async () => {
  const control = await engine.fresh();
  await acquireLock(control, executions('a'), claim('a'));
  await expect(acquireLock(control, executions('a', 'b'), claim('b'))).rejects.toThrow(LockHeld);
  await acquireLock(control, executions('b'), claim('b'));
  await expect(holdLock(control, claim('a'))).rejects.toThrow(LockHeld);
  await holdLock(control, claim('b'));
});

test('RACE-53 an expired lock is taken over even from an execution that runs, and renewing keeps it', async () => {
  const control = await engine.fresh();
  await acquireLock(control, executions('a'), claim('a'));
  await holdLock(control, claim('a', '2026-01-20T00:00:00.000Z'));
  await expect(acquireLock(control, executions('a'), claim('b', '2026-02-10T00:00:00.000Z'))).rejects.toThrow(LockHeld);
  await acquireLock(control, executions('a'), claim('b', '2026-03-10T00:00:00.000Z'));
});

test('a lock is held for as long as its owner says that it will wait', async () => {
  const control = await engine.fresh();
  await acquireLock(control, executions('a'), claim('a'));
  await holdLock(control, claim('a'), 90);
  await expect(acquireLock(control, executions('a'), claim('b', '2026-04-10T00:00:00.000Z'))).rejects.toThrow(LockHeld);
});

test('only the owner releases it, and a seizing tells whose it was', async () => {
  const control = await engine.fresh();
  await acquireLock(control, executions('a'), claim('a'));
  expect(await releaseLock(control, claim('b'))).toBe('not ours');
  expect(await seizeLock(control, claim('operator'))).toBe('a');
  await expect(holdLock(control, claim('a'))).rejects.toThrow(LockHeld);
  expect(await releaseLock(control, claim('operator'))).toBe('released');
  await acquireLock(control, executions('a'), claim('c'));
});
