import { expect, test } from '@jest/globals';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { planFindings } from '../../../../src/domain/plan-check/check.ts';
import type { PlanFinding } from '../../../../src/domain/plan-check/rules/finding.ts';
import { planSchema } from '../../../../src/domain/plan/plan.ts';
import { catalogueOf, planText, tables } from '../../campaigns.ts';
import { merged } from '../broken-plans/change.ts';
import { COLUMN_REMEDIES } from './column-cases.ts';
import type { Edit } from './edits.ts';
import { PLAN_REMEDIES } from './plan-cases.ts';

const REMEDIES = [...COLUMN_REMEDIES, ...PLAN_REMEDIES];
const RULES = join(import.meta.dirname, '../../../../src/domain/plan-check/rules');

/** Of expressions, which the catalogue of these tests has none of: test/adapters/postgres/catalogue/unique-indexes.test.ts applies its SQL. */
const ELSEWHERE = ['unique-conditional'];

/** The names of findings as the rules have them in their code. */
function namesInCode(): readonly string[] {
  const named = /(?<=(?:'(?:blocks|warns|informs)',|\b(?:say|blocks|found)\()\s*)'([a-z]+(?:-[a-z]+)*)'/g;
  const names = readdirSync(RULES).flatMap((file) =>
    [...readFileSync(join(RULES, file), 'utf8').matchAll(named)].map((match) => match[1] ?? ''),
  );
  return [...new Set(names)].filter((name) => !['blocks', 'warns', 'informs'].includes(name)).sort();
}

/** What the check says once the edits were made one after the other. */
function check(...edits: readonly Edit[]): readonly PlanFinding[] {
  const text = edits.reduce<unknown>((made, { plan }) => merged(made, plan ?? {}), planText);
  const all = edits.reduce((made, edit) => ({ ...made, ...edit.tables }), tables);
  return planFindings(planSchema.parse(text), catalogueOf(all));
}

test('every finding of the rules on a plan has a case here', () => {
  const covered = new Set([...REMEDIES.map(([name]) => name), ...ELSEWHERE]);
  expect(namesInCode().filter((name) => !covered.has(name))).toEqual([]);
  expect([...covered].filter((name) => !namesInCode().includes(name))).toEqual([]);
});

test.each(REMEDIES)('%s: %j, mended by %j', (name, broken, remedy) => {
  const found = check(broken).filter((one) => one.name === name);
  expect(found.length).toBeGreaterThan(0);
  if (remedy === null) {
    // A remedy that leaves the plan as it is stands only where the plan passes as it is.
    expect(check(broken).filter(({ severity }) => severity === 'blocks')).toEqual([]);
    return;
  }
  const places = found.map(({ path }) => path);
  const after = check(broken, remedy);
  expect(after.filter((one) => one.name === name && places.includes(one.path))).toEqual([]);
  expect(after.filter(({ severity }) => severity === 'blocks')).toEqual([]);
});
