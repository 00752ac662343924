import type { SchemaModel } from '../model.ts';
import type { MappedTable } from '../schema.ts';
import { choose, mapped, PLAIN_COLUMN, type Spell, type Statement } from './spell.ts';

/** Changes after which items cannot be made of the rows any more, or changes are not recorded. */
export const breaking = {
  'drop column': breakingColumn((table, column) => `ALTER TABLE ${table} DROP COLUMN ${column} CASCADE`),
  'drop and add column': breakingColumn(
    (table, column) =>
      `ALTER TABLE ${table} DROP COLUMN ${column} CASCADE; ALTER TABLE ${table} ADD COLUMN ${column} ${table === 'visits' ? 'varchar(200)' : 'text'}`,
  ),
  'rename column': breakingColumn(
    (table, column) => `ALTER TABLE ${table} RENAME COLUMN ${column} TO ${column}_renamed`,
  ),
  'retype column': (model, pick) => {
    const [table, column, type] = choose(
      [
        ['places', 'kind', 'varchar(300)'],
        ['places', 'size', 'numeric(12,1)'],
        ['places', 'seen', 'timestamptz(0)'],
        ['visits', 'note', 'text'],
        ['stations', 'note', 'varchar(300)'],
        ['visits', 'place_id', 'bigint'],
      ] as const,
      pick,
    ) ?? ['places', 'kind', 'varchar(300)'];
    return broken(model, table, [column], `ALTER TABLE ${table} ALTER ${column} TYPE ${type}`);
  },
  'drop table': (model, pick) => broken(model, mapped(pick), ['*'], `DROP TABLE ${mapped(pick)} CASCADE`),
  'rename table': (model, pick) =>
    broken(model, mapped(pick), ['*'], `ALTER TABLE ${mapped(pick)} RENAME TO ${model.name('renamed')}`),
  'drop primary key': (model, pick) => {
    const table = mapped(pick);
    return broken(model, table, ['*'], `ALTER TABLE ${table} DROP CONSTRAINT ${table}_pkey CASCADE`);
  },
  'change primary key': (model, pick) => {
    const table = pick % 2 === 0 ? 'stations' : 'visits';
    return broken(
      model,
      table,
      ['*'],
      `ALTER TABLE ${table} DROP CONSTRAINT ${table}_pkey; ALTER TABLE ${table} ADD COLUMN key2 int GENERATED ALWAYS AS IDENTITY PRIMARY KEY`,
    );
  },
  'disable trigger': (model, pick) =>
    broken(model, mapped(pick), [], withTrigger(mapped(pick), 'ALTER TABLE %s DISABLE TRIGGER %I')),
  // In the order in which statements lock a partitioned table; DROP TRIGGER alone causes deadlocks, without capture too.
  'drop trigger': (model, pick) =>
    broken(
      model,
      mapped(pick),
      [],
      `LOCK TABLE ONLY ${mapped(pick)} IN ACCESS EXCLUSIVE MODE; ${withTrigger(mapped(pick), 'DROP TRIGGER %2$I ON %1$s')}`,
    ),
} satisfies Readonly<Record<string, Spell>>;

/** A statement on the table (%s) and the trigger of its capture (%I), whose name depends on the kind of table. */
function withTrigger(table: string, format: string): string {
  return `DO $$ BEGIN EXECUTE format('${format}', '${table}', (SELECT tgname FROM pg_trigger WHERE tgrelid = '${table}'::regclass AND tgname LIKE 'portage_capture%')); END $$`;
}

function breakingColumn(text: (table: MappedTable, column: string) => string): Spell {
  return (model, pick) => {
    const table = mapped(pick);
    const column = PLAIN_COLUMN[table];
    return broken(model, table, [column], text(table, column));
  };
}

function broken(model: SchemaModel, table: MappedTable, columns: readonly string[], text: string): Statement {
  return {
    text,
    foresee: () => model.break(table, ...columns),
    apply: () => void model.halting.push(text),
  };
}
