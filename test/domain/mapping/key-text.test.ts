import { expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { compileTemplate, readKey } from '../../../src/domain/mapping/key-template.ts';
import { keyText, type KeyText } from '../../../src/domain/mapping/key-text.ts';
import { compareKeys } from '../../../src/domain/mapping/pattern.ts';
import { parseTemplate } from '../../../src/domain/mapping/template.ts';
import { columnType, type ColumnType } from '../../../src/domain/mapping/types.ts';
import { column } from '../campaigns.ts';

const runs = { numRuns: 2_000 };

function typeOf(type: string, precision: number | null = null, scale: number | null = null): ColumnType {
  return columnType(column('c', { type, precision, scale }));
}

function codec(type: ColumnType, position: 'PK' | 'SK' = 'SK'): KeyText {
  const found = keyText(type, position);
  if (typeof found === 'string') throw new Error(found);
  return found;
}

function encoded(type: ColumnType, text: string): string {
  const segment = codec(type).encode(text);
  if (segment === null) throw new Error(`${text} has no form`);
  return segment;
}

/** Text with what hurts: delimiters, escapes, control characters, astral planes, combining marks. */
const hostile = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 30 }),
  fc.string({
    unit: fc.constantFrom('#', '%', '%23', '%25', '$', '&', ' ', '\u0001', 'a', '\u{10FFFF}', '\uFFFD', '\u0301'),
    maxLength: 8,
  }),
);
const text = typeOf('text');
const sign = Math.sign;

test('text keeps its order under COLLATE "C" and comes back as it was', () => {
  fc.assert(
    fc.property(hostile, hostile, (left, right) => {
      const [a, b] = [encoded(text, left), encoded(text, right)];
      return (
        codec(text).decode(a) === left && !a.includes('#') && sign(compareKeys(a, b)) === sign(compareKeys(left, right))
      );
    }),
    runs,
  );
});

test('text of an encoded prefix begins with it, and no other text does', () => {
  fc.assert(
    fc.property(
      hostile,
      hostile,
      (prefix, value) => encoded(text, value).startsWith(encoded(text, prefix)) === value.startsWith(prefix),
    ),
    runs,
  );
});

test('no value can forge a delimiter: different rows have different keys, in the order of their columns', () => {
  const parsed = parseTemplate('SESSION#{a}#{b}');
  const template = compileTemplate('SESSION', 'SK', parsed.ok ? parsed.segments : [], () => codec(text));
  const row = fc.record({ a: hostile.filter((value) => value !== ''), b: hostile.filter((value) => value !== '') });
  fc.assert(
    fc.property(row, row, (left, right) => {
      const [a, b] = [template.text(left) ?? '', template.text(right) ?? ''];
      const read = readKey(template, a);
      const order = compareKeys(left.a, right.a) || compareKeys(left.b, right.b);
      return read?.['a'] === left.a && read['b'] === left.b && sign(compareKeys(a, b)) === sign(order);
    }),
    runs,
  );
});

test.each([
  ['int2', -32_768n, 32_767n, 5],
  ['int4', -2_147_483_648n, 2_147_483_647n, 10],
  ['int8', -9_223_372_036_854_775_808n, 9_223_372_036_854_775_807n, 19],
])('%s keeps its order in a sort key, negatives too', (name, min, max, width) => {
  const type = typeOf(name);
  const number = fc.oneof(
    fc.bigInt({ min, max }),
    fc.bigInt({ min: -20n, max: 20n }),
    fc.constantFrom(min, max, min + 1n),
  );
  fc.assert(
    fc.property(number, number, (left, right) => {
      const [a, b] = [encoded(type, String(left)), encoded(type, String(right))];
      const order = left < right ? -1 : left > right ? 1 : 0;
      return (
        a.replace('-', '').length === width &&
        codec(type).decode(a) === String(left) &&
        sign(compareKeys(a, b)) === order
      );
    }),
    runs,
  );
});

test.each([
  [12, 2],
  [5, 0],
  [3, 3],
  [2, 4],
  [38, 10],
])('numeric(%i,%i) keeps its order in a sort key and comes back with its scale', (precision, scale) => {
  const type = typeOf('numeric', precision, scale);
  const limit = 10n ** BigInt(precision) - 1n;
  const show = (unscaled: bigint): string => {
    const digits = (unscaled < 0n ? -unscaled : unscaled).toString().padStart(scale + 1, '0');
    const plain = scale === 0 ? digits : `${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
    return unscaled < 0n ? `-${plain}` : plain;
  };
  const number = fc.oneof(fc.bigInt({ min: -limit, max: limit }), fc.bigInt({ min: -12n, max: 12n }));
  fc.assert(
    fc.property(number, number, (left, right) => {
      const [a, b] = [encoded(type, show(left)), encoded(type, show(right))];
      const order = left < right ? -1 : left > right ? 1 : 0;
      return codec(type).decode(a) === show(left) && sign(compareKeys(a, b)) === order;
    }),
    runs,
  );
});

test('points in time keep their order with and without a fraction, and come back as PostgreSQL prints them', () => {
  const times = [
    '2024-01-02 03:04:05+00',
    '2024-01-02 03:04:05.000001+00',
    '2024-01-02 03:04:05.5+00',
    '2024-01-02 03:04:06+00',
  ];
  const type = typeOf('timestamptz');
  const keys = times.map((time) => encoded(type, time));
  expect(keys[1]).toBe('2024-01-02T03:04:05.000001Z');
  expect([...keys].sort(compareKeys)).toEqual(keys);
  expect(keys.map((key) => codec(type).decode(key))).toEqual(times);
});

test('infinity, years before our era and past 9999, NaN have no form in a key', () => {
  for (const value of ['infinity', '-infinity', '0044-03-15 00:00:00+00 BC', '12024-01-01 00:00:00+00'])
    expect(codec(typeOf('timestamptz')).encode(value)).toBeNull();
  for (const value of ['infinity', '0044-03-15 BC', '12024-01-01'])
    expect(codec(typeOf('date')).encode(value)).toBeNull();
  for (const position of ['PK', 'SK'] as const)
    expect(codec(typeOf('numeric', 5, 2), position).encode('NaN')).toBeNull();
});

test('floats, bare numeric, bytea, json, arrays and ranges are refused as keys', () => {
  for (const type of [
    'float4',
    'float8',
    'numeric',
    'bytea',
    'json',
    'jsonb',
    'tsrange',
    'interval',
    'timetz',
    'money',
  ])
    expect(typeof keyText(typeOf(type), 'SK')).toBe('string');
  expect(typeof keyText(columnType(column('c', 'text[]')), 'PK')).toBe('string');
});

test('char(n) stands in keys without its padding and comes back with it', () => {
  const type = columnType(column('c', { type: 'bpchar', length: 5 }));
  expect(encoded(type, 'a b  ')).toBe('a%20b');
  expect(codec(type).decode('a%20b')).toBe('a b  ');
});
