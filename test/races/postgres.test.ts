import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { Client } from 'pg';
import { captureGaps, installCapture, openWriters } from '../../src/adapters/postgres/capture/capture.ts';
import { readCatalogue } from '../../src/adapters/postgres/catalogue/read-catalogue.ts';
import type { Mapping } from '../../src/domain/mapping/mapping.ts';
import { compilePlan } from '../../src/domain/plan-check/compile-plan.ts';
import { planFindings } from '../../src/domain/plan-check/check.ts';
import { type Plan, planSchema } from '../../src/domain/plan/plan.ts';
import { startFixture, type Fixture } from '../client/fixture.ts';

/** What the protocol leans on in PostgreSQL, on the server itself. */
let fixture: Fixture;
let plan: Plan;
let mapping: Mapping;
const sessions: Client[] = [];

const SCHEMA = `
  CREATE SCHEMA lean;
  CREATE TABLE lean.owners (id int PRIMARY KEY, note text);
  CREATE TABLE lean.things (id int PRIMARY KEY, owner int REFERENCES lean.owners ON DELETE CASCADE ON UPDATE CASCADE, note text, n int DEFAULT 0);
  CREATE TABLE lean.parts (id int, region text, note text, PRIMARY KEY (id, region)) PARTITION BY LIST (region);
  CREATE TABLE lean.parts_a PARTITION OF lean.parts FOR VALUES IN ('a');
  CREATE TABLE lean.parts_b PARTITION OF lean.parts FOR VALUES IN ('b')`;

beforeAll(async () => {
  fixture = await startFixture();
  await fixture.psql.query(SCHEMA);
  plan = planSchema.parse({
    name: 'lean',
    source: { schema: 'lean' },
    table: { name: 'lean' },
    entities: {
      OWNER: { from: 'owners', key: { PK: 'OWNER#{id}', SK: 'OWNER#{id}' } },
      THING: { from: 'things', key: { PK: 'THING#{id}', SK: 'THING#{id}' } },
      PART: { from: 'parts', key: { PK: 'PART#{id}', SK: 'PART#{region}' } },
    },
  });
  mapping = compilePlan(plan, await readCatalogue(fixture.sql, 'lean'), {});
  await installCapture(fixture.sql, mapping, 1);
}, 120_000);
afterAll(async () => {
  await Promise.all(sessions.map((session) => session.end()));
  await fixture.stop();
});
beforeEach(async () => {
  await fixture.psql.query('DELETE FROM lean.things; DELETE FROM lean.owners; DELETE FROM lean.parts');
  await fixture.psql.query('TRUNCATE portage.changelog, portage.done, portage.parked');
});

async function session(): Promise<Client> {
  const client = new Client({ connectionString: fixture.connectionString });
  await client.connect();
  sessions.push(client);
  return client;
}

async function waiting(client: Client): Promise<void> {
  const pid = 'processID' in client ? Number(client.processID) : 0;
  for (;;) {
    const { rows } = await fixture.psql.query(`SELECT wait_event_type AS type FROM pg_stat_activity WHERE pid = $1`, [
      pid,
    ]);
    if (rows[0]?.type === 'Lock') return;
  }
}

interface Seen {
  readonly seq: number;
  readonly xid: string;
  readonly key: string;
  readonly note: string | null;
}

/** The changelog by number, with the note of each image. */
async function changelog(): Promise<readonly Seen[]> {
  const { rows } = await fixture.psql.query(
    `SELECT seq::int, xid::text, relation || ' ' || pk AS key, row::json ->> 'note' AS note FROM portage.changelog ORDER BY seq`,
  );
  return rows;
}

/** Statements of every kind that write the thing 1, the second of two that meet on its lock. */
const STATEMENTS: readonly (readonly [string, string])[] = [
  ['UPDATE', `UPDATE lean.things SET note = 'second' WHERE id = 1`],
  ['UPDATE … FROM', `UPDATE lean.things t SET note = 'second' FROM lean.owners o WHERE t.owner = o.id`],
  [
    'INSERT … ON CONFLICT',
    `INSERT INTO lean.things (id, owner, note) VALUES (1, 1, 'second') ON CONFLICT (id) DO UPDATE SET note = excluded.note`,
  ],
  [
    'MERGE',
    `MERGE INTO lean.things t USING (VALUES (1, 'second')) AS v(id, note) ON t.id = v.id WHEN MATCHED THEN UPDATE SET note = v.note`,
  ],
  ['WITH … UPDATE', `WITH u AS (UPDATE lean.things SET note = 'second' WHERE id = 1 RETURNING id) SELECT * FROM u`],
  ['DO', `DO $$ BEGIN UPDATE lean.things SET note = 'second' WHERE id = 1; END $$`],
  [
    'SELECT … FOR UPDATE',
    `SELECT * FROM lean.things WHERE id = 1 FOR UPDATE; UPDATE lean.things SET note = 'second' WHERE id = 1`,
  ],
];

