import type { SchemaModel } from '../model.ts';
import { dayIn, partitionBounds } from '../schema.ts';
import { choose, mapped, simple, type Spell } from './spell.ts';

/** Tables that join a mapped one, or stay in it under another name. */
export const joining = {
  'create partition': (model) => {
    const month = freeMonth(model);
    const name = model.name(`events_${month}`);
    return simple(
      `CREATE TABLE ${name} PARTITION OF events ${partitionBounds(month)}; INSERT INTO events SELECT i, '${dayIn(month)}', 'with partition' FROM generate_series(1, 9) i`,
      () => model.months.set(month, name),
    );
  },
  'attach partition': (model) => {
    const month = freeMonth(model);
    const name = model.name(`events_${month}`);
    return simple(
      `CREATE TABLE ${name} (LIKE events INCLUDING ALL); INSERT INTO ${name} SELECT i, '${dayIn(month)}', 'attached' FROM generate_series(1, 250) i;
       ALTER TABLE events ATTACH PARTITION ${name} ${partitionBounds(month)}`,
      () => model.months.set(month, name),
    );
  },
  'create child': (model) => {
    const name = model.name('stations_child');
    const first = 100_000 + model.children.length * 1_000;
    return simple(
      `CREATE TABLE ${name} () INHERITS (stations); INSERT INTO ${name} SELECT ${first} + i, 'child' FROM generate_series(1, 20) i`,
      () => model.children.push(name),
    );
  },
  'attach child': (model) => {
    const name = model.name('stations_child');
    const first = 100_000 + model.children.length * 1_000;
    return simple(
      `CREATE TABLE ${name} (LIKE stations INCLUDING ALL); INSERT INTO ${name} (id, name) SELECT ${first} + i, 'child' FROM generate_series(1, 20) i; ALTER TABLE ${name} INHERIT stations`,
      () => model.children.push(name),
    );
  },
  'rename partition': (model, pick) => {
    const month = choose([...model.months.keys()], pick);
    const name = month === null ? undefined : model.months.get(month);
    const renamed = model.name('renamed');
    return month === null || name === undefined
      ? null
      : simple(`ALTER TABLE ${name} RENAME TO ${renamed}`, () => model.months.set(month, renamed));
  },
} satisfies Readonly<Record<string, Spell>>;

function freeMonth(model: SchemaModel): number {
  let month = 3;
  while (model.months.has(month) || model.removedMonths.has(month)) month += 1;
  return month;
}

/** Columns that the plan does not have. */
export const added = {
  'add column': (model, pick) => {
    const [table, column] = [mapped(pick), model.name('extra')];
    const how = choose(
      [
        'text',
        'text NOT NULL DEFAULT md5(random()::text)',
        `text NOT NULL DEFAULT 'x'`,
        'int GENERATED ALWAYS AS (id * 2) STORED',
        'timestamptz DEFAULT now()',
      ],
      pick,
    );
    return simple(`ALTER TABLE ${table} ADD COLUMN ${column} ${how}`, () => model.added.push({ table, column }));
  },
  'drop added column': (model, pick) => {
    const found = choose(model.added, pick);
    return found === null
      ? null
      : simple(`ALTER TABLE ${found.table} DROP COLUMN ${found.column} CASCADE`, () =>
          model.added.splice(model.added.indexOf(found), 1),
        );
  },
} satisfies Readonly<Record<string, Spell>>;
