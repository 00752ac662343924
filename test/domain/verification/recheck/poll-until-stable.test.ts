import { expect, test } from '@jest/globals';
import { pollUntilStable } from '../../../../src/domain/verification/recheck/poll-until-stable.ts';
import { type MonotonicClock } from '../../../../src/domain/ports/clock.ts';

function patience(): MonotonicClock {
  let now = 0;
  return {
    monotonic: () => now,
    sleep: async (milliseconds) => {
      now += milliseconds;
    },
  };
}

const limits = { stableMs: 1000, stabilityTimeoutMs: 5000 };

test('RACE-28 a row in flight clears as soon as it is read again', async () => {
  let looks = 0;
  const [only] = await pollUntilStable(
    ['row'],
    async () => [{ result: ++looks, signature: looks < 4 ? 'behind' : null }],
    patience(),
    limits,
  );
  expect(only).toMatchObject({ outcome: 'cleared', result: 4 });
});

test('a difference that stands longer than any write in flight is stable', async () => {
  const [only] = await pollUntilStable(['row'], async () => [{ result: 1, signature: 'wrong' }], patience(), limits);
  expect(only?.outcome).toBe('stable');
  expect(only?.observedMs).toBeGreaterThan(limits.stableMs);
});

test('RACE-29 a hot row that never settles is neither equal nor different', async () => {
  let looks = 0;
  const [only] = await pollUntilStable(
    ['row'],
    async () => [{ result: 1, signature: `v${looks++}` }],
    patience(),
    limits,
  );
  expect(only?.outcome).toBe('unstable');
});

test('each candidate settles by itself', async () => {
  const looked: string[][] = [];
  const settled = await pollUntilStable(
    ['clear', 'wrong'],
    async (candidates) => {
      looked.push([...candidates]);
      return candidates.map((candidate) => ({ result: candidate, signature: candidate === 'clear' ? null : 'wrong' }));
    },
    patience(),
    limits,
  );
  expect(settled.map(({ candidate, outcome }) => [candidate, outcome])).toEqual([
    ['clear', 'cleared'],
    ['wrong', 'stable'],
  ]);
  expect(looked[0]).toEqual(['clear', 'wrong']);
  expect(looked.at(-1)).toEqual(['wrong']);
});
