import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Client } from 'pg';
import { captureGaps, installCapture } from '../../src/adapters/postgres/capture/capture.ts';
import { removeCapture } from '../../src/adapters/postgres/removal/remove-capture.ts';
import { createMissedChanges } from '../../src/adapters/postgres/capture/missed-changes.ts';
import { readCatalogue } from '../../src/adapters/postgres/catalogue/read-catalogue.ts';
import { WAYS } from '../../local/engines/connect.ts';
import { assertSchema } from '../../src/domain/ddl/assert-schema.ts';
import { repairMissed } from '../../src/domain/protocol/repair-missed.ts';
import { user } from '../client/rows.ts';
import { GENERATION, startFixture, type Fixture } from '../client/fixture.ts';

let fixture: Fixture;
/** What a database holds that capture has never seen. */
let untouched: readonly string[];

beforeAll(async () => {
  fixture = await startFixture();
  await fixture.psql.query('CREATE DATABASE untouched');
  const client = new Client({ connectionString: new URL('/untouched', fixture.connectionString).href });
  await client.connect();
  await client.query(readFileSync('examples/campaigns/schema.sql', 'utf8'));
  untouched = await everything(client);
  await client.end();
  await fixture.enter('dual');
}, 120_000);
afterAll(() => fixture.stop());

const capture = {
  catalogue: () => readCatalogue(fixture.sql, 'public'),
  gaps: () => captureGaps(fixture.sql, fixture.mapping),
  lost: () => Promise.resolve([]),
  replaced: () => Promise.resolve([]),
  rewritten: () => Promise.resolve([]),
  adopt: () => Promise.resolve({ adopted: [], rows: 0 }),
};
const unchanged = () =>
  assertSchema({ plan: fixture.plan, control: fixture.control, capture }, fixture.mapping, GENERATION);

/** Everything of the database that outlasts a session, as text. */
async function everything(client: Client): Promise<readonly string[]> {
  const { rows } = await client.query<{ what: string }>(`
    SELECT 'schema ' || nspname || ' ' || coalesce(nspacl::text, '') AS what FROM pg_namespace WHERE nspname !~ '^pg_(toast_)?temp'
    UNION ALL SELECT 'relation ' || relnamespace::regnamespace || '.' || relname || ' ' || coalesce(relacl::text, '') || relhastriggers FROM pg_class WHERE relnamespace::regnamespace::text <> 'pg_toast'
    UNION ALL SELECT 'function ' || oid::regprocedure || ' ' || coalesce(proacl::text, '') FROM pg_proc
    UNION ALL SELECT 'trigger ' || regexp_replace(tgname, '_[0-9]+$', '') || ' on ' || tgrelid::regclass || ' ' || tgenabled::text FROM pg_trigger
    UNION ALL SELECT 'type ' || oid::regtype FROM pg_type WHERE typrelid = 0 AND typelem = 0
    UNION ALL SELECT 'setting ' || setrole || ' ' || setconfig::text FROM pg_db_role_setting
    UNION ALL SELECT 'role ' || rolname || rolcanlogin FROM pg_roles
    UNION ALL SELECT 'publication ' || pubname FROM pg_publication UNION ALL SELECT 'event trigger ' || evtname FROM pg_event_trigger
    UNION ALL SELECT 'slot ' || slot_name FROM pg_replication_slots ORDER BY 1`);
  return rows.map(({ what }) => what);
}

