import { expect, test } from '@jest/globals';
import type { Item } from '../../../../src/domain/item.ts';
import { columnType } from '../../../../src/domain/mapping/values/types.ts';
import { compareItems, compareRows } from '../../../../src/domain/verification/compare/compare-values.ts';
import { mostSevere } from '../../../../src/domain/verification/compare/finding.ts';

const item: Item = {
  PK: { S: 'USER#1' },
  SK: { S: 'USER#1' },
  GSI1PK: { S: 'EMAIL#a' },
  GSI1SK: { S: 'USER#1' },
  id: { S: '1' },
  age: { N: '30' },
  _v: { N: '7' },
};

function column(name: string, type: string) {
  const catalogued = {
    name,
    type,
    typeSchema: 'pg_catalog',
    kind: 'b',
    array: false,
    precision: null,
    scale: null,
    length: null,
  };
  const rest = { notNull: false, hasDefault: false, defaultExpression: null, generated: false };
  return { column: name, type: columnType({ ...catalogued, ...rest }) };
}

function damages(found: Item): readonly (readonly [string, string])[] {
  return compareItems(new Set(['GSI1PK', 'GSI1SK', 'GSI2PK', 'GSI2SK']), item, found).map(({ field, damage }) => [
    field,
    damage,
  ]);
}

test('RACE-32 NULL is not the empty text, and digits are not rounded', () => {
  const columns = [column('name', 'text'), column('price', 'numeric'), column('at', 'timestamptz')];
  const row = { name: null, price: '1.00', at: '2024-01-02 03:04:05.000001+00' };
  const changed = { name: '', price: '1.0', at: '2024-01-02 03:04:05+00' };
  expect(compareRows(columns, row, row)).toEqual([]);
  expect(compareRows(columns, row, changed).map(({ field, damage }) => [field, damage])).toEqual([
    ['name', 'null'],
    ['price', 'precision'],
    ['at', 'precision'],
  ]);
});

test('a pointer to another body, or a body kept inline, differs', () => {
  const body = { sha256: 'a'.repeat(64), bytes: 10 };
  const other = { sha256: 'b'.repeat(64), bytes: 10 };
  expect(compareRows([column('text', 'text')], { text: body }, { text: body })).toEqual([]);
  expect(compareRows([column('text', 'text')], { text: body }, { text: other })).toMatchObject([{ damage: 'pointer' }]);
  expect(compareRows([column('text', 'text')], { text: body }, { text: 'inline' })).toMatchObject([
    { damage: 'value' },
  ]);
});

test('versions and stamps are no content', () => {
  expect(damages({ ...item, _v: { N: '8' }, _t: { S: 'x' } })).toEqual([]);
});

test('an attribute that neither the row nor the migration has is surplus, whatever its name', () => {
  expect(damages({ ...item, _x: { S: 'y' } })).toEqual([['_x', 'attribute']]);
  expect(damages({ ...item, stray: { S: 'y' } })).toEqual([['stray', 'attribute']]);
});

test('an item under another key is named by its key, one in another shard by the shard', () => {
  expect(damages({ ...item, SK: { S: 'USER#2' } })).toEqual([['key', 'key']]);
  expect(damages({ ...item, PK: { S: 'USER#1#SHARD#3' } })).toEqual([['PK', 'shard']]);
});

test('index keys that are wrong, absent or surplus differ, also where every column is right', () => {
  const { GSI1PK: _, ...withoutIndex } = item;
  expect(damages({ ...item, GSI1PK: { S: 'EMAIL#b' } })).toEqual([['GSI1PK', 'index']]);
  expect(damages(withoutIndex)).toEqual([['GSI1PK', 'index']]);
  expect(damages({ ...item, GSI2PK: { S: 'x' } })).toEqual([['GSI2PK', 'index']]);
});

test('an item that ends at another moment than its row differs, and so does one whose moment is no number', () => {
  const ending = { ...item, _ttl: { N: '1700000000' } };
  expect(compareItems(new Set(), ending, ending)).toEqual([]);
  for (const found of [item, { ...item, _ttl: { N: '1700000001' } }, { ...item, _ttl: { S: '1700000000' } }])
    expect(compareItems(new Set(), ending, found)).toMatchObject([{ field: '_ttl', damage: 'expiry' }]);
  expect(damages(ending)).toEqual([['_ttl', 'expiry']]);
});

test('attributes of another type, absent or surplus ones differ', () => {
  const { age: _, ...withoutAge } = item;
  expect(damages({ ...item, age: { S: '30' } })).toEqual([['age', 'type']]);
  expect(damages(withoutAge)).toEqual([['age', 'attribute']]);
  expect(damages({ ...item, stray: { S: 'x' } })).toEqual([['stray', 'attribute']]);
});

test('the most telling damage names a finding', () => {
  const difference = { field: 'f', source: '', target: '' };
  expect(
    mostSevere([
      { ...difference, damage: 'index' },
      { ...difference, damage: 'value' },
    ]),
  ).toBe('value');
  expect(mostSevere([])).toBeNull();
});
