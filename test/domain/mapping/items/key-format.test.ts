import { expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { keyFormat, type KeySpread } from '../../../../src/domain/mapping/items/key-format.ts';
import { itemKey } from '../../../../src/domain/mapping/items/encode.ts';
import { keyText } from '../../../../src/domain/mapping/keys/key-text.ts';
import { lowerCase } from '../../../../src/domain/mapping/keys/template.ts';
import { columnType, type ColumnType } from '../../../../src/domain/mapping/values/types.ts';
import { column, entityNamed, ids, mappingOf, session } from '../../campaigns.ts';

function typeOf(
  type: string,
  more: { precision?: number; scale?: number; length?: number; kind?: string } = {},
): ColumnType {
  return columnType(column('c', { type, ...more }));
}

const text = fc
  .oneof(
    fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }),
    fc.string({
      unit: fc.constantFrom('#', '%', '%23', 'SHARD', '1', ' ', 'İ', 'ß', '\u{10FFFF}'),
      minLength: 1,
      maxLength: 6,
    }),
  )
  .filter((value) => value.trimEnd() !== '');
const two = (number: number): string => String(number).padStart(2, '0');
const day = fc.tuple(
  fc.integer({ min: 1, max: 9999 }),
  fc.integer({ min: 1, max: 12 }),
  fc.integer({ min: 1, max: 28 }),
);
const date = day.map(([year, month, date]) => `${String(year).padStart(4, '0')}-${two(month)}-${two(date)}`);
const time = fc
  .tuple(fc.integer({ min: 0, max: 23 }), fc.integer({ min: 0, max: 59 }), fc.integer({ min: 0, max: 999_999 }))
  .map(([hour, minute, micros]) => `${two(hour)}:${two(minute)}:07.${String(micros).padStart(6, '0')}`);
const whole = (bits: number) => fc.bigInt({ min: -(2n ** BigInt(bits - 1)), max: 2n ** BigInt(bits - 1) - 1n });

/** Types that keys take, with values as an application sees them. */
const KINDS: Readonly<Record<string, readonly [ColumnType, fc.Arbitrary<string | number | boolean>]>> = {
  text: [typeOf('text'), text],
  label: [typeOf('mood', { kind: 'e' }), text],
  uuid: [typeOf('uuid'), fc.uuid()],
  boolean: [typeOf('bool'), fc.boolean()],
  int2: [typeOf('int2'), whole(16).map(Number)],
  int4: [typeOf('int4'), whole(32).map(Number)],
  int8: [typeOf('int8'), whole(64).map(String)],
  numeric: [
    typeOf('numeric', { precision: 6, scale: 2 }),
    fc.integer({ min: -999_999, max: 999_999 }).map((cents) => (cents / 100).toFixed(2)),
  ],
  date: [typeOf('date'), date],
  timestamp: [typeOf('timestamp'), fc.tuple(date, time).map(([at, clock]) => `${at}T${clock}`)],
  timestamptz: [typeOf('timestamptz'), fc.tuple(date, time).map(([at, clock]) => `${at}T${clock}Z`)],
};

const kind = fc.constantFrom(...Object.values(KINDS)).chain(([type, values]) => fc.tuple(fc.constant(type), values));

test('what a key is built from is what is read out of it, for every type in every place', () => {
  expect(Object.values(KINDS).filter(([type]) => typeof keyText(type, 'SK') === 'string')).toEqual([]);
  fc.assert(
    fc.property(kind, kind, kind, (first, second, third) => {
      const [[a, b, c], values] = [[first[0], second[0], third[0]], { a: first[1], 'b.c': second[1], d: third[1] }];
      const format = keyFormat('THING', { PK: 'OF#{a}', SK: 'THING#{b.c}#x#{d}' }, { a, 'b.c': b, d: c });
      const key = format.build(values);
      expect(format.parse(key)).toEqual(values);
      const other = keyFormat('OTHER', { PK: 'OF#{a}', SK: 'OTHER#{b.c}#x#{d}' }, { a, 'b.c': b, d: c });
      expect(other.parse(key)).toBeNull();
    }),
    { numRuns: 2_000 },
  );
});

test('a column in lower case is read in lower case, unless it stands elsewhere as it was', () => {
  const types = { email: typeOf('text') };
  const lowered = keyFormat('USER', { PK: 'EMAIL#{email|lower}', SK: 'USER' }, types);
  const both = keyFormat('USER', { PK: 'EMAIL#{email|lower}', SK: 'USER#{email}' }, types);
  fc.assert(
    fc.property(text, (email) => {
      expect(lowered.parse(lowered.build({ email }))).toEqual({ email: lowerCase(email) });
      expect(both.parse(both.build({ email }))).toEqual({ email });
    }),
  );
});

