import { expect, test } from '@jest/globals';
import { Client } from 'pg';
import { captureGaps, installCapture } from '../../../../src/adapters/postgres/capture/capture.ts';
import { removeCapture } from '../../../../src/adapters/postgres/removal/remove-capture.ts';
import { isInstalled } from '../../../../src/adapters/postgres/capture/is-installed.ts';
import { createMissedChanges } from '../../../../src/adapters/postgres/capture/missed-changes.ts';
import { readCatalogue } from '../../../../src/adapters/postgres/catalogue/read-catalogue.ts';
import { createPgSource } from '../../../../src/adapters/postgres/connection/pg-source.ts';
import { compilePlan } from '../../../../src/domain/plan-check/compile-plan.ts';
import { planSchema } from '../../../../src/domain/plan/plan.ts';
import { repairMissed } from '../../../../src/domain/protocol/repair-missed.ts';
import { GENERATION, useFixture, type Fixture } from '../../../client/fixture.ts';
import { loadUsers, userItem } from '../../../domain/verification/fixture.ts';

let fixture: Fixture;
useFixture((started) => (fixture = started), { mode: 'dual' });

const missed = () => createMissedChanges(fixture.sql);
const repairAll = () => {
  const { table, intents, rows, changelog, bodies, control, mapping } = fixture;
  return repairMissed(
    { table, intents, rows, changelog, bodies, control, missed: missed() },
    { mapping, generation: GENERATION, at: new Date().toISOString() },
  );
};

test('a mapped column that is gone fails no statement; the rows are repaired by their keys once it is back', async () => {
  const [first = '', second = '', third = ''] = await loadUsers(fixture, 3);
  await fixture.psql.query('ALTER TABLE users RENAME COLUMN bio TO about');
  try {
    await fixture.psql.query(`UPDATE users SET about = 'new' WHERE id = $1`, [first]);
    await fixture.psql.query('DELETE FROM users WHERE id = $1', [second]);
    await fixture.psql.query(`UPDATE users SET email = 'moved@example.org' WHERE id = $1`, [third]);
    expect(await missed().list(10, 0)).toMatchObject([
      { relation: 'users', pk: [first], oldKey: { id: first }, reason: expect.stringMatching(/^42703 .*bio/) },
      { relation: 'users', pk: [second], oldKey: { id: second } },
      { relation: 'users', pk: [third] },
    ]);
    expect(await repairAll()).toMatchObject({
      repaired: 0,
      failures: [/bio/, /bio/, /bio/].map((text) => expect.stringMatching(text)),
    });
    expect(await fixture.changelog.backlog()).toMatchObject({ pending: 0, missed: 3 });
  } finally {
    await fixture.psql.query('ALTER TABLE users RENAME COLUMN about TO bio');
  }
  expect(await repairAll()).toEqual({ repaired: 3, failures: [] });
  expect((await userItem(fixture, first))['bio']).toEqual({ S: 'new' });
  expect(await fixture.differences()).toEqual([]);
  expect(await fixture.changelog.backlog()).toMatchObject({ missed: 0 });
});

test('a change whose former key is unknown is kept, because the item under that key may still be there', async () => {
  const [first = '', second = ''] = await loadUsers(fixture, 2);
  await fixture.psql.query('ALTER TABLE users RENAME COLUMN email TO mail');
  try {
    await fixture.psql.query('DELETE FROM users WHERE id = $1', [first]);
    await fixture.psql.query(`UPDATE users SET mail = 'other@example.org' WHERE id = $1`, [second]);
  } finally {
    await fixture.psql.query('ALTER TABLE users RENAME COLUMN mail TO email');
  }
  expect(await missed().list(10, 0)).toMatchObject([
    { operation: 'DELETE', pk: [first], oldKey: null },
    { operation: 'UPDATE', pk: [second], oldKey: null },
  ]);
  expect(await repairAll()).toMatchObject({
    repaired: 0,
    failures: [/former key/, /former key/].map((text) => expect.stringMatching(text)),
  });
  expect(await fixture.changelog.backlog()).toMatchObject({ missed: 2 });
});

test('changes that cannot be repaired do not keep others from it, however many they are', async () => {
  const [id = ''] = await loadUsers(fixture, 1);
  await fixture.psql.query(
    `INSERT INTO portage.missed (operation, relation, reason) SELECT 'DELETE', 'users', 'planted' FROM generate_series(1, 450)`,
  );
  await fixture.psql.query(
    `INSERT INTO portage.missed (operation, relation, pk, reason) VALUES ('INSERT', 'users', $1, 'planted')`,
    [JSON.stringify([id])],
  );
  expect((await repairAll()).repaired).toBe(1);
  expect(await fixture.changelog.backlog()).toMatchObject({ missed: 450 });
});

