import { expect, test } from '@jest/globals';
import { estimate, type Measured } from '../../../src/domain/assess/estimate.ts';

/** Rows that take so many write units, all of them in one index and, twice as large, in another. */
function measured(rows: number, writeUnits: number): Measured {
  const indexes = [
    { name: 'GSI1', rows, writeUnits: rows * writeUnits },
    { name: 'GSI2', rows, writeUnits: rows * 2 * writeUnits },
  ];
  const bodies = { count: 0, bytes: 0 };
  return {
    entities: [
      { entity: 'ROW', rows, bytes: rows * 600, writeUnits: rows * writeUnits, indexes, claims: rows, bodies },
    ],
    source: { changesPerDay: null },
  };
}

const warmOf = (rows: number, writeUnits: number) =>
  estimate({ window: { days: 14 } }, measured(rows, writeUnits)).warm;

test('a table is warmed for what the load writes to it, or to its largest index, while PostgreSQL is read', () => {
  // 100 million rows take 25,000 seconds to read, at 4,000 a second.
  expect(warmOf(100_000_000, 1)).toEqual({ writeUnitsPerSecond: 8_000, readUnitsPerSecond: 12_000 });
  expect(warmOf(100_000_000, 3)).toEqual({ writeUnitsPerSecond: 24_000, readUnitsPerSecond: 12_000 });
});

test('a short load is not worth it', () => {
  expect(warmOf(2_000_000, 3)).toBeNull();
});