test.each(STATEMENTS)('RACE-15 RACE-64 numbers of one row follow its commits: %s', async (_, statement) => {
  await fixture.psql.query(`INSERT INTO lean.owners VALUES (1, 'o'); INSERT INTO lean.things VALUES (1, 1, 'first')`);
  const [early, late] = [await session(), await session()];
  // Has drawn a number before: a sequence with a cache would give it the next one of its own.
  await late.query(`INSERT INTO lean.owners VALUES (2, 'o')`);
  // Begun first, with the lower xid: neither counts, only who has the row's lock first.
  await late.query('BEGIN; SELECT pg_current_xact_id()');
  await early.query(`BEGIN; UPDATE lean.things SET note = 'early' WHERE id = 1`);
  const second = late.query(statement);
  await waiting(late);
  await early.query('COMMIT');
  await second;
  await late.query('COMMIT');
  const seen = (await changelog()).filter(({ key }) => key === 'things ["1"]');
  expect(seen.map(({ note }) => note)).toEqual(['first', 'early', 'second']);
  const { rows } = await fixture.psql.query('SELECT note FROM lean.things');
  expect(rows).toEqual([{ note: seen.at(-1)?.note }]);
});

test('RACE-64 a cascade, a COPY and an upsert of many rows leave each key with its last state under its highest number', async () => {
  await fixture.psql.query(`INSERT INTO lean.owners VALUES (1, 'o'), (2, 'o')`);
  await fixture.psql.query(`INSERT INTO lean.things SELECT i, 1 + i % 2, 'n' || i FROM generate_series(1, 20) i`);
  await fixture.psql.query('UPDATE lean.owners SET id = 3 WHERE id = 1');
  await fixture.psql.query('DELETE FROM lean.owners WHERE id = 2');
  await fixture.psql.query(`COPY lean.owners (id) FROM PROGRAM 'printf "%s\n" 100 101 102 103'`);
  const highest = new Map((await changelog()).map((entry) => [entry.key, entry]));
  const { rows } = await fixture.psql.query(
    `SELECT 'things ["' || id || '"]' AS key, note FROM lean.things UNION ALL SELECT 'owners ["' || id || '"]', note FROM lean.owners`,
  );
  const there = new Map(rows.map((row: { key: string; note: string | null }) => [row.key, row]));
  for (const [key, { note }] of highest) expect([key, note]).toEqual([key, there.get(key)?.note ?? null]);
  expect([...there.keys()].filter((key) => !highest.has(key))).toEqual([]);
  expect([...highest.keys()].filter((key) => !there.has(key))).toHaveLength(12);
});

test.each([[['a_first']], [['z_last']], [['a_first', 'z_last']]])(
  'RACE-57 an AFTER trigger that changes the row again, before capture or after it, leaves the last state under the highest number: %j',
  async (names) => {
    await fixture.psql.query(`
      CREATE FUNCTION lean.again() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN IF NEW.n < 2 THEN UPDATE lean.things SET n = NEW.n + 1, note = 'again ' || NEW.n WHERE id = NEW.id; END IF; RETURN NULL; END $$`);
    for (const name of names) {
      await fixture.psql.query(
        `CREATE TRIGGER ${name} AFTER INSERT OR UPDATE ON lean.things FOR EACH ROW EXECUTE FUNCTION lean.again()`,
      );
    }
    await fixture.psql.query(`INSERT INTO lean.things (id, note) VALUES (7, 'one')`);
    const { rows } = await fixture.psql.query('SELECT note FROM lean.things WHERE id = 7');
    expect((await changelog()).at(-1)?.note).toBe(rows[0]?.note);
    await fixture.psql.query('DROP FUNCTION lean.again CASCADE');
  },
);

test('RACE-64 with a cached sequence numbers do not follow commits, so the gap is reported and a deferrable key refused', async () => {
  await fixture.psql.query('ALTER SEQUENCE portage.seq CACHE 20');
  expect(await captureGaps(fixture.sql, mapping)).toEqual([expect.stringContaining('cache')]);
  await fixture.psql.query(`INSERT INTO lean.things (id, note) VALUES (1, 'first')`);
  const [one, two] = [await session(), await session()];
  // Each session takes its numbers in advance.
  for (const client of [one, two]) await client.query(`UPDATE lean.things SET n = 1 WHERE id = 1`);
  await two.query(`UPDATE lean.things SET note = 'early' WHERE id = 1`);
  await one.query(`UPDATE lean.things SET note = 'late' WHERE id = 1`);
  expect((await changelog()).at(-1)?.note).toBe('early');
  await fixture.psql.query('ALTER SEQUENCE portage.seq CACHE 1');
  expect(await captureGaps(fixture.sql, mapping)).toEqual([]);
  await fixture.psql.query('CREATE TABLE lean.loose (id int PRIMARY KEY DEFERRABLE)');
  const loose = planSchema.parse({
    ...plan,
    entities: { ...plan.entities, LOOSE: { from: 'loose', key: { PK: 'LOOSE#{id}', SK: 'LOOSE#{id}' } } },
  });
  const findings = planFindings(loose, await readCatalogue(fixture.sql, 'lean'));
  expect(findings.some(({ severity, path }) => severity === 'blocks' && path.includes('LOOSE'))).toBe(true);
  await fixture.psql.query('DROP TABLE lean.loose');
});