test('a dual write whose image is missing commits in PostgreSQL and is left to the sweeper', async () => {
  const [id = ''] = await loadUsers(fixture, 1);
  const client = await fixture.client();
  await fixture.psql.query('ALTER TABLE users RENAME COLUMN settings TO options');
  try {
    await client.update('USER', { id }, { bio: 'from the client' });
  } finally {
    await fixture.psql.query('ALTER TABLE users RENAME COLUMN options TO settings');
  }
  expect((await userItem(fixture, id))['bio']).not.toEqual({ S: 'from the client' });
  expect(await repairAll()).toEqual({ repaired: 1, failures: [] });
  expect((await userItem(fixture, id))['bio']).toEqual({ S: 'from the client' });
  expect(await fixture.differences()).toEqual([]);
});

test.each([
  ['the changelog', 'DROP TABLE portage.changelog', 1],
  ['the function that writes it', 'DROP FUNCTION portage.record(text, text[], text, boolean)', 1],
  ['everything but the trigger', 'DROP TABLE portage.changelog; DROP TABLE portage.missed', null],
])('without %s the application still writes', async (_, damage, recorded) => {
  const [id = ''] = await loadUsers(fixture, 1);
  await fixture.psql.query(damage);
  await fixture.psql.query(`BEGIN; UPDATE users SET bio = 'a'; UPDATE users SET bio = 'b'; COMMIT`);
  const { rows } = await fixture.psql.query('SELECT bio FROM users WHERE id = $1', [id]);
  expect(rows).toEqual([{ bio: 'b' }]);
  if (recorded !== null) expect((await missed().list(10, 0)).map(({ pk }) => pk)).toEqual([[id], [id]]);
  await installCapture(fixture.sql, fixture.mapping, GENERATION);
  await fixture.psql.query('DELETE FROM portage.missed');
  await fixture.psql.query(`UPDATE users SET bio = 'c' WHERE id = $1`, [id]);
  await fixture.relay();
  expect(await fixture.differences()).toEqual([]);
});

test('the changelog cannot be taken away from a transaction that has written to it', async () => {
  const [id = ''] = await loadUsers(fixture, 1);
  const other = new Client({ connectionString: fixture.connectionString });
  await other.connect();
  try {
    await other.query('BEGIN');
    await other.query(`UPDATE users SET bio = 'a' WHERE id = $1`, [id]);
    await expect(fixture.psql.query(`SET lock_timeout = '50ms'; DROP TABLE portage.changelog`)).rejects.toMatchObject({
      code: '55P03',
    });
    await other.query('COMMIT');
  } finally {
    await other.end();
    await fixture.psql.query('RESET lock_timeout');
  }
});

test('the rehearsal changes nothing, fires no trigger of the application, and tries each role that writes', async () => {
  await fixture.psql.query(`
    CREATE SCHEMA shop;
    CREATE TABLE shop.noted (what text);
    CREATE TABLE shop.things (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text NOT NULL CHECK (name <> ''), twice int GENERATED ALWAYS AS (2) STORED);
    CREATE TABLE shop.empty (id uuid PRIMARY KEY, at timestamptz NOT NULL, tags text[] NOT NULL);
    CREATE FUNCTION shop.note() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN INSERT INTO shop.noted VALUES (TG_OP); RETURN NULL; END';
    CREATE TRIGGER note AFTER INSERT OR UPDATE OR DELETE ON shop.things FOR EACH ROW EXECUTE FUNCTION shop.note();
    INSERT INTO shop.things (name) VALUES ('a'), ('b');
    DELETE FROM shop.noted;
    CREATE ROLE clerk; GRANT USAGE ON SCHEMA shop TO clerk; GRANT ALL ON shop.things, shop.empty TO clerk`);
  const plan = planSchema.parse({
    name: 'shop',
    source: { schema: 'shop' },
    table: { name: 'shop' },
    exclude: { noted: 'a log' },
    entities: {
      THING: { from: 'things', key: { PK: 'THING#{id}', SK: 'THING#{id}' }, omit: ['twice'] },
      EMPTY: { from: 'empty', key: { PK: 'EMPTY#{id}', SK: 'EMPTY#{id}' } },
    },
  });
  const mapping = compilePlan(plan, await readCatalogue(fixture.sql, 'shop'), {});
  const before = await fixture.psql.query('SELECT ctid::text, id, name FROM shop.things ORDER BY id');
  const changes = await fixture.psql.query('SELECT count(*)::int AS n FROM portage.changelog');
  await installCapture(fixture.sql, mapping, GENERATION);
  expect((await fixture.psql.query('SELECT ctid::text, id, name FROM shop.things ORDER BY id')).rows).toEqual(
    before.rows,
  );
  expect((await fixture.psql.query('SELECT count(*)::int AS n FROM portage.changelog')).rows).toEqual(changes.rows);
  expect((await fixture.psql.query('SELECT * FROM shop.noted')).rows).toEqual([]);
  expect((await fixture.psql.query('SELECT * FROM shop.empty')).rows).toEqual([]);
});

