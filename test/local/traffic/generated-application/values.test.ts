import { expect, test } from '@jest/globals';

import { randomOf } from '../../../../examples/campaigns/generator/random.ts';
import type { ProfiledColumn } from '../../../../local/traffic/generated-application/database-profile.ts';
import {
  changedValue,
  freshValue,
  parameterOf,
  valueOf,
} from '../../../../local/traffic/generated-application/values.ts';

const SEEDS = 300;
const column = (more: Partial<ProfiledColumn>): ProfiledColumn => ({
  name: 'c',
  attribute: 'c',
  kind: 'text',
  type: 'text',
  typeName: 'text',
  length: null,
  precision: null,
  scale: null,
  filled: false,
  optional: true,
  nullable: true,
  unique: false,
  references: null,
  labels: [],
  over: null,
  ...more,
});

function each(seeds: number, check: (random: ReturnType<typeof randomOf>) => void): void {
  for (let seed = 0; seed < seeds; seed += 1) check(randomOf(seed, 'values'));
}

test('changed values stay within the type: length in characters, integers, precision', () => {
  each(SEEDS, (random) => {
    const text = changedValue(random, column({ typeName: 'varchar', length: 10 }), '🎲🎲🎲🎲🎲🎲🎲🎲🎲🎲', []);
    expect(Array.from(String(text)).length).toBeLessThanOrEqual(10);
    expect(String(text)).not.toMatch(/\p{Surrogate}/u);
    const small = column({ kind: 'number', type: 'integer', typeName: 'int2' });
    expect(Number(changedValue(random, small, '32766', []))).toBeLessThanOrEqual(32_767);
    const amount = column({ kind: 'number', type: 'decimal', typeName: 'numeric', precision: 3, scale: 2 });
    expect(String(changedValue(random, amount, '1.50', []))).toMatch(/^\d\.\d\d$/);
  });
});

test('a text that is changed again and again does not grow', () => {
  const random = randomOf(1, 'growth');
  let text = 'Gdańsk';
  for (let times = 0; times < 50; times += 1) text = String(changedValue(random, column({}), text, []));
  expect(text).toMatch(/^Gdańsk~[0-9a-z]{4}$/);
});

test('fresh values differ, fit, and keep the form of an address', () => {
  const random = randomOf(1, 'fresh');
  const made = new Set<unknown>();
  for (let times = 0; times < SEEDS; times += 1) {
    const address = String(freshValue(random, column({ length: 30 }), 'somebody.with.a.long.name@example.org', null));
    expect(address).toMatch(/@example\.org$/);
    expect(address.length).toBeLessThanOrEqual(30);
    made.add(address);
    const id = BigInt(
      String(
        freshValue(random, column({ type: 'integer', typeName: 'int4' }), '7', {
          after: '2147483600',
          before: '2147483648',
        }),
      ),
    );
    expect(id > 2_147_483_600n && id <= 2_147_483_647n).toBe(true);
  }
  expect(made.size).toBe(SEEDS);
  expect(freshValue(random, column({ type: 'integer', typeName: 'int2' }), '7', { after: '6', before: '8' })).toBe('7');
  expect(freshValue(random, column({ type: 'integer', typeName: 'int2' }), '7', null)).toBeUndefined();
});

test('a foreign key takes values that are there; one of several columns is left alone', () => {
  const random = randomOf(1, 'keys');
  const references = { table: 'parents', column: 'id', alone: true };
  const key = column({ kind: 'number', type: 'integer', typeName: 'int4', references });
  expect(changedValue(random, key, '1', ['2'])).toBe('2');
  expect(
    changedValue(random, column({ ...key, references: { ...references, alone: false } }), '1', ['2']),
  ).toBeUndefined();
});

test('values travel to the client and to SQL in their own forms', () => {
  const json = column({ kind: 'json', type: 'jsonb', typeName: 'jsonb' });
  expect(valueOf(json, '{"a":[1]}')).toEqual({ a: [1] });
  expect(parameterOf(json, { a: [1] })).toBe('{"a":[1]}');
  const bytes = column({ kind: 'bytes', type: 'bytes', typeName: 'bytea' });
  expect(valueOf(bytes, '00ff')).toEqual(new Uint8Array([0, 255]));
  expect(parameterOf(bytes, new Uint8Array([0, 255]))).toEqual(Buffer.from([0, 255]));
  expect(valueOf(json, null)).toBeNull();
});

test('a fresh list is a list, and none where its elements cannot be made up', () => {
  each(SEEDS, (random) => {
    const list = column({ kind: 'list', type: 'text', typeName: 'text', unique: true });
    expect(freshValue(random, list, '["k17",null]', null)).toEqual([expect.any(String), expect.any(String)]);
    expect(freshValue(random, { ...list, typeName: 'int4' }, '["1"]', null)).toBeUndefined();
  });
});
