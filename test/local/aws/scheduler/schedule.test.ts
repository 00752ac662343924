import { expect, test } from '@jest/globals';
import { rateMilliseconds, startSchedules } from '../../../../local/aws/scheduler/schedule.ts';

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
}

test('a scheduled function runs again and again with its input', async () => {
  const calls: unknown[] = [];
  const schedules = startSchedules({
    functions: [{ name: 'sweep', rate: '1 minute', input: { limit: 5 } }],
    invoke: async (name, input) => calls.push([name, input]),
    scale: 1200,
  });
  await until(() => calls.length >= 3);
  await schedules.stop();
  expect(calls[2]).toEqual(['sweep', { limit: 5 }]);
});

test('a run that takes longer than its period is not started a second time, and is waited for at the end', async () => {
  let started = 0;
  let ended = 0;
  const waiting: (() => void)[] = [];
  const schedules = startSchedules({
    functions: [
      { name: 'relay', rate: '1 minute', input: {} },
      { name: 'sweep', rate: '1 minute', input: {} },
    ],
    invoke: async (name) => {
      if (name === 'sweep') {
        ended += 1;
        return;
      }
      started += 1;
      await new Promise<void>((resolve) => {
        waiting.push(resolve);
      });
    },
    scale: 1200,
  });
  await until(() => ended >= 4);
  expect(started).toBe(1);
  const stopping = schedules.stop();
  for (const release of waiting) release();
  await stopping;
});

test('a failing run is reported and the next one still comes', async () => {
  const errors: unknown[] = [];
  const schedules = startSchedules({
    functions: [{ name: 'sweep', rate: 'rate(1 minute)', input: {} }],
    invoke: () => Promise.reject(new Error('no')),
    onError: (name, error) => errors.push([name, error]),
    scale: 1200,
  });
  await until(() => errors.length >= 2);
  await schedules.stop();
  expect(errors[0]).toEqual(['sweep', new Error('no')]);
});

test('rates are read in the spellings of the manifest, and others refused', () => {
  expect(rateMilliseconds('1 minute')).toBe(60_000);
  expect(rateMilliseconds('rate(5 minutes)')).toBe(300_000);
  expect(rateMilliseconds('2 hours')).toBe(7_200_000);
  expect(() => rateMilliseconds('soon')).toThrow('"soon" is no rate');
});
