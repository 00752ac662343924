import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, expect, test } from '@jest/globals';

import { scriptOf } from '../../examples/lending/generator/script.ts';
import { demoPlace, TIMEOUT_MS } from './demo-run.ts';

const directory = mkdtempSync(join(tmpdir(), 'portage-lending-'));
const rows = join(directory, 'rows.sql');
writeFileSync(rows, [...scriptOf(1, 0.02)].join(''));
const plan = 'examples/lending/plan.json';
const place = demoPlace({ plan, options: ['--sql', 'examples/lending/schema.sql', '--sql', rows] });
afterAll(async () => {
  await place.remove();
  rmSync(directory, { recursive: true, force: true });
});

test(
  'a plan and a script of somebody else cross under traffic derived from them: every row, every pattern, nothing lost',
  async () => {
    const { code, output } = await place.run().ended;
    expect(`${code}\n${output}`).toMatch(/^0\n/);
    const { entities, patterns } = JSON.parse(readFileSync(plan, 'utf8'));
    const report = place.report();
    expect(report).toMatchObject({ result: 'completed', reasons: [], postgres: { cluster: 'gone', answers: false } });
    expect(Object.keys(report.entities).toSorted()).toEqual(Object.keys(entities).toSorted());
    for (const tally of Object.values(report.entities)) {
      expect(tally).toMatchObject({ verdict: 'match', items: tally.source, matched: tally.source });
    }
    expect(report.entities['INTERLIBRARY_REQUEST']).toMatchObject({ source: 0, items: 0, verdict: 'match' });
    const { traffic } = report;
    expect(traffic?.failures).toEqual([]);
    expect(traffic).toMatchObject({ lost: 0, authority: 'dynamodb', staleReads: 0, shadowMismatches: 0, failed: 0 });
    expect(traffic?.acknowledged).toBeGreaterThan(50);
    expect(Object.keys(traffic?.patterns ?? {}).toSorted()).toEqual(Object.keys(patterns).toSorted());
    for (const counts of Object.values(traffic?.patterns ?? {})) {
      expect(counts.agreed).toBeGreaterThan(0);
      expect(counts.differed).toBe(0);
    }
    expect(report.phases.map(({ phase, status }) => `${phase} ${status}`)).toEqual([
      'auth skipped',
      'dual-write done',
      'cutover done',
      'decommission done',
    ]);
  },
  TIMEOUT_MS,
);