test('what a savepoint takes back is neither captured nor handed over', async () => {
  const tx = await fixture.sql.begin();
  await tx.query(`SELECT portage.begin_write('t', 1000, 10000)`);
  await tx.query(`INSERT INTO lean.owners VALUES (1, 'kept')`);
  await tx.query('SAVEPOINT s');
  await tx.query(`INSERT INTO lean.owners VALUES (2, 'gone')`);
  await tx.query('ROLLBACK TO SAVEPOINT s');
  await tx.query(`INSERT INTO lean.owners VALUES (3, 'kept too')`);
  const parts = await tx.query('SELECT part, body FROM portage.collect(0)');
  await tx.commit();
  expect(JSON.parse(String(parts[0]?.['body']))).toMatchObject({ count: 2 });
  expect(String(parts[1]?.['body'])).not.toContain('gone');
  const seen = await changelog();
  expect(seen.map(({ note }) => note)).toEqual(['kept', 'kept too']);
  expect(seen.map(({ seq }) => String(parts[1]?.['body']).includes(`"seq" : ${seq}`))).toEqual([true, true]);
});

test('the status of a transaction is that of its whole, savepoints and prepared ones included', async () => {
  const client = await session();
  const xidOf = async () => String((await client.query('SELECT pg_current_xact_id()::text AS xid')).rows[0]?.xid);
  await client.query('BEGIN; SAVEPOINT s');
  await client.query(`INSERT INTO lean.owners VALUES (1, 'x')`);
  const committed = await xidOf();
  expect(await fixture.changelog.status(committed)).toBe('in progress');
  await client.query('RELEASE SAVEPOINT s; COMMIT');
  expect(await fixture.changelog.status(committed)).toBe('committed');
  await client.query(`BEGIN; UPDATE lean.owners SET note = 'y'`);
  const aborted = await xidOf();
  await client.query('ROLLBACK');
  expect(await fixture.changelog.status(aborted)).toBe('aborted');
  expect((await changelog()).map(({ xid }) => xid)).toEqual([committed]);
  expect(await fixture.changelog.status(String(BigInt(aborted) + 1_000_000n))).toBe('future');
});

test('a session that dies in a transaction leaves it aborted', async () => {
  const client = await session();
  client.on('error', () => {});
  await client.query('BEGIN');
  await client.query(`INSERT INTO lean.owners VALUES (9, 'x')`);
  const { rows } = await client.query('SELECT pg_current_xact_id()::text AS xid, pg_backend_pid() AS pid');
  await fixture.psql.query('SELECT pg_terminate_backend($1, 5000)', [rows[0]?.pid]);
  expect(await fixture.changelog.status(String(rows[0]?.xid))).toBe('aborted');
});

test('RACE-71 a row that moves between partitions is one departure and one arrival, in this order', async () => {
  await fixture.psql.query(`INSERT INTO lean.parts VALUES (1, 'a', 'here')`);
  await fixture.psql.query(`UPDATE lean.parts SET region = 'b', note = 'there' WHERE id = 1`);
  expect((await changelog()).map(({ key, note }) => [key, note])).toEqual([
    ['parts ["1","a"]', 'here'],
    ['parts ["1","a"]', null],
    ['parts ["1","b"]', 'there'],
  ]);
});

test('RACE-5 installing capture waits for a writer a second at a time, lets others write in between, and takes no reader out', async () => {
  const [writer, other, reader] = [await session(), await session(), await session()];
  await writer.query(`BEGIN; INSERT INTO lean.owners VALUES (1, 'open')`);
  await reader.query('BEGIN; SELECT count(*) FROM lean.owners');
  let installed = false;
  const installing = installCapture(fixture.sql, mapping, 1).then(() => (installed = true));
  // A mode that readers need not wait behind.
  expect(await modeWaitedFor()).toBe('ShareRowExclusiveLock');
  const started = performance.now();
  await other.query(`INSERT INTO lean.owners VALUES (2, 'other')`);
  expect(performance.now() - started).toBeLessThan(3_000);
  expect(await openWriters(fixture.sql)).not.toEqual([]);
  await reader.query('SELECT count(*) FROM lean.owners; COMMIT');
  expect(installed).toBe(false);
  await writer.query('COMMIT');
  await installing;
  expect((await changelog()).map(({ note }) => note).sort()).toEqual(['open', 'other']);
});

async function modeWaitedFor(): Promise<string> {
  for (;;) {
    const { rows } = await fixture.psql.query<{ mode: string }>(
      `SELECT mode FROM pg_locks l JOIN pg_class c ON c.oid = l.relation WHERE NOT l.granted AND c.relname = 'owners'`,
    );
    const [waiting] = rows;
    if (waiting !== undefined) return waiting.mode;
  }
}
