import { jsonbText, jsonRefusal, jsonText } from '../../../../src/domain/mapping/values/to-canonical-json.ts';
import { expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { toCanonical } from '../../../../src/domain/mapping/values/to-canonical.ts';
import type { ApplicationValue } from '../../../../src/domain/mapping/values/application-value.ts';
import { fromCanonical } from '../../../../src/domain/mapping/values/from-canonical.ts';
import { columnType } from '../../../../src/domain/mapping/values/types.ts';
import { column } from '../../campaigns.ts';
import { KEY_CASES } from '../keys/key-values.ts';

type Spec = Parameters<typeof column>[1];

function absorbed(spec: Spec, value: NonNullable<ApplicationValue>): string | null {
  return toCanonical(columnType(column('c', spec)))(value);
}

test.each(KEY_CASES)('$name: what an application reads is what it may write', ({ type, values }) => {
  const list = { ...type, array: true };
  fc.assert(
    fc.property(values, fc.array(fc.option(values), { maxLength: 4 }), (text, elements) => {
      const json = JSON.stringify(elements);
      const [value, array] = [fromCanonical(type)(text), fromCanonical(list)(json)];
      return value !== null && toCanonical(type)(value) === text && array !== null && toCanonical(list)(array) === json;
    }),
    { numRuns: 2_000 },
  );
});

test('any double and any real goes in and out as it is, NaN, infinity and -0 included', () => {
  for (const [name, arbitrary] of [
    ['float8', fc.double()],
    ['float4', fc.float()],
  ] as const) {
    const type = columnType(column('c', name));
    fc.assert(
      fc.property(fc.oneof(arbitrary, fc.constantFrom(-0, Number.NaN, Infinity, -Infinity)), (number) => {
        const text = toCanonical(type)(number);
        // A real is shown by its shortest text, which as a double is another number.
        const shown = Number(text === null ? text : fromCanonical(type)(text));
        const same = Object.is(name === 'float4' ? Math.fround(shown) : shown, number);
        return text !== null && same && toCanonical(type)(shown) === text && toCanonical(type)(text) === text;
      }),
      { numRuns: 10_000 },
    );
  }
});

test('a bare numeric keeps its digits, and one beyond those of DynamoDB is refused', () => {
  fc.assert(
    fc.property(fc.bigInt(), fc.integer({ min: 0, max: 45 }), (number, places) => {
      const digits = (number < 0n ? -number : number).toString().padStart(places + 1, '0');
      const text = `${number < 0n ? '-' : ''}${places === 0 ? digits : `${digits.slice(0, -places)}.${digits.slice(-places)}`}`;
      const counted = digits.replace(/^0+|0+$/g, '').length;
      return absorbed('numeric', text) === (counted <= 38 ? text : null);
    }),
    { numRuns: 10_000 },
  );
});

test('any moment comes to UTC from any offset, before our era and past 9999 too', () => {
  const offsets = fc.integer({ min: -15 * 60, max: 15 * 60 });
  fc.assert(
    fc.property(fc.date({ noInvalidDate: true }), offsets, (date, offset) => {
      const year = date.getUTCFullYear();
      const inReach = year > -4000 && year < 270_000;
      const text = absorbed('timestamptz', date);
      if (!inReach) return true;
      const local = absorbed('timestamptz', new Date(date.getTime() + offset * 60_000));
      const [hours, minutes] = [Math.abs(offset) / 60, Math.abs(offset) % 60].map((part) =>
        String(Math.floor(part)).padStart(2, '0'),
      );
      const shown = local?.replace('+00', `${offset < 0 ? '-' : '+'}${hours}:${minutes}`);
      return text !== null && shown !== undefined && absorbed('timestamptz', shown) === text;
    }),
    { numRuns: 10_000 },
  );
});

test('a Date has a day and a moment in every era', () => {
  expect(absorbed('date', new Date('2024-02-29T23:00:00Z'))).toBe('2024-02-29');
  expect(absorbed('date', new Date('-000043-03-15T00:00:00Z'))).toBe('0044-03-15 BC');
  expect(absorbed('date', new Date('+012024-01-02T00:00:00Z'))).toBe('12024-01-02');
  expect(absorbed('timestamptz', new Date('-000043-03-15T01:02:03.450Z'))).toBe('0044-03-15 01:02:03.45+00 BC');
  expect(absorbed('timestamp', new Date('2024-01-02T03:04:05.000Z'))).toBe('2024-01-02 03:04:05');
});

test.each<[Spec, NonNullable<ApplicationValue>]>([
  ['int2', 32_768],
  ['int4', -2_147_483_649],
  ['int8', 9_223_372_036_854_775_808n],
  ['int8', 2 ** 53],
  ['oid', -1],
  ['int4', 1.5],
  ['int4', '0x10'],
  [{ type: 'numeric', precision: 5, scale: 2 }, 1000],
  [{ type: 'numeric', precision: 5, scale: 2 }, '1.005'],
  [{ type: 'numeric', precision: 5, scale: 2 }, 'Infinity'],
  [{ type: 'numeric', precision: 2, scale: 4 }, '0.5'],
  [{ type: 'numeric', precision: 3, scale: -2 }, 150],
  ['numeric', '1e999999999'],
  ['numeric', `1${'0'.repeat(126)}`],
  ['numeric', '1e-131'],
  ['float8', '1e400'],
  ['float8', '1e-400'],
  ['float4', 1e39],
  ['float4', 1e-50],
  ['float8', '0x10'],
  ['float8', ''],
  [{ type: 'varchar', length: 2 }, 'abc'],
  [{ type: 'bpchar', length: 2 }, 'abc'],
  ['uuid', 'not one'],
  ['date', '2023-02-29'],
  ['date', '2024-00-01'],
  ['date', '0000-01-01'],
  ['date', '02024-01-01'],
  ['date', '4714-11-23 BC'],
  ['date', '5874898-01-01'],
  ['date', new Date(Number.NaN)],
  ['time', '24:00:01'],
  ['time', '12:60:00'],
  ['timestamp', '2024-01-02 03:04:05+02'],
  ['timestamp', new Date(Number.NaN)],
  ['timestamptz', '2024-01-02 03:04:05'],
  ['timestamptz', '2024-02-30 03:04:05Z'],
  ['timestamptz', '2024-01-02 24:00:00Z'],
  ['timestamptz', '2024-01-02 03:04:05.1234567Z'],
  ['timestamptz', '294277-01-01 00:00:00Z'],
  ['bytea', '00ff'],
  ['bool', 'yes'],
  ['json', 1n],
  ['jsonb', 1n],
  ['int4[]', 5],
  ['int4[]', ['x']],
  ['int4[]', '{1,2}'],
])('%j has no value %p, and it is refused rather than bent', (spec, value) => {
  expect(absorbed(spec, value)).toBeNull();
});

test('JSON means what JSON.stringify means, and what has no JSON text is refused with the reason', () => {
  const sparse: number[] = [1];
  sparse[2] = 3;
  const cycle: Record<string, unknown> = {};
  cycle['self'] = cycle;
  const values: readonly (readonly [unknown, string])[] = [
    [Number.NaN, 'null'],
    [sparse, '[1, null, 3]'],
    [{ a: undefined, b: () => 1, c: Symbol('x') }, '{}'],
    [new Map([['a', 1]]), '{}'],
    [new Set([1]), '{}'],
    [new Date(0), '"1970-01-01T00:00:00.000Z"'],
    [{ at: new Date(Number.NaN) }, '{"at": null}'],
    [{ toJSON: () => ({ b: 1, a: [undefined] }) }, '{"a": [null], "b": 1}'],
    [Object('boxed'), '"boxed"'],
    [JSON.parse('{"__proto__": {"a": 1}}'), '{"__proto__": {"a": 1}}'],
    [1e21, '1000000000000000000000'],
    [-0, '0'],
  ];
  for (const [value, text] of values) {
    expect(jsonbText(value)).toBe(text);
    expect(jsonText(value)).toBe(JSON.stringify(value));
  }
  expect(jsonbText(undefined)).toBeNull();
  expect([1n, { a: [1n] }].map(jsonRefusal)).toEqual(Array(2).fill('a BigInt is no JSON value'));
  expect([cycle, [cycle]].map(jsonRefusal)).toEqual(Array(2).fill('the value contains itself'));
  expect(jsonRefusal(new Uint8Array(2))).toBe('bytes are no JSON value');
  let deep: unknown = 1;
  for (let n = 0; n < 200_000; n++) deep = [deep];
  expect(jsonRefusal(deep)).toBe('the value is nested too deeply');
});

test('U+0000 and lone surrogates, which PostgreSQL cannot hold, are refused in every text', () => {
  for (const text of ['a\u0000', '\u0000', '\ud800', 'a\udc00\ud800']) {
    for (const type of ['text', 'varchar', 'bpchar', 'name', 'mood', 'inet', 'jsonb'])
      expect([type, absorbed(type, text)]).toEqual([type, null]);
    expect(absorbed('text[]', ['a', text])).toBeNull();
    expect(absorbed('jsonb', { [text]: 1 })).toBeNull();
    expect(absorbed('jsonb', [{ a: text }])).toBeNull();
    // Text of type json may name them by escapes.
    expect(absorbed('json', text)).toBe(JSON.stringify(text));
  }
});

test('spellings of one value become one text', () => {
  const spellings: readonly (readonly [Spec, readonly NonNullable<ApplicationValue>[], string])[] = [
    ['int8', [7, 7n, '7', '007'], '7'],
    ['int4', [0, -0, '-0'], '0'],
    [{ type: 'numeric', precision: 5, scale: 2 }, [1.5, '1.5', '1.50', '01.5', '15e-1'], '1.50'],
    ['numeric', ['-0.00', '0.00', '00.00'], '0.00'],
    ['numeric', [1e21, '1e21'], '1000000000000000000000'],
    ['float8', [1e15, '1e15', '1000000000000000'], '1e+15'],
    ['float4', [0.1, '0.1', Math.fround(0.1)], '0.1'],
    ['uuid', ['A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11'], 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'],
    [
      'timestamptz',
      ['2024-01-02T03:04:05.500Z', '2024-01-02 05:04:05.5+02', '2024-01-01 22:34:05.50-04:30'],
      '2024-01-02 03:04:05.5+00',
    ],
    ['timestamptz', ['0001-01-01T00:00:00+01:00'], '0001-12-31 23:00:00+00 BC'],
    [{ type: 'bpchar', length: 3 }, ['a', 'a  '], 'a  '],
    ['time', ['12:00:00.500', '12:00:00.5'], '12:00:00.5'],
    ['jsonb', [{ bb: 1, a: [1e-7, null, true] }], '{"a": [0.0000001, null, true], "bb": 1}'],
  ];
  for (const [spec, values, text] of spellings)
    for (const value of values) expect([spec, value, absorbed(spec, value)]).toEqual([spec, value, text]);
});
