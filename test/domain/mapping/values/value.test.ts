import { expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import type { AttributeValue } from '../../../../src/domain/item.ts';
import { jsonbText } from '../../../../src/domain/mapping/values/to-canonical-json.ts';
import { decoder } from '../../../../src/domain/mapping/values/decode-value.ts';
import { encoder } from '../../../../src/domain/mapping/values/encode-value.ts';
import { plainNumber } from '../../../../src/domain/mapping/values/dynamo-number.ts';
import { itemBytes } from '../../../../src/domain/mapping/items/item-size.ts';
import { columnType } from '../../../../src/domain/mapping/values/types.ts';
import { column } from '../../campaigns.ts';

type Spec = Parameters<typeof column>[1];

/** There and back, with numbers as DynamoDB gives them back: without needless zeros. */
function roundTrip(
  spec: Spec,
  text: string,
  asMap = false,
): { readonly stored: AttributeValue; readonly back: string | null } {
  const type = columnType(column('c', spec));
  const stored = encoder(type, asMap)(text);
  if (stored === null) throw new Error(`${text} was refused`);
  return { stored, back: decoder(type)(asDynamo(stored)) };
}

function asDynamo(value: AttributeValue): AttributeValue {
  if ('N' in value) return { N: plainNumber(value.N) ?? 'NaN' };
  if ('L' in value) return { L: value.L.map(asDynamo) };
  if ('M' in value)
    return { M: Object.fromEntries(Object.entries(value.M).map(([name, member]) => [name, asDynamo(member)])) };
  return value;
}

test.each<[Spec, string, object]>([
  ['bool', 'true', { BOOL: true }],
  ['bool', 'false', { BOOL: false }],
  ['int8', '9223372036854775807', { N: '9223372036854775807' }],
  [{ type: 'numeric', precision: 12, scale: 2 }, '1.50', { N: '1.50' }],
  [{ type: 'numeric', precision: 12, scale: 2 }, '-0.10', { N: '-0.10' }],
  [{ type: 'numeric', precision: 5, scale: -2 }, '1200', { N: '1200' }],
  [{ type: 'numeric', precision: 5, scale: 2 }, 'NaN', { S: 'NaN' }],
  ['numeric', '1.50', { S: '1.50' }],
  ['numeric', '1.5', { N: '1.5' }],
  ['float8', '1.5', { N: '1.5' }],
  ['float8', '1e+20', { S: '1e+20' }],
  ['float8', '-0', { S: '-0' }],
  ['float4', 'NaN', { S: 'NaN' }],
  ['text', '', { S: '' }],
  ['bpchar', 'a    ', { S: 'a    ' }],
  ['bytea', '00ff', { B: Buffer.from([0, 255]) }],
  ['bytea', '', { B: Buffer.from([]) }],
  ['timestamptz', '2024-01-02 03:04:05+00', { S: '2024-01-02T03:04:05.000000Z' }],
  ['timestamptz', '2024-01-02 03:04:05.000001+00', { S: '2024-01-02T03:04:05.000001Z' }],
  ['timestamptz', '0044-03-15 00:00:00+00 BC', { S: '0044-03-15 00:00:00+00 BC' }],
  ['timestamptz', '12024-01-02 03:04:05+00', { S: '12024-01-02 03:04:05+00' }],
  ['timestamptz', '-infinity', { S: '-infinity' }],
  ['timestamp', '2024-01-02 03:04:05.25', { S: '2024-01-02T03:04:05.250000' }],
  ['timestamp', '0044-03-15 00:00:00 BC', { S: '0044-03-15 00:00:00 BC' }],
  ['timestamp', '0044-03-15 00:00:00.5 BC', { S: '0044-03-15 00:00:00.5 BC' }],
  ['date', '2024-01-02', { S: '2024-01-02' }],
  ['jsonb', '{"a": 1}', { S: '{"a": 1}' }],
  ['int4[]', '["1",null]', { L: [{ N: '1' }, { NULL: true }] }],
  ['text[]', '[]', { L: [] }],
  ['text[]', '["null","NULL","{a}"]', { L: [{ S: 'null' }, { S: 'NULL' }, { S: '{a}' }] }],
  ['int4[]', '{{1,2},{3,4}}', { S: '{{1,2},{3,4}}' }],
  ['int4[]', '[0:1]={1,2}', { S: '[0:1]={1,2}' }],
])('%j %j is stored in one way and comes back as it was (RACE-32)', (spec, text, stored) => {
  const found = roundTrip(spec, text);
  expect(found.stored).toEqual(stored);
  expect(found.back).toBe(text);
});

test.each([
  ['{"a": 1, "bb": [1, "x", null, true, {}]}', 'M'],
  ['[]', 'L'],
  ['{"price": 1.50}', 'S'],
  ['{"": 1}', 'S'],
  ['{"__proto__": 1}', 'S'],
  ['"text"', 'S'],
  ['{"n": 123456789012345678901234567890123456789}', 'S'],
  ['{"b": 1, "aa": 2, "é": "\\"\\\\ \\n"}', 'M'],
])('jsonb %s in `maps` is kept exactly, as %s', (text, kind) => {
  const { stored, back } = roundTrip('jsonb', text, true);
  expect(Object.keys(stored)).toEqual([kind]);
  expect(back).toBe(text);
});

test('any JSON value comes back from a map as PostgreSQL would print it', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 5, stringUnit: 'binary' }), (value) => {
      const text = jsonbText(JSON.parse(JSON.stringify(value)));
      if (text === null || text.includes('\\u0000')) return;
      expect(roundTrip('jsonb', text, true).back).toBe(text);
    }),
    { numRuns: 1_000 },
  );
});

