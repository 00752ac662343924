import { describe, expect, test } from '@jest/globals';
import { type FollowedItems, withFollowedValues } from '../../../src/client/write/follow-foreign-keys.ts';
import { encodeItem, itemKey } from '../../../src/domain/mapping/items/encode.ts';
import { planFindings } from '../../../src/domain/plan-check/check.ts';
import { compilePlan } from '../../../src/domain/plan-check/compile-plan.ts';
import { type Plan, planSchema } from '../../../src/domain/plan/plan.ts';
import type { RowImage } from '../../../src/domain/row.ts';
import { catalogueOf, entityNamed } from '../../domain/campaigns.ts';

const person = (name: string, kind: string) => ({
  from: 'people',
  where: { kind },
  key: { PK: `${name}#{id}`, SK: `${name}#{id}` },
  immutable: ['city'],
});
const mapping = compilePlan(
  planSchema.parse({
    name: 'schools',
    table: { name: 'schools', indexes: ['GSI1'] },
    entities: {
      PUPIL: person('PUPIL', 'pupil'),
      TEACHER: person('TEACHER', 'teacher'),
      DESK: {
        from: 'desks',
        key: { PK: 'DESK#{id}', SK: 'DESK#{id}' },
        indexes: { GSI1: { PK: 'CITY#{person_id.city}', SK: 'DESK#{id}' } },
      },
    },
    patterns: {},
  }),
  catalogueOf({
    people: { columns: { id: 'int4', kind: 'text', city: 'text' } },
    desks: {
      columns: { id: 'int4', person_id: 'int4' },
      foreignKeys: [{ columns: ['person_id'], references: { table: 'people', columns: ['id'] } }],
    },
  }),
  {},
);

const NOWHERE: FollowedItems = {
  at: () => Promise.resolve(null),
  inPartition: () => Promise.resolve([]),
  sleep: () => Promise.resolve(),
};

test('a followed row is found whichever entity of a split table it is, and one that is nowhere is missed', async () => {
  const stamp = { version: 1, txn: null, at: '2024-01-01T00:00:00.000Z' };
  const teacher = entityNamed(mapping, 'TEACHER');
  const image = { id: '7', kind: 'teacher', city: 'Ulm' };
  const [item] = encodeItem(teacher, image, stamp);
  const { PK } = itemKey(teacher, image);
  const follow = (person_id: string) =>
    withFollowedValues(
      { ...NOWHERE, at: async (key) => (key.PK === PK ? (item ?? null) : null) },
      mapping,
      entityNamed(mapping, 'DESK'),
      { id: '1', person_id },
    );
  await expect(follow('7')).resolves.toMatchObject({ 'person_id.city': 'Ulm' });
  await expect(follow('8')).rejects.toMatchObject({ name: 'RowNotFound' });
});

function shopPlan(indexes: Readonly<Record<string, unknown>>): Plan {
  return planSchema.parse({
    name: 'shops',
    table: { name: 'shops', indexes: ['GSI1', 'GSI2'] },
    entities: {
      SHOP: { from: 'shops', key: { PK: 'REGION#{region}', SK: 'SHOP#{id}' }, immutable: ['region'], indexes },
      ORDER: {
        from: 'orders',
        key: { PK: 'ORDER#{id}', SK: 'ORDER#{id}' },
        indexes: { GSI1: { PK: 'REGION#{shop_id.region}', SK: 'ORDER#{id}' } },
      },
    },
    patterns: {},
  });
}

describe('a parent whose base key needs other columns', () => {
  const catalogue = catalogueOf({
    shops: { columns: { id: 'int4', region: 'text', closed: 'date?' } },
    orders: {
      columns: { id: 'int4', shop_id: 'int4' },
      foreignKeys: [{ columns: ['shop_id'], references: { table: 'shops', columns: ['id'] } }],
    },
  });
  const blocking = (indexes: Readonly<Record<string, unknown>>): readonly string[] =>
    planFindings(shopPlan(indexes), catalogue)
      .filter(({ severity }) => severity === 'blocks')
      .map(({ name }) => name);

  test.each([
    ['no index', {}],
    ['an index of another column', { GSI2: { PK: 'IN#{region}', SK: 'SHOP#{id}' } }],
    ['an index of more columns', { GSI2: { PK: 'SHOP#{id}#{region}', SK: 'SHOP#{id}' } }],
    ['an index without all rows', { GSI2: { PK: 'SHOP#{id}', SK: 'SHOP#{id}', when: { region: 'north' } } }],
    ['an index that rows with a NULL are not in', { GSI2: { PK: 'SHOP#{id}', SK: 'CLOSED#{closed}' } }],
  ])('is refused with %s', (_, indexes) => {
    expect(blocking(indexes)).toEqual(['follow-unreachable']);
  });

  test('is found through an index of the foreign key alone, which may lag behind', async () => {
    const indexes = {
      GSI1: { PK: 'SHOP#{id}', SK: 'CLOSED#{closed}' },
      GSI2: { PK: 'SHOP#{id}', SK: 'SHOP#{region}' },
    };
    expect(blocking(indexes)).toEqual([]);
    const shops = compilePlan(shopPlan(indexes), catalogue, {});
    const stamp = { version: 1, txn: null, at: '2024-01-01T00:00:00.000Z' };
    const [shop, other] = [7, 8].flatMap((id) =>
      encodeItem(entityNamed(shops, 'SHOP'), { id: String(id), region: 'north', closed: null }, stamp),
    );
    const asked: string[] = [];
    let pauses = 0;
    const items: FollowedItems = {
      at: () => Promise.reject(new Error('the base key is not known')),
      inPartition: async (index, partition) => {
        asked.push(`${index} ${partition}`);
        return pauses < 2 || shop === undefined || other === undefined ? [] : [other, shop];
      },
      sleep: async () => void (pauses += 1),
    };
    const order = { id: '1', shop_id: '7' };
    const follow = (image: RowImage) => withFollowedValues(items, shops, entityNamed(shops, 'ORDER'), image);
    expect(await follow(order)).toEqual({ ...order, 'shop_id.region': 'north' });
    expect(new Set(asked)).toEqual(new Set(['GSI2 SHOP#7']));
    await expect(follow({ id: '2', shop_id: '9' })).rejects.toMatchObject({ name: 'RowNotFound' });
  });
});
