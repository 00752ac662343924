import { expect, test } from '@jest/globals';
import { machineOutput } from '../../../../src/domain/verification/report/machine-output.ts';
import { emptyTally, type VerificationSummary } from '../../../../src/domain/verification/report/schema.ts';

function summaryOf(entities: number): VerificationSummary {
  const names = Array.from({ length: entities }, (_, at) => `ENTITY_${at}`);
  return {
    run: 'r',
    kind: 'final',
    startedAt: '',
    finishedAt: '',
    seconds: 1,
    generation: 1,
    scope: { entity: null, sample: null },
    clean: true,
    rowsCompared: 7,
    mismatches: 0,
    unverified: 0,
    mismatchPercent: 0,
    entities: Object.fromEntries(names.map((name) => [name, { ...emptyTally, verdict: 'match' as const }])),
    damages: {},
    examples: [],
    unstable: [],
    accepted: [],
    digests: Object.fromEntries(names.map((name) => [name, '0'.repeat(64)])),
    largestItemBytes: 0,
    itemsOverAlarm: 0,
    rcu: 0,
    segments: Array.from({ length: 10_000 }, (_, at) => at),
    repair: false,
    details: '',
  };
}

test('a summary is returned whole as long as it fits into a payload', () => {
  expect(machineOutput(summaryOf(100))).toEqual(summaryOf(100));
});

test('of many entities the verdict alone is returned', () => {
  const output = machineOutput(summaryOf(2_000));
  expect(JSON.stringify(output).length).toBeLessThan(1_000);
  expect(output).toMatchObject({ run: 'r', clean: true, rowsCompared: 7, mismatches: 0, repair: false });
});