test('nothing that the format does not write is read, and reading never throws', () => {
  const types = { id: typeOf('int4'), at: typeOf('timestamptz') };
  const format = keyFormat('THING', { PK: 'THING#{id}', SK: 'THING#{at}#{id}' }, types);
  const key = format.build({ id: -12, at: '2024-01-31T18:30:00Z' });
  expect(key).toEqual({ PK: 'THING#-12', SK: 'THING#2024-01-31T18:30:00.000000Z#-9999999988' });
  const strange = [
    { ...key, PK: 'THING#12' },
    { ...key, PK: 'THING#-012' },
    { ...key, PK: `${key.PK}#SHARD#1` },
    { ...key, PK: '' },
    { ...key, SK: 'THING#2024-01-31T18:30:00Z#-9999999988' },
    { ...key, SK: `${key.SK}#` },
    { ...key, SK: 'THING##' },
  ];
  expect(strange.flatMap((one) => format.parse(one) ?? [])).toEqual([]);
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom('#', '-', 'THING', '1', 'x', '%', 'SHARD', 'Z'), maxLength: 8 }),
      (part) => {
        const found = format.parse({ PK: `THING#${part}`, SK: `THING#2024-01-31T18:30:00.000000Z#${part}` });
        expect(found === null || format.build(found).PK === `THING#${part}`).toBe(true);
      },
    ),
  );
});

test('values that are missing, empty or of another type are refused by name', () => {
  const format = keyFormat(
    'THING',
    { PK: 'THING#{id}', SK: 'THING#{name}' },
    { id: typeOf('uuid'), name: typeOf('text') },
  );
  expect(() => format.build({ id: ids.user })).toThrow(/^THING\.name: the key needs this value/);
  expect(format.build({ id: ids.user, name: '' })).toEqual({ PK: `THING#${ids.user}`, SK: 'THING#' });
  expect(() => format.build({ id: 'x', name: 'y' })).toThrow(/^THING\.id: the value has no form/);
  expect(() => format.build({ id: ids.user, name: 'y' }, { spread: true })).toThrow(
    /^THING\.PK: the plan does not spread this key/,
  );
});

test('the key of a spread owner is the one under which the mapping puts its item', () => {
  const { id, user_id, campaign_id } = session;
  const mapping = mappingOf({ SESSION: [`USER#${ids.user}`] });
  const spread: KeySpread = { by: 'id', into: 8 };
  const format = keyFormat(
    'SESSION',
    { PK: 'USER#{user_id}', SK: 'SESSION#{campaign_id}#{id}' },
    { user_id: typeOf('uuid'), campaign_id: typeOf('uuid'), id: typeOf('int8') },
    spread,
  );
  const parts = { id: String(id), user_id: String(user_id), campaign_id: String(campaign_id) };
  const key = itemKey(entityNamed(mapping, 'SESSION'), session);
  expect(format.build(parts, { spread: true })).toEqual(key);
  expect(format.build(parts)).toEqual(itemKey(entityNamed(mappingOf(), 'SESSION'), session));
  expect(format.parse(key)).toEqual(parts);
  const [number = ''] = /\d+$/.exec(key.PK) ?? [];
  expect(format.parse({ ...key, PK: key.PK.replace(/\d+$/, String((Number(number) + 1) % 8)) })).toBeNull();
});

test('where NULL is a value, the key of a unique value tells it from every text, and gives it back', () => {
  const types = { a: typeOf('text'), b: typeOf('text') };
  const format = keyFormat('THING', { PK: 'UNIQUE#THING#n#{a}#{b|lower}', SK: 'UNIQUE' }, types, null, 'same');
  const value = fc.oneof(fc.constant(null), fc.constantFrom('', '%NULL', 'null', '%25NULL'), text);
  fc.assert(
    fc.property(value, value, value, value, (a, b, c, d) => {
      const [one, other] = [format.build({ a, b }), format.build({ a: c, b: d })];
      const lowered = b === null ? null : lowerCase(b);
      expect(format.parse(one)).toEqual({ a, b: lowered });
      expect(one.PK === other.PK).toBe(a === c && lowered === (d === null ? null : lowerCase(d)));
    }),
  );
  const distinct = keyFormat('THING', { PK: 'UNIQUE#THING#n#{a}#{b|lower}', SK: 'UNIQUE' }, types);
  expect(() => distinct.build({ a: null, b: 'x' })).toThrow(/the key needs this value/);
});
