import { expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { PlanError } from '../../../src/domain/errors.ts';
import { parsePlan } from '../../../src/domain/plan-check/parse.ts';
import { planJsonSchema } from '../../../src/domain/plan/schema.ts';
import { planText } from '../campaigns.ts';

function failure(text: string): {
  readonly path: string;
  readonly message: string;
  readonly remedy: string;
  readonly file: string;
} {
  try {
    parsePlan(text, 'my/plan.json');
  } catch (error) {
    if (error instanceof PlanError) return error.fields;
    throw error;
  }
  throw new Error('the plan was accepted');
}

/** The plan with one place changed; `path` ends with the name to set. */
function changed(path: readonly string[], value: unknown): string {
  const plan = structuredClone<Record<string, unknown>>(planText);
  let at: unknown = plan;
  for (const step of path.slice(0, -1)) at = typeof at === 'object' && at !== null ? Reflect.get(at, step) : undefined;
  if (typeof at === 'object' && at !== null) Reflect.set(at, path.at(-1) ?? '', value);
  return JSON.stringify(plan);
}

test('a plan gets the defaults of what it leaves out', () => {
  const plan = parsePlan(JSON.stringify(planText), 'plan.json');
  expect(plan.window).toEqual({ days: 14, cleanNights: 7, alarmPercent: 1 });
  expect(plan.cutover.stages).toEqual([10, 50, 100]);
});

test('text that is no JSON is shown where it breaks', () => {
  expect(failure('{\n  "name": "x",\n  "table": }')).toMatchObject({
    file: 'my/plan.json',
    path: 'line 3, column 13',
    message: 'this is not JSON',
  });
});

test.each<[readonly string[], unknown, string, RegExp]>([
  [['entitties'], {}, 'entitties', /Did you mean entities\?/],
  [['entities', 'USER', 'indexs'], {}, 'entities.USER.indexs', /Did you mean indexes\?/],
  [['cutover'], { bakeMinute: 3 }, 'cutover.bakeMinute', /Did you mean bakeMinutes\?/],
  [['entities', 'USER', 'key'], { PK: 'x' }, 'entities.USER.key.SK', /Add it/],
  [['entities', 'user'], { from: 'users', key: { PK: 'x', SK: 'y' } }, 'entities.user', /capitals/],
  [['patterns', 'userByEmail', 'order'], 'up', 'patterns.userByEmail.order', /asc, desc/],
  [['entities', 'USER', 'shard'], { by: 'id', over: 0, into: 1 }, 'entities.USER.shard.over', /Correct the value/],
  [['entities', 'USER', 'defaults'], { id: 'uid' }, 'entities.USER.defaults.id', /./],
  [['name'], 'No Spaces', 'name', /match/],
])('%j = %j is an error with its place and its remedy', (path, value, at, remedy) => {
  const fields = failure(changed(path, value));
  expect(fields.path).toBe(at);
  expect(fields.remedy).toMatch(remedy);
});

test('the published JSON Schema is the one that the plan is parsed by', () => {
  const published: unknown = JSON.parse(readFileSync('src/domain/plan/plan.schema.json', 'utf8'));
  expect(published).toEqual(JSON.parse(JSON.stringify(planJsonSchema())));
});
