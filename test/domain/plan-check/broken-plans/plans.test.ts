import { expect, test } from '@jest/globals';
import { PlanError } from '../../../../src/domain/errors.ts';
import { planFindings } from '../../../../src/domain/plan-check/check.ts';
import { findingsWithoutSource } from '../../../../src/domain/plan-check/assume-source.ts';
import { parsePlan } from '../../../../src/domain/plan-check/parse.ts';
import { catalogue, planText } from '../../campaigns.ts';
import { merged } from './change.ts';
import { BROKEN, REFUSED } from './plans.ts';

const read = (change: unknown) => parsePlan(JSON.stringify(merged(planText, change)), 'my/plan.json');

test('there are at least thirty broken plans', () => {
  expect(BROKEN.length + REFUSED.length).toBeGreaterThan(30);
});

test.each(BROKEN)('%s blocks at %s', (name, path, change, remedy) => {
  const found = planFindings(read(change), catalogue).filter(
    (candidate) => candidate.name === name && candidate.path === path,
  );
  expect(found[0]).toMatchObject({ severity: 'blocks' });
  expect(found.map((candidate) => candidate.remedy).join(' ')).toMatch(remedy);
});

test.each(REFUSED)('the file is refused at %s', (path, change, error) => {
  let thrown: unknown;
  try {
    read(change);
  } catch (refused) {
    thrown = refused;
  }
  if (!(thrown instanceof PlanError)) throw new Error('the plan was accepted', { cause: thrown });
  expect(thrown.fields).toMatchObject({ file: 'my/plan.json', path });
  expect(thrown.message).toMatch(error);
  expect(thrown.message).not.toContain('\n');
});

test('without a source, nothing is said about a good plan, and what follows from the file about a broken one', () => {
  expect(findingsWithoutSource(read({}))).toEqual([]);
  const missed = BROKEN.filter(([name, path, change]) => {
    const found = findingsWithoutSource(read(change));
    return !found.some((candidate) => candidate.name === name && candidate.path === path);
  });
  const needsSource =
    /^(?:column-unknown|table-un|key-identity|key-nullable|key-type|follow|unique-missing|large-type|maps-type|condition|default-type|expires|shard-by|pattern-prefix-type|pattern-filter)/;
  expect(missed.map(([name, path]) => `${name} at ${path}`).filter((text) => !needsSource.test(text))).toEqual([]);
});
