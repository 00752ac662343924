import { expect, test } from '@jest/globals';
import { base, generationOf, MAX_GENERATION, seqOf, versionOf } from '../../src/domain/versions.ts';

test('versions of a generation lie above every version of the one before (RACE-59)', () => {
  expect(versionOf(2, 999_999_999_999)).toBeLessThan(base(3));
  expect(versionOf(3, 0)).toBe(base(3));
  expect([generationOf(versionOf(7, 42)), seqOf(versionOf(7, 42))]).toEqual([7, 42]);
});

test('versions stay exact numbers, and what would not is refused', () => {
  expect(Number.isSafeInteger(versionOf(MAX_GENERATION, 999_999_999_999))).toBe(true);
  for (const wrong of [
    () => base(MAX_GENERATION + 1),
    () => base(-1),
    () => versionOf(1, 1e12),
    () => versionOf(1, -1),
    () => versionOf(1, 0.5),
  ])
    expect(wrong).toThrow(RangeError);
});
