import { afterAll, expect, test } from '@jest/globals';

import { demoPlace, TIMEOUT_MS } from './demo-run.ts';

const place = demoPlace();
afterAll(() => place.remove());

test(
  'RACE-44 read errors at 50 % return all reads to PostgreSQL by themselves, and no write is lost',
  async () => {
    const { code, output } = await place.run('--fault', 'read-errors@50').ended;
    expect(`${code}\n${output}`).toMatch(/^2\n/);
    const report = place.report();
    expect(report.reasons).toEqual([]);
    expect(report.result).toBe('rolled back');
    expect(report.traffic).toMatchObject({ lost: 0, authority: 'postgres' });
    expect(report.cutover.timeline.at(-1)?.readPercent).toBe(0);
    expect(report.recoveries.map(({ cause }) => cause)).toEqual(['performance']);
    expect(report.postgres).toEqual({ cluster: 'there', answers: true });
  },
  TIMEOUT_MS,
);

test(
  'with --recover the fault is taken away, the recovery closed, and the migration completes with no stage skipped',
  async () => {
    const { code, output } = await place.run('--fault', 'read-errors@50', '--recover').ended;
    expect(`${code}\n${output}`).toMatch(/^0\n/);
    const report = place.report();
    expect(report.traffic).toMatchObject({ lost: 0, authority: 'dynamodb' });
    const stages = report.cutover.timeline.filter(({ mode }) => mode === 'reads').map(({ readPercent }) => readPercent);
    // On a busy machine the guard may send reads back once more; each way up begins at the bottom and skips nothing.
    expect(stages.slice(0, 4)).toEqual([10, 50, 10, 50]);
    expect(stages.at(-1)).toBe(100);
    const below: Readonly<Record<number, number>> = { 50: 10, 100: 50 };
    for (const [at, stage] of stages.entries()) if (stage > 10) expect(stages[at - 1]).toBe(below[stage]);
    expect(report.recoveries.every(({ status }) => status === 'closed')).toBe(true);
  },
  TIMEOUT_MS,
);