test.each(WAYS)(
  'by %s capture comes and goes under live writers: none waits long, nothing is left behind',
  async (way) => {
    const sql = fixture.sources[way];
    const waits: number[] = [];
    let over = false;
    const writing = async (): Promise<void> => {
      const client = new Client({ connectionString: fixture.connectionString });
      await client.connect();
      for (;;) {
        if (over) break;
        const start = performance.now();
        const { id, email } = user();
        await client.query('BEGIN');
        await client.query(
          `INSERT INTO users (id, email, display_name, tags, settings) VALUES ($1, $2, 'W', '{}', '{}')`,
          [id, email],
        );
        await client.query('UPDATE users SET bio = $2 WHERE id = $1', [id, 'x']);
        await client.query('COMMIT');
        waits.push(performance.now() - start);
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
      await client.end();
    };
    const writers = Promise.all([writing(), writing(), writing()]);
    for (let times = 0; times < 3; times++) {
      await installCapture(sql, fixture.mapping, GENERATION);
      expect(await captureGaps(sql, fixture.mapping)).toEqual([]);
      await removeCapture(sql);
    }
    over = true;
    await writers;
    expect(waits.length).toBeGreaterThan(20);
    expect(Math.max(...waits)).toBeLessThan(2_500);
    // relhastriggers stays set until a vacuum looks.
    await fixture.psql.query('VACUUM users, campaigns, sessions, characters');
    expect(await everything(fixture.psql)).toEqual(untouched);
    await fixture.psql.query('DELETE FROM users');
    await installCapture(sql, fixture.mapping, GENERATION);
  },
);

test('the plain SQL file takes capture out within a second, and a client with dual writes goes on with PostgreSQL', async () => {
  const client = await fixture.client();
  const row = user({ bio: 'before' });
  await client.put('USER', row);
  await fixture.psql.query(
    `CREATE ROLE locked_out_user NOLOGIN; INSERT INTO portage.locked_out VALUES ('locked_out_user')`,
  );
  // Statement by statement, as psql sends them.
  const statements = readFileSync('runbooks/remove-capture.sql', 'utf8')
    .split(/\n\n/)
    .filter((text) => !text.startsWith('\\'));
  const began = performance.now();
  for (const statement of statements) await fixture.psql.query(statement);
  expect(performance.now() - began).toBeLessThan(1_000);
  const { rows } = await fixture.psql.query(`SELECT rolcanlogin FROM pg_roles WHERE rolname = 'locked_out_user'`);
  expect(rows).toEqual([{ rolcanlogin: true }]);
  await fixture.psql.query('DROP ROLE locked_out_user');
  await client.update('USER', { id: row.id }, { bio: 'after' });
  expect(await client.sql('a job', (tx) => tx.query('SELECT bio FROM users'))).toEqual([{ bio: 'after' }]);
  expect(await client.get('USER', { id: row.id })).toMatchObject({ bio: 'after' });
  expect(fixture.observed.sum('CaptureMissing')).toBe(2);
  await fixture.psql.query('VACUUM users, campaigns, sessions, characters');
  expect(await everything(fixture.psql)).toEqual(untouched);
  await fixture.psql.query('DELETE FROM users');
  await installCapture(fixture.sql, fixture.mapping, GENERATION);
  await fixture.clear();
});

test('RACE-37 RACE-71 an ALTER TABLE of a mapped column, a child without capture and a disabled trigger stop with a clear error, a TRUNCATE is refused, and nothing is lost', async () => {
  const client = await fixture.client();
  const row = user();
  await client.put('USER', row);
  await unchanged();
  await fixture.psql.query('ALTER TABLE users ADD COLUMN shoe_size int');
  await unchanged();
  await client.update('USER', { id: row.id }, { bio: 'meanwhile' });
  await fixture.psql.query('ALTER TABLE users DROP COLUMN shoe_size');
  await fixture.psql.query('ALTER TABLE users ALTER COLUMN display_name TYPE varchar(90)');
  await expect(unchanged()).rejects.toMatchObject({
    name: 'SchemaChanged',
    retryable: false,
    message: expect.stringContaining('users: column display_name was text, is varchar(90)'),
  });
  await fixture.psql.query('ALTER TABLE users ALTER COLUMN display_name TYPE text');
  await unchanged();
  await fixture.psql.query('ALTER EVENT TRIGGER portage_follow DISABLE; CREATE TABLE more_users () INHERITS (users)');
  await expect(unchanged()).rejects.toThrow(/more_users has no enabled trigger/);
  await fixture.psql.query('DROP TABLE more_users; ALTER EVENT TRIGGER portage_follow ENABLE ALWAYS');
  await fixture.psql.query('ALTER TABLE users DISABLE TRIGGER portage_capture');
  await expect(unchanged()).rejects.toThrow(/users has no enabled trigger portage_capture/);
  await fixture.psql.query('ALTER TABLE users ENABLE ALWAYS TRIGGER portage_capture');
  await unchanged();
  await expect(fixture.psql.query('TRUNCATE users CASCADE')).rejects.toThrow(
    /cannot be truncated while it is being migrated/,
  );
  expect(await fixture.differences()).toEqual([]);
  expect(await client.get('USER', { id: row.id })).toMatchObject({ bio: 'meanwhile' });
});

test('a column that capture needs may go: no statement fails, the backlog keeps the gates closed, and the rows are repaired', async () => {
  const client = await fixture.client();
  const row = user({ bio: 'kept' });
  await client.put('USER', row);
  await fixture.psql.query('ALTER TABLE users RENAME COLUMN bio TO biography');
  await fixture.psql.query(`UPDATE users SET display_name = 'x'`);
  await client.update('USER', { id: row.id }, { display_name: 'x' });
  expect((await fixture.changelog.backlog()).missed).toBeGreaterThan(1);
  await fixture.psql.query('ALTER TABLE users RENAME COLUMN biography TO bio');
  await client.update('USER', { id: row.id }, { display_name: 'y' });
  const { table, intents, rows, changelog, bodies, control, mapping, sql } = fixture;
  await repairMissed(
    { table, intents, rows, changelog, bodies, control, missed: createMissedChanges(sql) },
    { mapping, generation: GENERATION, at: new Date().toISOString() },
  );
  expect(await fixture.differences()).toEqual([]);
  expect(await fixture.changelog.backlog()).toMatchObject({ missed: 0 });
});
