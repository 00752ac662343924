import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { Client } from 'pg';
import { captureGaps, installCapture } from '../../../../src/adapters/postgres/capture/capture.ts';
import { createPgSource } from '../../../../src/adapters/postgres/connection/pg-source.ts';
import { readCatalogue } from '../../../../src/adapters/postgres/catalogue/read-catalogue.ts';
import { removeCapture } from '../../../../src/adapters/postgres/removal/remove-capture.ts';
import { compilePlan } from '../../../../src/domain/plan-check/compile-plan.ts';
import type { Mapping } from '../../../../src/domain/mapping/mapping.ts';
import { planSchema } from '../../../../src/domain/plan/plan.ts';
import type { SqlSource } from '../../../../src/domain/ports/source.ts';
import { GENERATION, type Fixture, useFixture } from '../../../client/fixture.ts';

let fixture: Fixture;
useFixture((started) => (fixture = started), { mode: 'dual' });

const run = (sql: string) => fixture.psql.query(sql);

/** Maps tables of a schema of its own. */
async function mappingOf(schema: string, ...tables: readonly string[]): Promise<Mapping> {
  const plan = planSchema.parse({
    name: schema,
    source: { schema },
    table: { name: schema },
    entities: Object.fromEntries(
      tables.map((from) => {
        const name = from.toUpperCase();
        return [name, { from, key: { PK: `${name}#{id}`, SK: `${name}#{id}` } }];
      }),
    ),
  });
  return compilePlan(plan, await readCatalogue(fixture.sql, schema), {});
}

test('the owner of a partitioned table makes and attaches partitions, whoever installed capture', async () => {
  await run(`
    CREATE ROLE landlord; CREATE ROLE heir; CREATE SCHEMA estate AUTHORIZATION landlord; SET ROLE landlord;
    CREATE TABLE estate.lots (id int PRIMARY KEY, note text) PARTITION BY RANGE (id);
    CREATE TABLE estate.lots_1 PARTITION OF estate.lots FOR VALUES FROM (0) TO (10);
    RESET ROLE`);
  try {
    await installCapture(fixture.sql, await mappingOf('estate', 'lots'), GENERATION);
    await run(`
      SET ROLE landlord;
      CREATE TABLE estate.lots_2 PARTITION OF estate.lots FOR VALUES FROM (10) TO (20);
      CREATE TABLE estate.lots_3 (LIKE estate.lots INCLUDING ALL);
      ALTER TABLE estate.lots ATTACH PARTITION estate.lots_3 FOR VALUES FROM (20) TO (30);
      INSERT INTO estate.lots VALUES (11, 'b'), (21, 'c');
      RESET ROLE`);
    expect((await fixture.changelog.pending(10)).map(({ pk }) => pk)).toEqual([['11'], ['21']]);
    // Once the sweeper has looked, the next owner may, and the former one can go.
    await run('ALTER SCHEMA estate OWNER TO heir; REASSIGN OWNED BY landlord TO heir; SELECT portage.admit()');
    await run('DROP ROLE landlord');
    await run(
      `SET ROLE heir; CREATE TABLE estate.lots_4 PARTITION OF estate.lots FOR VALUES FROM (30) TO (40); RESET ROLE`,
    );
  } finally {
    await run(
      'RESET ROLE; DROP SCHEMA estate CASCADE; DROP ROLE IF EXISTS landlord; DROP OWNED BY heir; DROP ROLE heir',
    );
    await installCapture(fixture.sql, fixture.mapping, GENERATION);
  }
});

