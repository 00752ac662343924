import { expect, test } from '@jest/globals';
import { isHarmless } from '../../bench/locks/command.ts';
import { hasPsql, measureLocks } from '../../bench/locks/run.ts';

test('RACE-5 capture comes and goes on 20 tables under six sessions: no statement fails, none waits a second longer', async () => {
  const report = await measureLocks({ tables: 20, partitions: 12, sessions: 6, seed: 1, controlMs: 2_000 });
  expect(report.failures).toEqual([]);
  expect(report.phases.filter(({ addedMs }) => addedMs !== null)).toHaveLength(hasPsql() ? 4 : 2);
  expect(report.phases.every(({ calls }) => calls > 0)).toBe(true);
  expect(isHarmless(report)).toBe(true);
}, 90_000);
