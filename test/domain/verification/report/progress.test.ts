import { expect, test } from '@jest/globals';
import { progressOf } from '../../../../src/domain/verification/report/progress.ts';

const record = (run: string, total: number) => ({ id: run, value: { run, total, startedAt: '2026-01-01T00:00:00Z' } });

test('the progress of a run that began again is that of its last attempt, and no other run counts', () => {
  const records = [record('a', 1), record('a-attempt-3', 3), record('a-attempt-2', 2), record('ab-attempt-4', 4)];
  expect(progressOf(records, 'a')).toMatchObject({ total: 3 });
  expect(progressOf(records, 'a-attempt-2')).toMatchObject({ total: 2 });
  expect(progressOf(records, 'b')).toBeNull();
});
