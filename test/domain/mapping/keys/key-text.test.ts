import { expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { ValueRefused } from '../../../../src/domain/errors.ts';
import {
  compileTemplate,
  KEY_BYTES,
  type KeyTemplate,
  readKey,
} from '../../../../src/domain/mapping/keys/key-template.ts';
import { keyText, type KeyPosition } from '../../../../src/domain/mapping/keys/key-text.ts';
import { compareKeys } from '../../../../src/domain/mapping/patterns/pattern-query.ts';
import { lowerCase, parseTemplate } from '../../../../src/domain/mapping/keys/template.ts';
import { columnType } from '../../../../src/domain/mapping/values/types.ts';
import { column } from '../../campaigns.ts';
import { codecOf, hostile, KEY_CASES, type KeyCase } from './key-values.ts';

const RUNS = { numRuns: 10_000 };
const sign = Math.sign;
const POSITIONS: readonly KeyPosition[] = ['PK', 'SK'];

const TEXT = caseNamed('text');

function caseNamed(name: string): KeyCase {
  const found = KEY_CASES.find((candidate) => candidate.name === name);
  if (found === undefined) throw new Error(name);
  return found;
}

/** `SESSION#{a}#OF#{b}`, with `a` of the case's type and `b` text. */
function template(of: KeyCase, position: KeyPosition, text = 'SESSION#{a}#OF#{b}'): KeyTemplate {
  const parsed = parseTemplate(text);
  if (!parsed.ok) throw new Error(parsed.problem);
  return compileTemplate('SESSION', position, parsed.segments, (path) => codecOf(path === 'a' ? of : TEXT, position));
}

test.each(KEY_CASES)(
  '$name: a key tells its values, no value forges a delimiter, order is that of the values',
  (of) => {
    const keys = POSITIONS.map((position) => template(of, position));
    fc.assert(
      fc.property(of.values, of.values, hostile, hostile, (a, c, b, d) =>
        keys.every((key) => {
          const [left, right] = [key.text({ a, b }) ?? '', key.text({ a: c, b: d }) ?? ''];
          const read = readKey(key, left);
          const tells = read?.['a'] === a && read['b'] === b && left.split('#').length === 4;
          // Injective: no other row has this key.
          const injective = (left === right) === (a === c && b === d);
          // A pattern ranges over sort keys only.
          const ordered =
            key.position === 'PK' || sign(compareKeys(left, right)) === sign(of.compare(a, c) || compareKeys(b, d));
          return tells && injective && ordered;
        }),
      ),
      RUNS,
    );
  },
);

test('every whole number and numeric(p,s) has one width in a sort key', () => {
  const numbers = KEY_CASES.filter(({ type: { kind } }) => kind === 'integer' || kind === 'decimal');
  expect(numbers).toHaveLength(10);
  for (const of of numbers) {
    const widths = fc
      .sample(of.values, { seed: 7, numRuns: 1_000 })
      .filter((value) => value !== 'NaN')
      .map((value) => codecOf(of).encode(value)?.replace('-', '').length);
    expect(new Set(widths).size).toBe(1);
  }
});

test('text of an encoded prefix begins with it, and no other text does', () => {
  fc.assert(
    fc.property(hostile, hostile, (prefix, value) => {
      const codec = codecOf(TEXT);
      return (
        (codec.encode(value)?.startsWith(codec.prefix?.(prefix) ?? '\u0000') ?? false) === value.startsWith(prefix)
      );
    }),
    RUNS,
  );
});

test('lower is one code point for one, the same whichever case was written, and forges no delimiter', () => {
  const parsed = parseTemplate('EMAIL#{a|lower}#{b}');
  const key = compileTemplate('USER', 'PK', parsed.ok ? parsed.segments : [], () => codecOf(TEXT));
  const mixed = fc.oneof(
    hostile,
    fc.string({ unit: fc.constantFrom(...'aAéÉßẞİIıΣσς#%\u0301'), minLength: 1, maxLength: 6 }),
  );
  fc.assert(
    fc.property(mixed, mixed, hostile, (a, c, b) => {
      const low = lowerCase(a);
      const same = key.text({ a, b }) === key.text({ a: c, b });
      return (
        [...low].length === [...a].length &&
        lowerCase(low) === low &&
        same === (low === lowerCase(c)) &&
        key.text({ a, b })?.split('#').length === 3
      );
    }),
    RUNS,
  );
});

/** Blanks, `#` and `%` are escaped, in three bytes. */
function bytes(text: string): number {
  return Buffer.byteLength(`SESSION#${text.replace(/[ #%]/g, '%00')}`);
}

test('a key takes 2,048 bytes as a partition key and 1,024 as a sort key, and not one more', () => {
  const units = fc.constantFrom('a', '#', 'é', '\u20ac', '\u{1F600}', ' ', '%', '&');
  for (const position of POSITIONS) {
    const key = template(TEXT, position, 'SESSION#{a}');
    fc.assert(
      fc.property(fc.array(units, { minLength: 1, maxLength: 8 }), fc.integer({ min: -6, max: 6 }), (pattern, off) => {
        const one = pattern.join('');
        let a = one.repeat(Math.floor(KEY_BYTES[position] / (bytes(one) - 8)));
        while (bytes(a) < KEY_BYTES[position] + off) a += 'x';
        try {
          return Buffer.byteLength(key.text({ a }) ?? '') === bytes(a) && bytes(a) <= KEY_BYTES[position];
        } catch (error) {
          return error instanceof ValueRefused && bytes(a) > KEY_BYTES[position];
        }
      }),
      RUNS,
    );
  }
});

test('a segment may be empty and sorts first, but a key of one empty value is refused', () => {
  for (const [name, value] of [
    ['text', ''],
    ['an enum', ''],
    ['char(8)', '        '],
  ] as const) {
    const key = template(caseNamed(name), 'SK');
    const text = key.text({ a: value, b: 'x' });
    expect(text).toBe('SESSION##OF#x');
    expect(readKey(key, text ?? '')).toEqual({ a: value, b: 'x' });
    expect(Buffer.compare(Buffer.from(text ?? ''), Buffer.from('SESSION#%01#OF#'))).toBeLessThan(0);
    expect(() => template(caseNamed(name), 'SK', '{a}').text({ a: value })).toThrow(/a key cannot be empty/);
  }
});

test('years before our era and past 9999, and infinity of types without one, have no form in a key', () => {
  const refused = {
    timestamptz: ['0044-03-15 00:00:00+00 BC', '12024-01-01 00:00:00+00', 'Infinity'],
    timestamp: ['0044-03-15 00:00:00.5 BC', '12024-01-01 00:00:00', 'NaN'],
    date: ['0044-03-15 BC', '12024-01-01', 'infinity BC'],
    time: ['infinity'],
    'numeric(12,2)': ['Infinity', 'infinity'],
    int4: ['NaN', 'infinity'],
  };
  for (const [name, values] of Object.entries(refused))
    for (const value of values)
      for (const position of POSITIONS) expect(codecOf(caseNamed(name), position).encode(value)).toBeNull();
});

test('types whose equal values have different texts are refused as keys, alone or in an array', () => {
  const refused = [
    'float4',
    'float8',
    'numeric',
    'json',
    'jsonb',
    'numrange',
    'interval',
    'timetz',
    'money',
    'bpchar[]',
    'float8[]',
    'numeric[]',
  ];
  for (const type of refused)
    for (const position of POSITIONS) expect(typeof keyText(columnType(column('c', type)), position)).toBe('string');
  expect(typeof keyText(columnType(column('c', { type: 'text', kind: 'c' })), 'PK')).toBe('string');
});

function orderOf(type: string): string | boolean {
  const codec = keyText(columnType(column('c', type)), 'SK');
  return typeof codec === 'string' ? codec : codec.ordered;
}

test('types of exact text are keys; only those whose text keeps their order are ordered', () => {
  expect(['bytea', 'int4', 'text', 'uuid', 'timestamptz'].map(orderOf)).toEqual([true, true, true, true, true]);
  expect(['inet', 'varbit', 'tsrange', 'text[]', 'int4[]'].map(orderOf)).toEqual([false, false, false, false, false]);
});

test('keys are written in one way', () => {
  const forms: readonly (readonly [string, string, string])[] = [
    ['timestamptz', '2024-01-02 03:04:05.000001+00', '2024-01-02T03:04:05.000001Z'],
    ['timestamptz', '2024-01-02 03:04:05+00', '2024-01-02T03:04:05.000000Z'],
    ['char(8)', 'a b     ', 'a%20b'],
    ['int2', '-7', '-99993'],
    ['numeric(12,2)', '-1.50', '-9999999998.50'],
    ['text', 'a#b%$&\u0001', 'a%23b%25%24&%01'],
  ];
  for (const [name, value, key] of forms) expect(codecOf(caseNamed(name)).encode(value)).toBe(key);
});