test('the owner of a level between a root and its partitions makes partitions', async () => {
  await run(`
    CREATE ROLE tenant; CREATE SCHEMA tower; GRANT ALL ON SCHEMA tower TO tenant;
    CREATE TABLE tower.flats (id int PRIMARY KEY) PARTITION BY RANGE (id);
    CREATE TABLE tower.flats_1 PARTITION OF tower.flats FOR VALUES FROM (0) TO (100) PARTITION BY RANGE (id);
    CREATE TABLE tower.flats_1a PARTITION OF tower.flats_1 FOR VALUES FROM (0) TO (10);
    ALTER TABLE tower.flats_1 OWNER TO tenant`);
  try {
    await installCapture(fixture.sql, await mappingOf('tower', 'flats'), GENERATION);
    await run(`
      SET ROLE tenant; CREATE TABLE tower.flats_1b PARTITION OF tower.flats_1 FOR VALUES FROM (10) TO (20);
      RESET ROLE; INSERT INTO tower.flats VALUES (11)`);
    expect((await fixture.changelog.pending(10)).map(({ pk }) => pk)).toEqual([['11']]);
  } finally {
    await run('RESET ROLE; DROP SCHEMA tower CASCADE; DROP OWNED BY tenant; DROP ROLE tenant');
    await installCapture(fixture.sql, fixture.mapping, GENERATION);
  }
});

test('a lock on one partition blocks no write to another, however often a session writes', async () => {
  await run(`
    CREATE SCHEMA log; CREATE TABLE log.lines (id int PRIMARY KEY) PARTITION BY RANGE (id);
    ${[0, 1, 2, 3].map((n) => `CREATE TABLE log.lines_${n} PARTITION OF log.lines FOR VALUES FROM (${n}0000) TO (${n + 1}0000);`).join(' ')}
    INSERT INTO log.lines SELECT 5 * n FROM generate_series(1, 7000) AS n; ANALYZE log.lines`);
  const other = new Client({ connectionString: fixture.connectionString });
  await other.connect();
  try {
    await installCapture(fixture.sql, await mappingOf('log', 'lines'), GENERATION);
    await other.query('BEGIN; LOCK TABLE ONLY log.lines_1 IN ACCESS EXCLUSIVE MODE');
    await run(`SET statement_timeout = '5s'; PREPARE line (int) AS INSERT INTO log.lines VALUES ($1)`);
    // After five executions a session may keep a plan for all values.
    for (let id = 36_000; id < 36_012; id++) await run(`EXECUTE line(${id})`);
  } finally {
    await other.end();
    await run('RESET statement_timeout; DEALLOCATE ALL; DROP SCHEMA log CASCADE');
    await installCapture(fixture.sql, fixture.mapping, GENERATION);
  }
});

test('roles call the functions of a dual write also where new functions are for nobody', async () => {
  await removeCapture(fixture.sql);
  await run(
    'ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC; CREATE ROLE clerk; GRANT INSERT ON users TO clerk',
  );
  try {
    await installCapture(fixture.sql, fixture.mapping, GENERATION);
    await run(`
      SET ROLE clerk; BEGIN; SELECT portage.begin_write('w', 1000, 1000), portage.status('1'); SELECT portage.collect(0);
      SELECT portage.mark('w', '[]', ${GENERATION}); COMMIT`);
  } finally {
    await run('RESET ROLE; DROP OWNED BY clerk; DROP ROLE clerk');
    await run('ALTER DEFAULT PRIVILEGES GRANT EXECUTE ON FUNCTIONS TO PUBLIC');
    await removeCapture(fixture.sql);
    await installCapture(fixture.sql, fixture.mapping, GENERATION);
  }
});

test('a role whose rights are taken away can be dropped once the sweeper has looked; a grant by hand stays', async () => {
  await run('CREATE ROLE lease; CREATE ROLE proxy; GRANT INSERT ON users TO lease; SELECT portage.admit()');
  await run('REVOKE ALL ON users FROM lease; SELECT portage.admit()');
  await run('DROP ROLE lease');
  // What was granted and taken back is forgotten.
  await run(
    'GRANT INSERT ON users TO proxy; SELECT portage.admit(); REVOKE ALL ON users FROM proxy; SELECT portage.admit()',
  );
  await run('GRANT EXECUTE ON FUNCTION portage.flush() TO proxy; SELECT portage.admit()');
  const { rows } = await run(`SELECT has_function_privilege('proxy', 'portage.flush()', 'EXECUTE') AS held`);
  expect(rows).toEqual([{ held: true }]);
  await run('DROP OWNED BY proxy; DROP ROLE proxy');
});

