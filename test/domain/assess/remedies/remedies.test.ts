import { expect, test } from '@jest/globals';
import { assess } from '../../../../src/domain/assess/assess.ts';
import { assessStatements } from '../../../../src/domain/assess/assess-statements.ts';
import type { Facts } from '../../../../src/domain/assess/facts.ts';
import { ASSESSMENTS } from '../../../../src/domain/assess/finding.ts';
import { planFindings } from '../../../../src/domain/plan-check/check.ts';
import type { PlanFinding } from '../../../../src/domain/plan-check/rules/finding.ts';
import { planSchema } from '../../../../src/domain/plan/plan.ts';
import { catalogueOf, planText, tables } from '../../campaigns.ts';
import { merged } from '../../plan-check/broken-plans/change.ts';
import { type Case, type Edit, type Remedy, SOURCE, USER } from './case.ts';
import { KEY_CASES } from './key-cases.ts';
import { ROW_CASES } from './row-cases.ts';
import { SOURCE_CASES } from './source-cases.ts';

const CASES: readonly Case[] = [...ROW_CASES, ...KEY_CASES, ...SOURCE_CASES];
const APPLIED = CASES.flatMap((one) =>
  one.remedies.map((remedy): [string, Case, Remedy] => [
    `${one.finding}: ${JSON.stringify(one.broken)}, mended by ${JSON.stringify(remedy)}`,
    one,
    remedy,
  ]),
);
const NO_FACTS: Omit<Facts, 'source' | 'entities'> = { searches: [], splits: [], hashes: [], unmeasured: [] };

/** What the whole check says once the edits were made one after the other. */
function check(...edits: readonly Edit[]): readonly PlanFinding[] {
  const plan = planSchema.parse(edits.reduce<unknown>((made, edit) => merged(made, edit.plan ?? {}), planText));
  const catalogue = catalogueOf(edits.reduce((made, edit) => ({ ...made, ...edit.tables }), tables));
  const facts: Facts = {
    source: edits.reduce((made, { source }) => ({ ...made, ...source }), SOURCE),
    entities: [edits.reduce((made, edit) => ({ ...made, ...edit.user }), USER)],
    ...edits.reduce((made, edit) => ({ ...made, ...edit.facts }), NO_FACTS),
  };
  const characters = edits.reduce((last, edit) => edit.characters ?? last, 0);
  return [
    ...planFindings(plan, catalogue),
    ...assessStatements([{ entity: 'USER', characters }]),
    ...assess(plan, catalogue, facts),
  ];
}

const blocking = (found: readonly PlanFinding[]) => found.filter(({ severity }) => severity === 'blocks');

test('every finding of the assessment has a case here', () => {
  expect([...new Set(CASES.map(({ finding }) => finding))].sort()).toEqual(ASSESSMENTS.toSorted());
});

test.each(CASES)(
  '$finding is found, nothing else blocks, and there is a remedy',
  ({ finding, says = /./, broken, remedies }) => {
    const found = check(broken).filter(({ name }) => name === finding);
    expect(found.length).toBeGreaterThan(0);
    for (const { remedy } of found) expect(remedy).toMatch(says);
    expect(remedies.length).toBeGreaterThan(0);
    expect(blocking(check(broken)).filter(({ name }) => name !== finding && !implied(finding).includes(name))).toEqual(
      [],
    );
  },
);

test.each(APPLIED)('%s', (_, { finding, broken }, remedy) => {
  if (remedy.in === 'nothing') {
    // It stands only where the plan passes as it is.
    expect(blocking(check(broken))).toEqual([]);
    return;
  }
  if (remedy.in === 'plan') expect(remedy.edit.plan).toBeDefined();
  const before = check(broken).filter(({ name }) => name === finding);
  const left = check(broken, remedy.edit);
  // A finding that only informs may stay.
  const same = left.filter((one) =>
    before.some(({ name, path, severity }) => one.name === name && one.path === path && one.severity === severity),
  );
  expect(same).toEqual([]);
  expect(blocking(left)).toEqual([]);
});

/** What the plan check finds without rows as well. */
function implied(finding: Case['finding']): readonly string[] {
  if (finding === 'where-several') return ['where-overlaps'];
  return finding === 'key-null' ? ['key-nullable'] : [];
}
