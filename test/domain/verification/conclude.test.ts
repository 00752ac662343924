import { expect, test } from '@jest/globals';
import { conclude } from '../../../src/domain/verification/conclude.ts';
import {
  emptyTally,
  type PartResult,
  type Tally,
  type VerificationPlan,
} from '../../../src/domain/verification/record.ts';

const plan: VerificationPlan = {
  run: 'night-1',
  kind: 'nightly',
  startedAt: '2026-11-22T02:00:00.000Z',
  generation: 1,
  fingerprint: 'f',
  segments: 2,
  ranges: [],
};

function part(entities: Record<string, Partial<Tally>>, digests: Record<string, string> = {}): PartResult {
  return {
    entities: Object.fromEntries(
      Object.entries(entities).map(([name, counts]) => [name, { ...emptyTally, ...counts }]),
    ),
    mismatches: [],
    unverified: [],
    unlisted: 0,
    digests,
    largestItemBytes: 0,
    itemsOverAlarm: 0,
    rcu: 1,
  };
}

function summary(parts: readonly PartResult[], entities = ['USER', 'BADGE']) {
  return conclude(plan, entities, parts, '2026-11-22T02:00:04.000Z', 'details');
}

test('all rows equal on both sides is clean, and an entity empty on both sides is a match', () => {
  const verdict = summary([part({ USER: { items: 3, matched: 2 } }), part({ USER: { source: 3, matched: 1 } })]);
  expect(verdict).toMatchObject({ clean: true, rowsCompared: 3, mismatchPercent: 0, seconds: 4, rcu: 2 });
  expect(verdict.entities['USER']).toMatchObject({ source: 3, items: 3, matched: 3, verdict: 'match' });
  expect(verdict.entities['BADGE']).toMatchObject({ source: 0, items: 0, verdict: 'match' });
});

test('RACE-33 zero rows compared where the source has rows is unverified, not clean', () => {
  const verdict = summary([
    part({ USER: { source: 100_000, items: 100_000, matched: 100_000 }, BADGE: { source: 2 } }),
  ]);
  expect(verdict).toMatchObject({ clean: false, mismatches: 0, unverified: 2 });
  expect(verdict.entities['BADGE']?.verdict).toBe('unverified');
});

test('RACE-33 one damaged row of a small table shows beside a large one', () => {
  const verdict = summary([
    part({
      USER: { source: 100_000, items: 100_000, matched: 100_000 },
      BADGE: { source: 1, items: 1, mismatched: 1 },
    }),
  ]);
  expect(verdict.clean).toBe(false);
  expect(verdict.entities['BADGE']?.verdict).toBe('mismatch');
  expect(verdict.mismatchPercent).toBeLessThan(0.01);
});

test('RACE-30 extra items count, also those of entities that the plan does not know', () => {
  const verdict = summary([part({ USER: { source: 1, items: 1, matched: 1 }, GHOST: { items: 1, extra: 1 } })]);
  expect(verdict).toMatchObject({ clean: false, mismatches: 1, mismatchPercent: 50 });
});

test('RACE-29 rows that never settled keep a run from being clean', () => {
  expect(summary([part({ USER: { source: 2, items: 2, matched: 1, unverified: 1 } })]).clean).toBe(false);
});
