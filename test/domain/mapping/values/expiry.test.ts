import { expect, test } from '@jest/globals';
import { decodeItem } from '../../../../src/domain/mapping/items/decode.ts';
import { encodeItem, tombstone } from '../../../../src/domain/mapping/items/encode.ts';
import { expiryOf } from '../../../../src/domain/mapping/values/expiry.ts';
import { compilePlan } from '../../../../src/domain/plan-check/compile-plan.ts';
import { planSchema } from '../../../../src/domain/plan/plan.ts';
import { columnType } from '../../../../src/domain/mapping/values/types.ts';
import { column, catalogueOf, entityNamed } from '../../campaigns.ts';

const stamp = { version: 7, txn: null, at: '' };
const seconds = (type: string, text: string) => expiryOf(columnType(column('x', type)))?.(text);

test.each([
  ['timestamptz', '2024-01-02 03:04:05+00', '1704164645'],
  ['timestamptz', '2024-01-02 03:04:05.000001+00', '1704164646'],
  ['timestamp', '2024-01-02 03:04:05', '1704164645'],
  ['date', '2024-01-02', '1704240000'],
  ['timestamptz', 'infinity', null],
  ['timestamptz', '0044-03-15 00:00:00+00 BC', null],
  ['date', '12024-01-02', null],
])('a row with a %s of %s may go no earlier than that', (type, text, expected) => {
  expect(seconds(type, text)).toBe(expected);
});

test('what is no moment ends nothing', () => {
  expect(seconds('text', '2024-01-02')).toBeUndefined();
  expect(seconds('timestamptz[]', '["2024-01-02 03:04:05+00"]')).toBeUndefined();
});

test('an item and its uniqueness items carry the time to go, a tombstone and a row without one do not', () => {
  const catalogue = catalogueOf({
    tokens: { columns: { id: 'int4', code: 'text', until: 'timestamptz?' }, uniqueKeys: [['code']] },
  });
  const plan = planSchema.parse({
    name: 'tokens',
    table: { name: 'tokens' },
    entities: {
      TOKEN: {
        from: 'tokens',
        key: { PK: 'TOKEN#{id}', SK: 'TOKEN#{id}' },
        unique: { code: '{code}' },
        expires: 'until',
      },
    },
  });
  const mapping = compilePlan(plan, catalogue, {});
  const entity = entityNamed(mapping, 'TOKEN');
  const image = { id: '1', code: 'a', until: '2024-01-02 03:04:05+00' };
  const items = encodeItem(entity, image, stamp);
  expect(items.map((item) => item['_ttl'])).toEqual([{ N: '1704164645' }, { N: '1704164645' }]);
  expect(decodeItem(mapping, items[0] ?? {}).image).toEqual(image);
  expect(encodeItem(entity, { ...image, until: null }, stamp).map((item) => '_ttl' in item)).toEqual([false, false]);
  expect(tombstone('TOKEN', { PK: 'TOKEN#1', SK: 'TOKEN#1' }, stamp)).not.toHaveProperty('_ttl');
});
