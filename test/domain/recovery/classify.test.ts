import { expect, test } from '@jest/globals';
import { classify } from '../../../src/domain/recovery/classify.ts';
import { innermost, rethrown } from '../../../src/domain/progress/failure.ts';

test.each([
  [
    'ReadsDegraded',
    'the guard of stage reads(50) failed: errors: 12 of 500 reads, 3 mismatches tolerated',
    'performance',
    true,
  ],
  [
    'ReadsMismatched',
    'the guard of stage reads(10) failed: mismatches: 3 of 80 compared reads, latency 80 ms',
    'data-loss',
    true,
  ],
  ['MismatchesFound', '', 'data-loss', true],
  ['SourceRewound', '', 'data-loss', true],
  ['Throttled', '', 'performance', true],
  ['GateRejected', '', 'hold', false],
  ['RestoreIncomplete', '', 'hold', false],
  ['RowsUnverified', '', 'hold', false],
  ['SourceChanged', '', 'hold', false],
  ['TypeError', 'a bug of ours', 'hold', true],
  ['States.Timeout', '', 'hold', true],
])('%s (%s) leads to %s', (error, _, expected, returnReads) => {
  expect(classify({ error })).toEqual({ cause: expected, returnReads });
});

test("the innermost error of a child's failing function is found through all layers", () => {
  const thrown = JSON.stringify({ errorType: 'ReadsDegraded', errorMessage: 'too many errors', trace: [] });
  const child = JSON.stringify({ Status: 'FAILED', Error: 'ReadsDegraded', Cause: thrown });
  expect(innermost({ error: 'States.TaskFailed', cause: child })).toEqual({
    error: 'ReadsDegraded',
    cause: 'too many errors',
  });
  expect(innermost({ error: 'States.Timeout', cause: 'too late' })).toEqual({
    error: 'States.Timeout',
    cause: 'too late',
  });
});

test("a failure is thrown again under its own name, but never under one of Step Functions'", () => {
  expect(rethrown({ error: 'ReadsDegraded', cause: 'x' }).name).toBe('ReadsDegraded');
  expect(rethrown({ error: 'States.Timeout', cause: 'x' }).name).toBe('PhaseFailed');
});
