import { expect, test } from '@jest/globals';
import type { Acceptance } from '../../../../src/domain/verification/report/acceptance.ts';
import { createSummary } from '../../../../src/domain/verification/report/summary.ts';
import {
  emptyTally,
  type PartResult,
  type Tally,
  type VerificationPlan,
} from '../../../../src/domain/verification/report/schema.ts';
import type { VerificationFinding } from '../../../../src/domain/verification/compare/finding.ts';
import { type Scope, FULL } from '../../../../src/domain/verification/report/scope.ts';

const plan: VerificationPlan = {
  run: 'night-1',
  kind: 'nightly',
  startedAt: '2026-11-22T02:00:00.000Z',
  generation: 1,
  fingerprint: 'f',
  scope: FULL,
  repair: false,
  showValues: false,
  segments: 2,
  chosen: [0, 1],
  ranges: [],
  bodyLists: 0,
  previous: null,
  source: {},
  missed: [],
  planHash: 'p',
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

function summary(
  parts: readonly PartResult[],
  scope: Scope = FULL,
  accepted: ReadonlyMap<string, Acceptance> = new Map(),
) {
  const conclusion = createSummary({ ...plan, scope }, ['USER', 'BADGE']);
  for (const part of parts) conclusion.add(part);
  return conclusion.summary('2026-11-22T02:00:04.000Z', 'details', accepted);
}

function unstable(identity: readonly string[]): VerificationFinding {
  return {
    entity: 'USER',
    identity,
    key: null,
    damage: 'value',
    differences: [],
    version: 1,
    at: null,
    seq: 1,
    txn: null,
    ageSeconds: null,
    firstSeen: '2026-11-22T02:00:01.000Z',
    lastSeen: '2026-11-22T02:00:02.000Z',
    observedMs: 1000,
    kind: 'item',
  };
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

function by(id: string): [string, Acceptance] {
  const acceptance = { entity: 'USER', identity: [id], by: 'mara', reason: 'a counter', run: 'night-0', at: 'then' };
  return [`USER ["${id}"]`, acceptance];
}

test('RACE-29 a person answers for rows that never settled, each by its name; one that is not named keeps the gate closed', () => {
  const parts = [
    {
      ...part({ USER: { source: 3, items: 3, matched: 1, unverified: 2 } }),
      unverified: [unstable(['1']), unstable(['2'])],
    },
  ];
  expect(summary(parts)).toMatchObject({ clean: false, unverified: 2, accepted: [] });
  expect(summary(parts, FULL, new Map([by('1'), by('3')]))).toMatchObject({ clean: false, unverified: 2 });
  expect(summary(parts, FULL, new Map([by('1'), by('2')]))).toMatchObject({
    clean: true,
    unverified: 2,
    accepted: [
      { entity: 'USER', identity: ['1'], by: 'mara', reason: 'a counter' },
      { entity: 'USER', identity: ['2'], by: 'mara', reason: 'a counter' },
    ],
  });
});

test('a sample, or a single entity, says that it is one and is never clean', () => {
  const parts = [part({ USER: { source: 3, items: 3, matched: 3 } })];
  for (const scope of [
    { entity: null, sample: 10 },
    { entity: 'USER', sample: null },
  ])
    expect(summary(parts, scope)).toMatchObject({ scope, clean: false, mismatches: 0, unverified: 0 });
  expect(Object.keys(summary(parts, { entity: 'USER', sample: null }).entities)).toEqual(['USER']);
});
