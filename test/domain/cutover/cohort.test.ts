import { expect, test } from '@jest/globals';
import { cohort, isMoved } from '../../../src/domain/cutover/cohort.ts';
import { readsFrom } from '../../../src/domain/mode/modes.ts';

const callers = Array.from(
  { length: 20_000 },
  (_, number) => `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`,
);

test('a caller who has moved stays moved as the share grows, and sees one store only (RACE-41)', () => {
  for (const caller of callers.slice(0, 2_000)) {
    const stages = [0, 10, 50, 100].map((percent) => isMoved(caller, percent));
    expect(stages).toEqual([...stages].sort((left, right) => Number(left) - Number(right)));
    expect(stages[0]).toBe(false);
    expect(stages[3]).toBe(true);
  }
});

test('the share of callers is the share asked for', () => {
  for (const percent of [1, 10, 50, 99]) {
    const moved = callers.filter((caller) => isMoved(caller, percent)).length / callers.length;
    expect(Math.abs(moved - percent / 100)).toBeLessThan(0.015);
  }
});

test('reads follow the share alone', () => {
  const state = {
    mode: 'stopped',
    readPercent: 10,
    epoch: 1,
    generation: 1,
    stoppedFrom: 'reads',
    mappingRevision: 0,
  } as const;
  expect(readsFrom(state, 9)).toBe('target');
  expect(readsFrom(state, 10)).toBe('source');
  expect(cohort('ann')).toBe(cohort('ann'));
});
