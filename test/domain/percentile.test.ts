import { expect, test } from '@jest/globals';
import { percentile, weightedPercentile } from '../../src/domain/percentile.ts';

const upTo = (count: number): number[] => Array.from({ length: count }, (_, at) => count - at);

test('a percentile is the value at the nearest rank, whatever the order of the values', () => {
  expect(percentile([30, 10, 20], 0.5)).toBe(20);
  expect(percentile(upTo(100), 0.99)).toBe(99);
  expect(percentile(upTo(101), 0.99)).toBe(100);
  expect(percentile([7], 0.99)).toBe(7);
  expect(percentile(upTo(10), 0)).toBe(1);
  expect(percentile(upTo(10), 1)).toBe(10);
});

test('there is no percentile of no values', () => {
  expect(percentile([], 0.99)).toBeNull();
  expect(weightedPercentile([], 0.99)).toBeNull();
});

test('a value that was observed several times counts as often', () => {
  expect(
    weightedPercentile(
      [
        [500, 1],
        [10, 99],
      ],
      0.99,
    ),
  ).toBe(percentile([500, ...Array.from({ length: 99 }, () => 10)], 0.99));
  expect(
    weightedPercentile(
      [
        [500, 2],
        [10, 98],
      ],
      0.99,
    ),
  ).toBe(500);
});
