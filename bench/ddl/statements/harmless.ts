import { choose, mapped, PLAIN_COLUMN, simple, type Spell } from './spell.ts';

const MIGRATION_TOOLS = [
  'flyway_schema_history',
  'schema_migrations',
  '_prisma_migrations',
  'django_migrations',
] as const;

/** Changes that no item depends on. */
export const harmless = {
  'create table': (model) => {
    const name = model.name('extra');
    return simple(
      `CREATE TABLE ${name} (id int PRIMARY KEY, what text); INSERT INTO ${name} SELECT i, 'x' FROM generate_series(1, 20) i`,
      () => model.unmapped.push(name),
    );
  },
  "migration tool's table": (model, pick) => {
    const name = choose(MIGRATION_TOOLS, pick) ?? 'schema_migrations';
    return simple(
      `CREATE TABLE IF NOT EXISTS ${name} (version text PRIMARY KEY, at timestamptz DEFAULT now()); INSERT INTO ${name} VALUES ('${model.name('v')}')`,
    );
  },
  'alter unmapped table': (model, pick) => {
    const name = choose(model.unmapped, pick);
    return name === null ? null : simple(`ALTER TABLE ${name} ADD COLUMN ${model.name('c')} int DEFAULT 1`);
  },
  'drop unmapped table': (model, pick) => {
    const name = choose(
      model.unmapped.filter((table) => table !== 'audit'),
      pick,
    );
    return name === null
      ? null
      : simple(`DROP TABLE ${name} CASCADE`, () => model.unmapped.splice(model.unmapped.indexOf(name), 1));
  },
  'create index': (model, pick) => {
    const [name, table] = [model.name('idx'), mapped(pick)];
    const concurrently = table !== 'events' && pick % 3 > 0 ? 'CONCURRENTLY' : '';
    return simple(`CREATE INDEX ${concurrently} ${name} ON ${table} (${PLAIN_COLUMN[table]}, id)`, () =>
      model.indexes.push(name),
    );
  },
  'drop index': (model, pick) => {
    const name = choose(model.indexes, pick);
    return name === null
      ? null
      : simple(`DROP INDEX IF EXISTS ${name}`, () => model.indexes.splice(model.indexes.indexOf(name), 1));
  },
  reindex: (_, pick) => simple(pick % 2 === 0 ? 'REINDEX TABLE CONCURRENTLY places' : 'REINDEX TABLE stations'),
  'create view': (model, pick) => {
    const name = model.name('view');
    return simple(`CREATE ${pick % 2 === 0 ? '' : 'MATERIALIZED'} VIEW ${name} AS SELECT id FROM ${mapped(pick)}`, () =>
      model.views.push(name),
    );
  },
  'drop view': (model, pick) => {
    const name = choose(model.views, pick);
    return name === null
      ? null
      : simple(
          `DO $$ BEGIN EXECUTE (SELECT format('DROP %s VIEW %I.%I', CASE relkind WHEN 'm' THEN 'MATERIALIZED' ELSE '' END, relnamespace::regnamespace, relname) FROM pg_class WHERE oid = to_regclass('${name}')); END $$`,
          () => model.views.splice(model.views.indexOf(name), 1),
        );
  },
  'create function': (model) => {
    const name = model.name('fn');
    return simple(`CREATE FUNCTION ${name}() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END'`, () =>
      model.functions.push(name),
    );
  },
  'create trigger': (model, pick) => {
    const name = choose(model.functions, pick);
    return name === null
      ? null
      : simple(
          `CREATE TRIGGER ${model.name('trg')} BEFORE INSERT OR UPDATE ON ${mapped(pick)} FOR EACH ROW EXECUTE FUNCTION ${name}()`,
        );
  },
  grant: (_, pick) =>
    simple(`GRANT SELECT, INSERT ON ${mapped(pick)} TO PUBLIC; REVOKE INSERT ON ${mapped(pick)} FROM PUBLIC`),
  comment: (model, pick) =>
    simple(
      `COMMENT ON TABLE ${mapped(pick)} IS '${model.name('text')}'; COMMENT ON COLUMN ${mapped(pick)}.id IS 'the key'`,
    ),
  statistics: (model, pick) =>
    simple(
      `CREATE STATISTICS ${model.name('stat')} ON id, note FROM ${mapped(pick)}; ALTER TABLE ${mapped(pick)} ALTER note SET STATISTICS 300; ANALYZE ${mapped(pick)}`,
    ),
  constraint: (model, pick) => {
    const name = model.name('con');
    return simple(
      pick % 3 === 0
        ? `ALTER TABLE places ADD CONSTRAINT ${name} CHECK (size > -1) NOT VALID; ALTER TABLE places VALIDATE CONSTRAINT ${name}`
        : pick % 3 === 1
          ? `ALTER TABLE visits ADD CONSTRAINT ${name} UNIQUE (id, place_id)`
          : `ALTER TABLE visits ADD CONSTRAINT ${name} FOREIGN KEY (place_id) REFERENCES places NOT VALID`,
    );
  },
  default: (_, pick) =>
    simple(
      pick % 2 === 0
        ? `ALTER TABLE places ALTER kind SET DEFAULT 'other'`
        : 'ALTER TABLE places ALTER kind DROP DEFAULT',
    ),
  storage: (_, pick) =>
    simple(`ALTER TABLE ${pick % 2 === 0 ? 'places' : 'visits'} SET (fillfactor = ${50 + (pick % 50)})`),
  cluster: () => simple('CLUSTER visits USING visits_pkey'),
  vacuum: () => simple('VACUUM FULL stations'),
} satisfies Readonly<Record<string, Spell>>;
