import { expect, test } from '@jest/globals';
import { createPgSource, type PgSource } from '../../../../src/adapters/postgres/connection/pg-source.ts';
import { GENERATION, type Fixture, useFixture } from '../../../client/fixture.ts';
import { user } from '../../../client/rows.ts';

let fixture: Fixture;
useFixture((started) => (fixture = started), { mode: 'dual' });

/** A session of a login that has no rights but those granted here. */
async function as(login: string, grants: string, work: (source: PgSource) => Promise<void>): Promise<void> {
  await fixture.psql.query(`CREATE ROLE ${login} LOGIN PASSWORD 'portage'; ${grants}`);
  const url = new URL(fixture.connectionString);
  [url.username, url.password] = [login, 'portage'];
  const source = createPgSource({ connection: { connectionString: url.href } });
  try {
    await work(source);
  } finally {
    await source.close();
    await fixture.psql.query(`DROP OWNED BY ${login}; DROP ROLE ${login}`);
  }
}

const INSERT = `INSERT INTO users (email, display_name, tags, settings) VALUES ('bypass@x', 'B', '{}', '{}')`;

test('PUBLIC may call no SECURITY DEFINER function', async () => {
  const { rows } = await fixture.psql.query(
    `SELECT p.oid::regprocedure::text AS name, EXISTS (SELECT FROM aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) AS a WHERE a.grantee = 0) AS open
     FROM pg_proc p WHERE p.prosecdef AND p.pronamespace = 'portage'::regnamespace ORDER BY 1`,
  );
  expect(rows.map(({ name }) => name)).toEqual(
    expect.arrayContaining(['portage.mark(text,text,integer)', 'portage.flush()']),
  );
  expect(rows.filter(({ open }) => open === true)).toEqual([]);
});

test('no function of capture has the name of a keyword: psql takes `begin` after CREATE FUNCTION for the body, and restores no dump', async () => {
  const { rows } = await fixture.psql.query(
    `SELECT p.proname::text AS name FROM pg_proc p JOIN pg_get_keywords() k ON k.word = p.proname WHERE p.pronamespace = 'portage'::regnamespace`,
  );
  expect(rows).toEqual([]);
});

test('a login that may write to no table can neither mark nor flush', () =>
  as('stranger', '', async (stranger) => {
    for (const call of [`portage.mark('t', '[1]', ${GENERATION})`, 'portage.flush()'])
      await expect(stranger.query(`SELECT ${call}`)).rejects.toMatchObject({ fields: { sqlstate: '42501' } });
  }));

test("a login that marks another's change changes nothing: the relay carries it, and the horizon stays below it", () =>
  as('rival', 'GRANT INSERT ON users TO rival', async (rival) => {
    await fixture.changelog.prune();
    await fixture.psql.query(INSERT);
    const [change] = await fixture.changelog.pending(10);
    const mark = `SELECT portage.mark('t', '[${change?.seq}]', ${GENERATION}) AS generation`;
    expect(await rival.query(mark)).toEqual([{ generation: GENERATION }]);
    expect(await fixture.changelog.pending(10)).toEqual([change]);
    for (let turn = 0; turn < 3; turn++) await fixture.changelog.prune();
    expect(await fixture.changelog.pending(10)).toEqual([change]);
    expect(await fixture.relay()).toMatchObject({ done: 1 });
    expect(await fixture.changelog.pending(10)).toEqual([]);
    expect(await fixture.differences()).toEqual([]);
  }));

test('a login with rights on the tables alone writes to both stores, and its change needs no relay', () =>
  as('writer', 'GRANT SELECT, INSERT, UPDATE, DELETE ON users TO writer', async (source) => {
    await fixture.changelog.prune();
    const client = await fixture.client({ source });
    await client.put('USER', user());
    expect(await fixture.changelog.pending(10)).toEqual([]);
    expect(await fixture.differences()).toEqual([]);
  }));

test('a durable commit is that of a row, and the sweeper deletes those rows', async () => {
  await fixture.changelog.flush();
  const count = async () =>
    (await fixture.psql.query('SELECT count(*)::int AS rows FROM portage.flushed')).rows[0]?.['rows'];
  expect(await count()).toBeGreaterThan(0);
  await fixture.changelog.prune();
  expect(await count()).toBe(0);
});
