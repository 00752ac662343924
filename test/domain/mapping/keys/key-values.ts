import * as fc from 'fast-check';
import { keyText, type KeyPosition, type KeyText } from '../../../../src/domain/mapping/keys/key-text.ts';
import { compareKeys } from '../../../../src/domain/mapping/patterns/pattern-query.ts';
import { columnType, type ColumnType } from '../../../../src/domain/mapping/values/types.ts';
import { column } from '../../campaigns.ts';

/** A type that stands in keys: its values as canonical text, their order, and the SQL type that has the same one. */
export interface KeyCase {
  readonly name: string;
  readonly type: ColumnType;
  readonly sql: string;
  readonly values: fc.Arbitrary<string>;
  readonly compare: (left: string, right: string) => number;
}

export function codecOf({ name, type }: KeyCase, position: KeyPosition = 'SK'): KeyText {
  const codec = keyText(type, position);
  if (typeof codec === 'string') throw new Error(`${name}: ${codec}`);
  return codec;
}

/** Text with what hurts: delimiters, escapes, control characters, astral planes, combining marks, and halves of other keys. */
export const hostile = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 12 }).map(storable),
  fc.string({
    unit: fc.constantFrom('#', '%', '%23', '%25', '$', '&', ' ', '\u0001', 'a', 'A', '\u{10FFFF}', '\uFFFD', '\u0301'),
    maxLength: 8,
  }),
  fc.constantFrom('#', '%23', 'SESSION#', '#SESSION', 'a#b', '-1', '\u{1F468}\u200d\u{1F469}', 'NULL', ' a ', '"'),
);

/** PostgreSQL's text holds no U+0000. */
function storable(text: string): string {
  return text.replaceAll('\u0000', '\u0001');
}

const order = (left: bigint | number, right: bigint | number): number => (left < right ? -1 : left > right ? 1 : 0);
/** Digits to one size, so that text compares as the numbers do. */
const unscaled = (text: string): bigint => BigInt(text.replace('.', ''));

function integers(name: string, min: bigint, max: bigint): KeyCase {
  const near = fc.bigInt({ min: min > -20n ? min : -20n, max: 20n });
  const values = fc.oneof(fc.bigInt({ min, max }), near, fc.constantFrom(min, max, min + 1n)).map(String);
  return {
    name,
    type: columnType(column('c', name)),
    sql: name,
    values,
    compare: (a, b) => order(BigInt(a), BigInt(b)),
  };
}

function numerics(precision: number, scale: number): KeyCase {
  const name = `numeric(${precision},${scale})`;
  const limit = 10n ** BigInt(precision) - 1n;
  const values = fc
    .oneof(fc.bigInt({ min: -limit, max: limit }), fc.bigInt({ min: -9n, max: 9n }), fc.constantFrom(limit, -limit))
    .map((number) => decimalText(number, scale));
  const withNaN = fc.oneof({ weight: 20, arbitrary: values }, fc.constant('NaN'));
  const type = columnType(column('c', { type: 'numeric', precision, scale }));
  return { name, type, sql: name, values: withNaN, compare: decimalOrder };
}

/** PostgreSQL sorts NaN last. */
function decimalOrder(left: string, right: string): number {
  if (left === 'NaN' || right === 'NaN') return Number(left === 'NaN') - Number(right === 'NaN');
  return order(unscaled(left), unscaled(right));
}

function decimalText(number: bigint, scale: number): string {
  if (scale <= 0) return number === 0n ? '0' : `${number}${'0'.repeat(-scale)}`;
  const digits = (number < 0n ? -number : number).toString().padStart(scale + 1, '0');
  return `${number < 0n ? '-' : ''}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}

function words(name: string, sql: string, type: ColumnType, values: fc.Arbitrary<string>): KeyCase {
  return { name, type, sql, values, compare: compareKeys };
}

/** Moments as PostgreSQL prints them: microseconds without zeros at the end. */
const clock = fc
  .oneof(
    fc.bigInt({ min: 0n, max: 86_399_999_999n }),
    fc.bigInt({ min: 0n, max: 86_399n }).map((s) => s * 1_000_000n),
  )
  .map((micros) => {
    const seconds = Number(micros / 1_000_000n);
    const parts = [seconds / 3600, (seconds / 60) % 60, seconds % 60].map((part) =>
      String(Math.floor(part)).padStart(2, '0'),
    );
    const rest = (micros % 1_000_000n).toString().padStart(6, '0').replace(/0+$/, '');
    return `${parts.join(':')}${rest === '' ? '' : `.${rest}`}`;
  });
const day = fc
  .oneof(
    fc.date({ min: new Date('0001-01-01'), max: new Date('9999-12-31'), noInvalidDate: true }),
    fc.constantFrom(new Date('0001-01-01'), new Date('9999-12-31'), new Date('2024-02-29')),
  )
  .map((date) => date.toISOString().slice(0, 10));
const moment = fc.tuple(day, clock).map(([date, time]) => `${date} ${time}`);
/** Text of moments compares as they do once the fraction has its six digits. */
const momentOrder = (left: string, right: string): number => compareKeys(sixDigits(left), sixDigits(right));

function sixDigits(text: string): string {
  const [whole = '', rest = ''] = text.replace('+00', '').split('.');
  return `${whole}.${rest.padEnd(6, '0')}`;
}

function times(name: string, values: fc.Arbitrary<string>): KeyCase {
  return { name, type: columnType(column('c', name)), sql: name, values, compare: momentOrder };
}

function endOfTime(text: string): number {
  return text === 'infinity' ? 1 : text === '-infinity' ? -1 : 0;
}

/** Moments, and the two ends of time. */
function moments(name: string, values: fc.Arbitrary<string>): KeyCase {
  return {
    ...times(name, fc.oneof({ weight: 20, arbitrary: values }, fc.constantFrom('infinity', '-infinity'))),
    compare: (a, b) => endOfTime(a) - endOfTime(b) || (endOfTime(a) === 0 ? momentOrder(a, b) : 0),
  };
}

const text = columnType(column('c', 'text'));

/** Every codec. */
export const KEY_CASES: readonly KeyCase[] = [
  integers('int2', -32_768n, 32_767n),
  integers('int4', -2_147_483_648n, 2_147_483_647n),
  integers('int8', -9_223_372_036_854_775_808n, 9_223_372_036_854_775_807n),
  integers('oid', 0n, 4_294_967_295n),
  ...[
    [12, 2],
    [5, 0],
    [3, 3],
    [2, 4],
    [38, 10],
    [3, -2],
  ].map(([precision = 1, scale = 0]) => numerics(precision, scale)),
  words('text', 'text', text, hostile),
  {
    ...words('char(8)', 'char(8)', columnType(column('c', { type: 'bpchar', length: 8 })), hostile.map(padded)),
    compare: (left, right) => compareKeys(left.replace(/ +$/, ''), right.replace(/ +$/, '')),
  },
  words('an enum', 'text', columnType(column('c', { type: 'mood', kind: 'e' })), hostile),
  words('uuid', 'uuid', columnType(column('c', 'uuid')), fc.uuid()),
  words('bool', 'bool', columnType(column('c', 'bool')), fc.boolean().map(String)),
  moments('date', day),
  times('time', fc.oneof(clock, fc.constant('24:00:00'))),
  moments('timestamp', moment),
  moments(
    'timestamptz',
    moment.map((at) => `${at}+00`),
  ),
];

/** At most eight characters, the rest blanks, as char(8) shows itself. */
function padded(value: string): string {
  const points = [...value].slice(0, 8);
  return points.join('') + ' '.repeat(8 - points.length);
}
