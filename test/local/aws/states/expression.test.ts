import { expect, test } from '@jest/globals';
import { evaluate } from '../../../../local/aws/states/expression/expression.ts';
import type { Json } from '../../../../local/aws/states/model/json.ts';

const NOW = Date.parse('2026-11-22T10:00:00.000Z');
const value = (text: string, bindings: Record<string, Json> = {}) => evaluate(`{% ${text} %}`, bindings, NOW, 'Output');

test.each([
  ['$partition([1,2,3,4,5], 2)', [[1, 2], [3, 4], [5]]],
  ['$range(1, 7, 3)', [1, 4, 7]],
  ['$range(3, 1, -1)', [3, 2, 1]],
  ["$hash('a', 'SHA-256')", 'ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb'],
  ['$parse(\'{"a":[1]}\')', { a: [1] }],
  ['$random(7) = $random(7)', true],
  ['$random() < 1', true],
  ['$length($uuid())', 36],
  ['$now()', '2026-11-22T10:00:00.000Z'],
  ["$now('[Y]')", '2026'],
  ['$millis()', NOW],
  ["{'a': $states.nothing, 'b': 1}", { b: 1 }],
] as const)('%s', async (text, expected) => {
  expect(await value(text)).toEqual(expected);
});

test('A filter that matches one element answers the element, brackets keep the list', async () => {
  const list = { list: [{ n: 1 }, { n: 2 }] };
  expect(await value('$list[n = 1]', list)).toEqual({ n: 1 });
  expect(await value('[$list[n = 1]]', list)).toEqual([{ n: 1 }]);
});

test.each(['$states.nothing', 'name', "$eval('1')", '$string', 'function($x) { $x }', "$parse('{')", '1 + "a"'])(
  '%s is a failed evaluation',
  async (text) => {
    await expect(value(text)).rejects.toMatchObject({ error: 'States.QueryEvaluationError' });
  },
);

test('Expressions are replaced at any depth, and everything else is left alone', async () => {
  const template = { a: ['{% $n %}', { b: '{% $n + 1 %}' }], c: ' {% $n %}', d: null };
  expect(await evaluate(template, { n: 1 }, NOW, 'Output')).toEqual({ a: [1, { b: 2 }], c: ' {% $n %}', d: null });
});
