import { expect, test } from '@jest/globals';
import { withFollowedValues } from '../../../src/client/write/follow-foreign-keys.ts';
import { encodeItem, itemKey } from '../../../src/domain/mapping/items/encode.ts';
import { compilePlan } from '../../../src/domain/plan-check/compile-plan.ts';
import { planSchema } from '../../../src/domain/plan/plan.ts';
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

test('a followed row is found whichever entity of a split table it is, and one that is nowhere is missed', async () => {
  const stamp = { version: 1, txn: null, at: '2024-01-01T00:00:00.000Z' };
  const teacher = entityNamed(mapping, 'TEACHER');
  const image = { id: '7', kind: 'teacher', city: 'Ulm' };
  const [item] = encodeItem(teacher, image, stamp);
  const { PK } = itemKey(teacher, image);
  const follow = (person_id: string) =>
    withFollowedValues(async (key) => (key.PK === PK ? (item ?? null) : null), mapping, entityNamed(mapping, 'DESK'), {
      id: '1',
      person_id,
    });
  await expect(follow('7')).resolves.toMatchObject({ 'person_id.city': 'Ulm' });
  await expect(follow('8')).rejects.toMatchObject({ name: 'RowNotFound' });
});
