import { expect, test } from '@jest/globals';
import { entityName, planName } from '../../../src/domain/plan-draft/names.ts';
import { planSchema } from '../../../src/domain/plan/plan.ts';

test.each([
  ['shop', 'shop'],
  ['Order Items', 'order-items'],
  ['h1', 'migration'],
  ['x', 'migration'],
  ['2024', 'migration'],
  ['', 'migration'],
])('the plan of a database "%s" is named %s, which a table may be named too', (database, expected) => {
  const name = planName(database);
  expect(name).toBe(expected);
  expect(planSchema.shape.table.shape.name.safeParse(name).success).toBe(true);
});

test.each(['constructor', 'toString', '__proto__', 'hasOwnProperty'])(
  'a table %s has an entity of its own name',
  (table) => {
    const letters = table
      .replaceAll(/[^A-Za-z]/g, '')
      .replace(/s$/, '')
      .toUpperCase();
    expect(entityName(table, new Set()).replaceAll('_', '')).toBe(letters);
  },
);
