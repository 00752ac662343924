import { expect, test } from '@jest/globals';
import { countSqlUses } from '../../../src/domain/decommission/sql-uses.ts';
import { plan } from '../campaigns.ts';

const reader = (uses: number | null) => ({ read: () => Promise.resolve([uses]) });
const now = '2026-11-22T10:00:00.000Z';

test('uses of plain SQL are counted over as many days as the grace has', async () => {
  let asked: readonly [Date, Date] | null = null;
  const found = await countSqlUses(
    {
      read: (_, from, to) => {
        asked = [from, to];
        return Promise.resolve([3]);
      },
    },
    plan,
    now,
  );
  expect(found).toEqual({ days: 7, uses: 3 });
  expect(asked).toEqual([new Date('2026-11-15T10:00:00.000Z'), new Date(now)]);
});

test('no client that reports is no proof that none uses it (RACE-48)', async () => {
  expect(await countSqlUses(reader(0), plan, now)).toEqual({ days: 7, uses: 0 });
  expect(await countSqlUses(reader(null), plan, now)).toEqual({ days: 7, uses: null });
});