test('any text, any array of text and any bytes come back as they were', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'binary' }),
      fc.array(fc.option(fc.string({ unit: 'binary' }))),
      fc.uint8Array(),
      (text, list, bytes) => {
        expect(roundTrip('text', text).back).toBe(text);
        expect(roundTrip('text[]', JSON.stringify(list)).back).toBe(JSON.stringify(list));
        const hex = Buffer.from(bytes).toString('hex');
        expect(roundTrip('bytea', hex).back).toBe(hex);
      },
    ),
    { numRuns: 1_000 },
  );
});

test.each(['9'.repeat(39), `-1.${'0'.repeat(37)}1`, `1${'0'.repeat(126)}`, `0.${'0'.repeat(130)}1`])(
  'a numeric beyond the numbers of DynamoDB has no form, alone or in an array: %s',
  (number) => {
    const encode = (spec: Spec): AttributeValue | null =>
      encoder(columnType(column('c', spec)), false)(spec === 'numeric' ? number : JSON.stringify(['1', null, number]));
    expect([encode('numeric'), encode('numeric[]')]).toEqual([null, null]);
  },
);

test('numbers survive the notations that DynamoDB may choose', () => {
  for (const [given, plain] of [
    ['1E+2', '100'],
    ['1.2300E1', '12.3'],
    ['-5E-3', '-0.005'],
    ['0.0', '0'],
    ['-0', '0'],
    ['000.10', '0.1'],
  ])
    expect(plainNumber(given ?? '')).toBe(plain);
  expect(plainNumber('1e999999999')).toBeNull();
});

test('an attribute of another type than the column could have is not accepted', () => {
  const type = columnType(column('c', 'int4'));
  expect(decoder(type)({ S: '5' })).toBeNull();
  expect(decoder(columnType(column('c', 'bool')))({ S: 'true' })).toBeNull();
  expect(decoder(columnType(column('c', 'text')))({ N: '5' })).toBeNull();
});

test('sizes count names and values in UTF-8, and what lists and maps cost', () => {
  expect(itemBytes({ PK: { S: 'é' } })).toBe(4);
  expect(itemBytes({ n: { N: '12345' } })).toBe(1 + 4);
  expect(itemBytes({ l: { L: [{ S: 'ab' }, { NULL: true }] } })).toBe(1 + 3 + (1 + 2) + (1 + 1));
  expect(itemBytes({ m: { M: { a: { BOOL: true } } } })).toBe(1 + 3 + (1 + 1 + 1));
});