test("a schema portage of the application's own is refused, and its removal too", async () => {
  await removeCapture(fixture.sql);
  await run('CREATE SCHEMA portage; CREATE TABLE portage.shipments (id int); INSERT INTO portage.shipments VALUES (1)');
  try {
    await expect(installCapture(fixture.sql, fixture.mapping, GENERATION)).rejects.toMatchObject({
      name: 'CaptureRefused',
      message: expect.stringMatching(/it has a schema portage of its own, .*; rename that schema/),
    });
    await removeCapture(fixture.sql);
    const script = readFileSync(join(import.meta.dirname, '../../../../runbooks/remove-capture.sql'), 'utf8');
    const guard = script.split('\n\n').find((part) => part.includes('nothing was removed')) ?? '';
    await expect(run(guard)).rejects.toThrow("the schema portage is not capture's: nothing was removed");
    expect((await run('SELECT id FROM portage.shipments')).rows).toEqual([{ id: 1 }]);
  } finally {
    await run('DROP SCHEMA portage CASCADE');
    await installCapture(fixture.sql, fixture.mapping, GENERATION);
  }
});

test('lastval() answers what the sequence of the application gave, for its owner and for others', async () => {
  await run(`
    CREATE ROLE cashier; CREATE SCHEMA till; GRANT USAGE ON SCHEMA till TO cashier;
    CREATE TABLE till.sales (id bigint GENERATED BY DEFAULT AS IDENTITY (MINVALUE -50 START -50) PRIMARY KEY, note text);
    CREATE TABLE till.notes (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), note text);
    GRANT ALL ON ALL TABLES IN SCHEMA till TO cashier; GRANT ALL ON ALL SEQUENCES IN SCHEMA till TO cashier`);
  try {
    await installCapture(fixture.sql, await mappingOf('till', 'sales', 'notes'), GENERATION);
    for (const role of ['cashier', 'NONE']) {
      await run(`DISCARD SEQUENCES; SET ROLE ${role}; INSERT INTO till.notes (note) VALUES ('before any sequence')`);
      for (const values of [`('one')`, `('two'), ('three')`]) {
        const { rows } = await run(`INSERT INTO till.sales (note) VALUES ${values} RETURNING id`);
        await run(`INSERT INTO till.notes (note) VALUES ('beside'); UPDATE till.sales SET note = note || '!'`);
        expect((await run('SELECT lastval() AS id')).rows).toEqual(rows.slice(-1));
      }
    }
    // Likewise where a change becomes a gap, because its image or the changelog fails.
    for (const damage of [
      'ALTER TABLE till.sales RENAME COLUMN note TO remark',
      'ALTER TABLE till.sales RENAME COLUMN remark TO note; DROP TABLE portage.changelog',
    ]) {
      await run(damage);
      await run('DELETE FROM portage.missed');
      const { rows } = await run('INSERT INTO till.sales VALUES (DEFAULT), (DEFAULT) RETURNING id');
      expect((await run('SELECT lastval() AS id')).rows).toEqual(rows.slice(-1));
      expect((await run('SELECT count(*)::int AS gaps FROM portage.missed')).rows).toEqual([{ gaps: 2 }]);
    }
  } finally {
    await run('RESET ROLE; DROP SCHEMA till CASCADE; DROP OWNED BY cashier; DROP ROLE cashier');
    await installCapture(fixture.sql, fixture.mapping, GENERATION);
  }
});

test('a publication of all tables keeps neither the application nor the sweeper from their work', async () => {
  await run('CREATE PUBLICATION everything FOR ALL TABLES');
  try {
    await run(`INSERT INTO users (email, display_name, tags, settings) VALUES ('p@x', 'P', '{}', '{}')`);
    await fixture.changelog.flush();
    await fixture.relay();
    await fixture.sweep();
    await fixture.changelog.prune();
    expect(await fixture.differences()).toEqual([]);
    const { rows } = await run(
      `SELECT c.relname FROM pg_class c WHERE c.relnamespace = 'portage'::regnamespace AND c.relkind = 'r'
       AND NOT EXISTS (SELECT FROM pg_index i WHERE i.indrelid = c.oid AND i.indisprimary)`,
    );
    expect(rows).toEqual([]);
  } finally {
    await run('DROP PUBLICATION everything');
  }
});

