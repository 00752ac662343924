import { expect, test } from '@jest/globals';
import { evaluateGuard, type GuardEvidence } from '../../../src/domain/cutover/guard.ts';

const thresholds = { minSamples: 500, maxErrorRate: 0.01, maxLatencyRatio: 1.5, toleratedP99Ms: 12 };
const healthy: GuardEvidence = {
  reads: 1_000,
  readErrors: 2,
  p99: 30,
  baselineReads: 9_000,
  baselineP99: 25,
  compared: 200,
  mismatches: 0,
};

function judge(change: Partial<GuardEvidence>): Readonly<Record<string, string>> {
  const { verdict, checks } = evaluateGuard({ ...healthy, ...change }, thresholds);
  return { verdict, ...Object.fromEntries(checks.map((check) => [check.name, check.verdict])) };
}

test('a stage passes when every check passes', () => {
  expect(judge({})).toEqual({ verdict: 'pass', samples: 'pass', errors: 'pass', latency: 'pass', mismatches: 'pass' });
});

test('a p99 that nobody would notice passes whatever PostgreSQL needs', () => {
  expect(judge({ p99: 12, baselineP99: 4 })).toMatchObject({ verdict: 'pass' });
  expect(judge({ p99: 13, baselineP99: 4 })).toMatchObject({ verdict: 'fail', latency: 'fail' });
});

test.each<[Partial<GuardEvidence>, string]>([
  [{ readErrors: 11 }, 'errors'],
  [{ p99: 38 }, 'latency'],
  [{ mismatches: 1 }, 'mismatches'],
])('%j fails the stage by %s alone', (change, name) => {
  expect(judge(change)).toMatchObject({ verdict: 'fail', [name]: 'fail' });
});

test.each<[Partial<GuardEvidence>]>([
  [{ reads: 499 }],
  [{ reads: 0, readErrors: 0 }],
  [{ reads: null }],
  [{ readErrors: null }],
  [{ p99: null }],
  [{ baselineP99: null }],
  [{ baselineP99: 0 }],
  [{ baselineReads: 20 }],
  [{ compared: null }],
  [{ compared: 10 }],
  [{ mismatches: null }],
])('%j is inconclusive and never passes (RACE-48)', (change) => {
  expect(judge(change)).toMatchObject({ verdict: 'inconclusive' });
});

test('a failure shows through too few samples', () => {
  expect(judge({ reads: 100, readErrors: 6 })).toMatchObject({ verdict: 'fail', samples: 'inconclusive' });
  expect(judge({ reads: 100, readErrors: 5 })).toMatchObject({ verdict: 'inconclusive' });
  expect(judge({ compared: 3, mismatches: 1 })).toMatchObject({ verdict: 'fail' });
});