test('a table whose rows the trigger would not see is refused by name, and nothing is left behind', async () => {
  await removeCapture(fixture.sql);
  await fixture.psql.query(`
    CREATE ROLE keeper LOGIN PASSWORD 'keeper'; GRANT CREATE ON DATABASE ${new URL(fixture.connectionString).pathname.slice(1)} TO keeper;
    CREATE SCHEMA hidden AUTHORIZATION keeper; SET ROLE keeper;
    CREATE TABLE hidden.open (id int PRIMARY KEY); CREATE TABLE hidden.secrets (id int PRIMARY KEY, tenant text);
    INSERT INTO hidden.open VALUES (1); INSERT INTO hidden.secrets VALUES (1, 'a');
    ALTER TABLE hidden.secrets ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY; RESET ROLE`);
  const url = new URL(fixture.connectionString);
  url.username = 'keeper';
  url.password = 'keeper';
  const source = createPgSource({ connection: { connectionString: url.href } });
  const plan = planSchema.parse({
    name: 'hidden',
    source: { schema: 'hidden' },
    table: { name: 'hidden' },
    entities: {
      OPEN: { from: 'open', key: { PK: 'OPEN#{id}', SK: 'OPEN#{id}' } },
      SECRET: { from: 'secrets', key: { PK: 'SECRET#{id}', SK: 'SECRET#{id}' } },
    },
  });
  try {
    const mapping = compilePlan(plan, await readCatalogue(source, 'hidden'), {});
    await expect(installCapture(source, mapping, 1)).rejects.toMatchObject({
      name: 'CaptureRefused',
      message: expect.stringMatching(/^capture cannot be installed on secrets: .*row-level security/),
    });
    expect(await isInstalled(source)).toBe(false);
    expect((await fixture.psql.query(`SELECT 1 FROM pg_trigger WHERE tgname LIKE 'portage%'`)).rows).toEqual([]);
  } finally {
    await source.close();
    await installCapture(fixture.sql, fixture.mapping, GENERATION);
  }
});

test('an installation that the database does not let finish leaves nothing behind', async () => {
  await removeCapture(fixture.sql);
  await fixture.psql.query(`
    CREATE FUNCTION public.forbid() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''no new tables''; END';
    CREATE EVENT TRIGGER forbid ON ddl_command_end WHEN TAG IN ('CREATE TABLE') EXECUTE FUNCTION public.forbid()`);
  try {
    await expect(installCapture(fixture.sql, fixture.mapping, 1)).rejects.toThrow('no new tables');
    expect(await isInstalled(fixture.sql)).toBe(false);
  } finally {
    await fixture.psql.query('DROP FUNCTION public.forbid CASCADE');
    await installCapture(fixture.sql, fixture.mapping, GENERATION);
  }
});

test('capture of another plan is refused, and what is captured stays so', async () => {
  const { sql, mapping } = fixture;
  await installCapture(sql, mapping, GENERATION, { plan: 'shop' });
  await expect(installCapture(sql, mapping, GENERATION, { plan: 'blog' })).rejects.toMatchObject({
    name: 'CaptureRefused',
    message: expect.stringContaining('the plan shop is being migrated'),
  });
  expect(await captureGaps(sql, mapping)).toEqual([]);
  await installCapture(sql, mapping, GENERATION, { plan: 'shop' });
  await installCapture(sql, mapping, GENERATION);
});

test('a partition that is added later is captured from its first row', async () => {
  await fixture.psql.query(`
    CREATE SCHEMA parts;
    CREATE TABLE parts.events (id int, at date, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
    CREATE TABLE parts.events_1 PARTITION OF parts.events FOR VALUES FROM ('2026-01-01') TO ('2026-02-01')`);
  const plan = planSchema.parse({
    name: 'parts',
    source: { schema: 'parts' },
    table: { name: 'parts' },
    entities: { EVENT: { from: 'events', key: { PK: 'EVENT#{id}', SK: 'EVENT#{at}' } } },
  });
  const mapping = compilePlan(plan, await readCatalogue(fixture.sql, 'parts'), {});
  await installCapture(fixture.sql, mapping, GENERATION);
  await installCapture(fixture.sql, mapping, GENERATION);
  await fixture.psql.query(`
    CREATE TABLE parts.events_2 PARTITION OF parts.events FOR VALUES FROM ('2026-02-01') TO ('2026-03-01');
    SET session_replication_role = replica; INSERT INTO parts.events VALUES (1, '2026-02-03'), (1, '2026-01-03'); RESET session_replication_role`);
  const changes = await fixture.changelog.pending(10);
  expect(changes.map(({ relation, pk }) => [relation, pk])).toEqual([
    ['events', ['1', '2026-02-03']],
    ['events', ['1', '2026-01-03']],
  ]);
  // The event trigger refuses TRUNCATE on it, too.
  expect(await captureGaps(fixture.sql, mapping)).toEqual([]);
});