test('the rehearsal fires no trigger that the application has for all roles', async () => {
  await run(`
    CREATE SCHEMA bells; CREATE SEQUENCE bells.rung; CREATE TABLE bells.things (id int PRIMARY KEY, note text);
    INSERT INTO bells.things VALUES (1, 'a');
    CREATE FUNCTION bells.ring() RETURNS trigger LANGUAGE plpgsql AS $f$ BEGIN PERFORM nextval('bells.rung'); RETURN NEW; END $f$;
    CREATE TRIGGER ring BEFORE INSERT OR UPDATE ON bells.things FOR EACH ROW EXECUTE FUNCTION bells.ring();
    ALTER TABLE bells.things ENABLE ALWAYS TRIGGER ring`);
  try {
    await installCapture(fixture.sql, await mappingOf('bells', 'things'), GENERATION);
    expect((await run('SELECT is_called FROM bells.rung')).rows).toEqual([{ is_called: false }]);
  } finally {
    await run('DROP SCHEMA bells CASCADE');
    await installCapture(fixture.sql, fixture.mapping, GENERATION);
  }
});

test('an owner without other rights installs capture on a table whose rows rules put elsewhere', async () => {
  await run(`
    CREATE ROLE archivist LOGIN PASSWORD 'portage'; GRANT CREATE ON DATABASE ${new URL(fixture.connectionString).pathname.slice(1)} TO archivist;
    CREATE SCHEMA logs AUTHORIZATION archivist; SET ROLE archivist;
    CREATE TABLE logs.lines (id int PRIMARY KEY, note text); CREATE TABLE logs.lines_old () INHERITS (logs.lines);
    ALTER TABLE logs.lines_old ADD PRIMARY KEY (id);
    CREATE RULE old AS ON INSERT TO logs.lines DO INSTEAD INSERT INTO logs.lines_old VALUES (NEW.*); RESET ROLE`);
  await removeCapture(fixture.sql);
  const url = new URL(fixture.connectionString);
  [url.username, url.password] = ['archivist', 'portage'];
  const source = createPgSource({ connection: { connectionString: url.href } });
  try {
    const mapping = await mappingOf('logs', 'lines');
    await installCapture(source, mapping, GENERATION);
    await run(`INSERT INTO logs.lines VALUES (1, 'by the rule')`);
    expect(await captureGaps(source, mapping)).toEqual([]);
    expect(await fixture.changelog.pending(10)).toMatchObject([{ relation: 'lines', pk: ['1'] }]);
    await removeCapture(source);
  } finally {
    await source.close();
    await run('DROP SCHEMA logs CASCADE; DROP OWNED BY archivist; DROP ROLE archivist');
    await installCapture(fixture.sql, fixture.mapping, GENERATION);
  }
});

test('an error in a function of the application’s says in which', async () => {
  await run(`
    CREATE FUNCTION public.note_ddl() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN INSERT INTO ddl_notes VALUES (1); END';
    CREATE EVENT TRIGGER note_ddl ON ddl_command_end EXECUTE FUNCTION public.note_ddl()`);
  try {
    await expect(fixture.sources.pg.query('CREATE TABLE public.noted (id int)')).rejects.toThrow(
      'relation "ddl_notes" does not exist, in note_ddl()',
    );
  } finally {
    await run('DROP FUNCTION public.note_ddl CASCADE');
  }
});

