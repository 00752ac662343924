import { expect, test } from '@jest/globals';
import { columnType } from '../../../../src/domain/mapping/values/types.ts';
import { classifyDifference } from '../../../../src/domain/verification/compare/classify-difference.ts';

function type(name: string, array = false) {
  const catalogued = {
    name: 'c',
    type: name,
    typeSchema: 'pg_catalog',
    kind: 'b',
    array,
    precision: null,
    scale: null,
  };
  return columnType({
    ...catalogued,
    length: null,
    notNull: false,
    hasDefault: false,
    defaultExpression: null,
    generated: false,
  });
}

test.each([
  ['text', null, '', 'null'],
  ['text', '', null, 'null'],
  ['text', 'something', null, 'value'],
  ['text', 'a long text', 'a long', 'truncated'],
  ['text', 'a long text', '', 'value'],
  ['text', 'Zoë', 'ZoÃ«', 'encoding'],
  ['text', 'Zoë', 'Zo?', 'encoding'],
  ['text', 'Zoë', 'Zo\uFFFD', 'encoding'],
  ['text', 'Zoë', 'Zoe\u0308', 'encoding'],
  ['text', 'why', 'wh?', 'value'],
  ['text', 'one', 'two', 'value'],
  ['numeric', '10.123456789012345678', '10.12345678901235', 'precision'],
  ['numeric', '10.25', '10', 'precision'],
  ['int8', '9007199254740993', '9007199254740992', 'precision'],
  ['int8', '9007199254740993', '9007199254740990', 'precision'],
  ['numeric', '10.25', '11.25', 'value'],
  ['numeric', '100', '10', 'value'],
  ['numeric', '-1.5', '1', 'value'],
  ['timestamptz', '2024-01-02 03:04:05.000001+00', '2024-01-02 03:04:05+00', 'precision'],
  ['timestamptz', '2024-01-02 03:04:05.678912+00', '2024-01-02 03:04:05.678+00', 'precision'],
  ['timestamptz', '2024-01-02 03:04:05.5+00', '2024-01-02 05:04:05.5+00', 'time zone'],
  ['timestamp', '2024-01-02 03:04:05', '2024-01-02 08:34:05', 'time zone'],
  ['timestamp', '2024-01-02 03:04:05', '2024-01-05 03:04:05', 'value'],
  ['timestamp', '2024-01-02 03:04:05', '2024-01-02 03:05:05', 'value'],
  ['bool', 'true', 'false', 'value'],
] as const)('%s %j against %j is called %s', (name, source, target, expected) => {
  expect(classifyDifference(type(name), source, target)).toBe(expected);
});

test('bodies are pointers, and a body against a text is a value', () => {
  const [one, other] = [
    { sha256: 'a'.repeat(64), bytes: 3 },
    { sha256: 'b'.repeat(64), bytes: 3 },
  ];
  expect(classifyDifference(type('text'), one, other)).toBe('pointer');
  expect(classifyDifference(type('text'), one, 'abc')).toBe('value');
  expect(classifyDifference(type('text', true), '["a","b"]', '["a"]')).toBe('value');
});
