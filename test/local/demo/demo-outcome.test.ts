import { expect, test } from '@jest/globals';

import { demoOutcome } from '../../../local/demo/demo-outcome.ts';
import type { DemoFacts } from '../../../local/demo/demo-outcome.ts';
import { createTrafficMetrics } from '../../../local/traffic/traffic-metrics.ts';

const tally = { source: 5, items: 5, matched: 5, mismatched: 0, missing: 0, extra: 0, unverified: 0, verdict: 'match' };
const traffic = {
  ...createTrafficMetrics().stats(),
  authority: 'dynamodb' as const,
  attempted: 9,
  acknowledged: 8,
  rowsChecked: 7,
  lost: 0,
  examples: [],
};
const completed: DemoFacts = {
  view: {
    mode: { mode: 'complete', readPercent: 100, epoch: 9, generation: 2, stoppedFrom: null, mappingRevision: 0 },
    phases: [],
    gates: [],
    recoveries: [],
    execution: { status: 'SUCCEEDED', error: null, cause: null },
    verifications: [
      {
        run: 'final',
        kind: 'final',
        startedAt: '2026-12-01T00:00:00Z',
        finishedAt: '2026-12-01T00:00:05Z',
        clean: true,
        rowsCompared: 5,
        mismatches: 0,
        unverified: 0,
        entities: { USER: tally },
      },
    ],
  },
  rolledBack: false,
  traffic,
  postgres: { cluster: 'gone', answers: false },
  entities: ['USER'],
  troubles: [],
};

test('a run that completed, was verified and lost nothing is completed', () => {
  expect(demoOutcome(completed)).toEqual({ result: 'completed', reasons: [] });
});

test('one lost write breaks a run, whatever the verifier says', () => {
  const verdict = demoOutcome({ ...completed, traffic: { ...traffic, lost: 1 } });
  expect(verdict).toEqual({ result: 'broken', reasons: ['1 acknowledged writes are lost'] });
});

test('a run in which nothing was written, or an entity was not compared, proves nothing', () => {
  expect(demoOutcome({ ...completed, traffic: { ...traffic, acknowledged: 0 } }).reasons).toEqual([
    'no write was acknowledged',
  ]);
  expect(demoOutcome({ ...completed, entities: ['USER', 'SESSION'] }).reasons).toEqual([
    'SESSION was not verified on both sides',
  ]);
});

test('a PostgreSQL that still answers is not gone', () => {
  expect(demoOutcome({ ...completed, postgres: { cluster: 'gone', answers: true } }).result).toBe('broken');
});

test('a rollback is as designed only with all reads back on PostgreSQL and nothing lost', () => {
  const mode = {
    mode: 'dual' as const,
    readPercent: 0,
    epoch: 8,
    generation: 1,
    stoppedFrom: null,
    mappingRevision: 0,
  };
  const back: DemoFacts = { ...completed, rolledBack: true, view: { ...completed.view, mode } };
  expect(demoOutcome(back)).toEqual({ result: 'rolled back', reasons: [] });
  expect(demoOutcome({ ...back, view: { ...back.view, mode: { ...mode, readPercent: 50 } } }).result).toBe('broken');
  expect(demoOutcome({ ...back, traffic: { ...traffic, lost: 2 } }).result).toBe('broken');
});