test('the rehearsal writes a short row where all rows are large, and reads their images before the lock', async () => {
  await run(`
    CREATE ROLE scribe; CREATE SCHEMA archive; GRANT USAGE ON SCHEMA archive TO scribe;
    CREATE TABLE archive.scrolls (id int PRIMARY KEY, words text NOT NULL CHECK (length(words) > 3), seal bytea, marks jsonb NOT NULL, kind varchar(9));
    ALTER TABLE archive.scrolls ALTER words SET STORAGE EXTERNAL, ALTER seal SET STORAGE EXTERNAL, ALTER marks SET STORAGE EXTERNAL;
    INSERT INTO archive.scrolls SELECT n, repeat('word ', 60000), decode(repeat('ab', 200000), 'hex'), to_jsonb(repeat('mark ', 60000)), 'old' FROM generate_series(1, 3) n;
    GRANT INSERT ON archive.scrolls TO scribe`);
  try {
    await installCapture(fixture.sql, await mappingOf('archive', 'scrolls'), GENERATION);
    // From now on the trigger fails for an image that is long, and for one that a certain role inserts.
    await run(`
      CREATE OR REPLACE FUNCTION portage.record(p_relation text, p_changes text[], p_old text, p_first boolean) RETURNS int LANGUAGE plpgsql AS $f$
      BEGIN
        IF length(p_changes[1][2]) > 20000 THEN RAISE EXCEPTION 'it is long'; END IF;
        IF current_setting('role') = 'scribe' AND p_changes[1][2] IS NOT NULL THEN RAISE EXCEPTION 'scribe inserts'; END IF;
        INSERT INTO portage.changelog (seq, xid, relation, pk, row) VALUES (nextval('portage.seq'), pg_current_xact_id(), p_relation, p_changes[1][1], p_changes[1][2]);
        RETURN 1;
      END $f$`);
    const rehearse = async (role: string | null) => {
      const { rows } = await run(
        `SELECT portage.rehearse('archive.scrolls', ${role ?? 'NULL'}, portage.prepare_rehearsal('archive.scrolls', 'archive.scrolls')) AS problem`,
      );
      return rows;
    };
    expect(await rehearse(null)).toEqual([{ problem: null }]);
    expect(await rehearse(`'scribe'`)).toEqual([{ problem: expect.stringContaining('scribe inserts') }]);
    // With constraints that a short row does not meet it is left at the deletion, and without short rows to choose from the first is long.
    await run(`ALTER TABLE archive.scrolls ADD CHECK (length(words) > 5000)`);
    expect(await rehearse(null)).toEqual([{ problem: null }]);
    expect((await run('SELECT count(*)::int AS n, min(length(words)) AS words FROM archive.scrolls')).rows).toEqual([
      { n: 3, words: 300_000 },
    ]);
  } finally {
    await run('DROP SCHEMA archive CASCADE; DROP OWNED BY scribe; DROP ROLE scribe');
    await installCapture(fixture.sql, fixture.mapping, GENERATION);
  }
});

