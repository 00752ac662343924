import { expect, test } from '@jest/globals';
import { shareParts } from '../../../src/domain/load/plan-ranges.ts';

test('parts go to the entities by their rows, and none goes without', () => {
  expect(shareParts({ USER: 2000, CAMPAIGN: 5000, SESSION: 30_000, CHARACTER: 8000 }, 12)).toEqual({
    USER: 1,
    CAMPAIGN: 1,
    SESSION: 8,
    CHARACTER: 2,
  });
});

test('an entity without rows still gets a part: rows may come after they were counted', () => {
  expect(shareParts({ USER: 0, BADGE: 0 }, 12)).toEqual({ USER: 1, BADGE: 1 });
  expect(shareParts({}, 12)).toEqual({});
});
