import { expect, test } from '@jest/globals';
import { classify } from '../../../src/domain/recovery/classify.ts';
import { innermost, rethrown } from '../../../src/domain/progress/failure.ts';

test.each([
  ['GuardFailed', 'the guard of stage reads(50) failed: errors: 12 of 500 reads', 'performance', true],
  ['GuardFailed', 'the guard of stage reads(50) failed: latency: p99 80 ms', 'performance', true],
  ['GuardFailed', 'the guard of stage reads(10) failed: mismatches: 3 of 80 compared reads', 'data-loss', true],
  ['GuardFailed', 'the guard of stage reads(10) failed: capacity: 40 RCU per search', 'cost', true],
  ['MismatchesFound', '', 'data-loss', true],
  ['SourceRewound', '', 'data-loss', true],
  ['Throttled', '', 'performance', true],
  ['GateRejected', '', 'hold', false],
  ['RestoreIncomplete', '', 'hold', false],
  ['RowsUnverified', '', 'hold', false],
  ['SourceChanged', '', 'hold', false],
  ['TypeError', 'a bug of ours', 'hold', true],
  ['States.Timeout', '', 'hold', true],
])('%s (%s) leads to %s', (error, cause, expected, returnReads) => {
  expect(classify({ error, cause })).toEqual({ cause: expected, returnReads });
});

test("the innermost error of a child's failing function is found through all layers", () => {
  const thrown = JSON.stringify({ errorType: 'GuardFailed', errorMessage: 'too many errors', trace: [] });
  const child = JSON.stringify({ Status: 'FAILED', Error: 'GuardFailed', Cause: thrown });
  expect(innermost({ error: 'States.TaskFailed', cause: child })).toEqual({
    error: 'GuardFailed',
    cause: 'too many errors',
  });
  expect(innermost({ error: 'States.Timeout', cause: 'too late' })).toEqual({
    error: 'States.Timeout',
    cause: 'too late',
  });
});

test("a failure is thrown again under its own name, but never under one of Step Functions'", () => {
  expect(rethrown({ error: 'GuardFailed', cause: 'x' }).name).toBe('GuardFailed');
  expect(rethrown({ error: 'States.Timeout', cause: 'x' }).name).toBe('PhaseFailed');
});