test('partitions are locked a few at a time, and not at all where capture is installed again', async () => {
  const partitions = Array.from({ length: 24 }, (_, n) => n);
  await run(`
    CREATE SCHEMA years; CREATE TABLE years.days (id int PRIMARY KEY) PARTITION BY LIST (id);
    ${partitions.map((n) => `CREATE TABLE years.days_${n} PARTITION OF years.days FOR VALUES IN (${n});`).join(' ')}`);
  const locked: number[] = [];
  const counting: SqlSource = {
    ...fixture.sql,
    query: (text, parameters) => fixture.sql.query(text, parameters),
    begin: async () => {
      const tx = await fixture.sql.begin();
      return {
        query: (text, parameters) => tx.query(text, parameters),
        rollback: () => tx.rollback(),
        commit: async () => {
          const [row] = await tx.query(
            `SELECT count(*)::int AS n FROM pg_locks WHERE pid = pg_backend_pid() AND locktype = 'relation' AND granted
             AND mode IN ('ShareRowExclusiveLock', 'AccessExclusiveLock') AND relation IN (SELECT oid FROM pg_class WHERE relname LIKE 'days%')`,
          );
          locked.push(Number(row?.['n']));
          await tx.commit();
        },
      };
    },
  };
  try {
    const mapping = await mappingOf('years', 'days');
    await installCapture(counting, mapping, GENERATION);
    // The trigger of the root goes to all partitions in one statement; a partition that is rehearsed is let go at once.
    expect(locked.filter((n) => n > 0).toSorted((a, b) => b - a)).toEqual([25, 10, 10, 4]);
    expect(await captureGaps(fixture.sql, mapping)).toEqual([]);
    // A write looks at the partitions of its own values only, however often a session makes it.
    const looked = async (write: string) => {
      await run(`BEGIN; ${write}`);
      const { rows } = await run(
        `SELECT count(DISTINCT relation)::int AS n FROM pg_locks WHERE pid = pg_backend_pid() AND relation IN (SELECT oid FROM pg_class WHERE relname ~ '^days_\\d+$')`,
      );
      await run('ROLLBACK');
      return rows;
    };
    for (let n = 0; n < 8; n++) expect(await looked(`INSERT INTO years.days VALUES (${n})`)).toEqual([{ n: 1 }]);
    await run('INSERT INTO years.days VALUES (8)');
    expect(await looked('UPDATE years.days SET id = 9 WHERE id = 8')).toEqual([{ n: 2 }]);
    expect(await fixture.changelog.pending(9)).toMatchObject([{ pk: ['8'], row: { id: '8' } }]);
    await run('BEGIN; INSERT INTO years.days_20 VALUES (20)');
    locked.length = 0;
    await installCapture(counting, mapping, GENERATION);
    expect(Math.max(...locked)).toBe(1);
    await run('COMMIT');
    // A trigger of another name, as an earlier version had it, is replaced.
    await run(
      `DO $$ BEGIN EXECUTE (SELECT format('ALTER TRIGGER %I ON years.days RENAME TO portage_capture', tgname) FROM pg_trigger WHERE tgrelid = 'years.days'::regclass AND tgname ~ '^portage_capture'); END $$`,
    );
    await installCapture(fixture.sql, mapping, GENERATION);
    expect(await captureGaps(fixture.sql, mapping)).toEqual([]);
    const { rows: names } = await run(
      `SELECT count(DISTINCT t.tgname)::int AS n, count(*)::int AS triggers FROM pg_trigger t WHERE t.tgrelid::regclass::text LIKE 'years.days%' AND t.tgname ~ '^portage_capture'`,
    );
    expect(names).toEqual([{ n: 1, triggers: 25 }]);
  } finally {
    await run('ROLLBACK; DROP SCHEMA years CASCADE');
    await installCapture(fixture.sql, fixture.mapping, GENERATION);
  }
});

test('a table that is captured by itself becomes a partition of another, and one plan follows the other', async () => {
  await run(`
    CREATE SCHEMA depot; CREATE TABLE depot.parcels (id int PRIMARY KEY, note text) PARTITION BY RANGE (id);
    CREATE TABLE depot.parcels_1 PARTITION OF depot.parcels FOR VALUES FROM (0) TO (10);
    CREATE TABLE depot.older (id int PRIMARY KEY, note text) PARTITION BY RANGE (id);
    CREATE TABLE depot.older_1 PARTITION OF depot.older FOR VALUES FROM (10) TO (20);
    CREATE TABLE depot.oldest (LIKE depot.parcels INCLUDING ALL);
    INSERT INTO depot.oldest VALUES (21, 'brought along')`);
  try {
    await installCapture(fixture.sql, await mappingOf('depot', 'parcels', 'older', 'oldest'), GENERATION);
    await run(`
      ALTER TABLE depot.parcels ATTACH PARTITION depot.oldest FOR VALUES FROM (20) TO (30);
      ALTER TABLE depot.parcels ATTACH PARTITION depot.older FOR VALUES FROM (10) TO (20);
      INSERT INTO depot.parcels VALUES (1, 'a'), (11, 'b'), (22, 'c')`);
    const recorded = async () =>
      (await fixture.changelog.pending(10)).map(({ relation, pk }) => `${relation} ${String(pk)}`).toSorted();
    expect(await recorded()).toEqual(['older 11', 'oldest 22', 'parcels 1', 'parcels 11', 'parcels 22']);
    const mapping = await mappingOf('depot', 'parcels');
    await installCapture(fixture.sql, mapping, GENERATION);
    expect(await captureGaps(fixture.sql, mapping)).toEqual([]);
    await run('DELETE FROM portage.changelog; UPDATE depot.parcels SET note = id');
    expect(await recorded()).toEqual(['parcels 1', 'parcels 11', 'parcels 21', 'parcels 22']);
  } finally {
    await run('DROP SCHEMA depot CASCADE');
    await installCapture(fixture.sql, fixture.mapping, GENERATION);
  }
});
