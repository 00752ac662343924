import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Client } from 'pg';
import {
  captureGaps,
  installCapture,
  openWriters,
  stillOpen,
} from '../../../../src/adapters/postgres/capture/capture.ts';
import { readCatalogue } from '../../../../src/adapters/postgres/catalogue/read-catalogue.ts';
import { createPgSource } from '../../../../src/adapters/postgres/connection/pg-source.ts';
import { createRowSource } from '../../../../src/adapters/postgres/rows/row-source.ts';
import type { Mapping } from '../../../../src/domain/mapping/mapping.ts';
import { compilePlan } from '../../../../src/domain/plan-check/compile-plan.ts';
import { planSchema } from '../../../../src/domain/plan/plan.ts';
import { startFixture, type Fixture } from '../../../client/fixture.ts';

let fixture: Fixture;
let mapping: Mapping;

const SCHEMA = `
  CREATE SCHEMA odd;
  CREATE TYPE odd.mood AS ENUM ('sad', 'glad');
  CREATE DOMAIN odd.short AS varchar(10);
  CREATE TABLE odd.kinds (
    a int, b text, small smallint, big bigint, num numeric(12,3), f4 real, f8 double precision, flag boolean, "char" char(5), vc varchar(9),
    d date, t time, ts timestamp, tz timestamptz, iv interval, bin bytea, js json, jb jsonb, ints int[], words text[], days date[], m odd.mood, dom odd.short,
    ip inet, nothing text, PRIMARY KEY (a, b));
  CREATE TABLE odd.parts (id int, at date, note text, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
  CREATE TABLE odd.parts_old PARTITION OF odd.parts FOR VALUES FROM ('2000-01-01') TO ('2020-01-01');
  CREATE TABLE odd.parts_new PARTITION OF odd.parts FOR VALUES FROM ('2020-01-01') TO ('2040-01-01')`;

beforeAll(async () => {
  fixture = await startFixture();
  await fixture.psql.query(SCHEMA);
  const plan = planSchema.parse({
    name: 'odd',
    source: { schema: 'odd' },
    table: { name: 'odd' },
    entities: {
      KIND: { from: 'kinds', key: { PK: 'KIND#{a}', SK: 'KIND#{b}' } },
      PART: { from: 'parts', key: { PK: 'PART#{id}', SK: 'PART#{at}' } },
    },
  });
  mapping = compilePlan(plan, await readCatalogue(fixture.sql, 'odd'), {});
  await installCapture(fixture.sql, mapping, 1);
}, 120_000);
afterAll(() => fixture.stop());

test('RACE-32 every type has one text, whatever the settings of the session', async () => {
  await fixture.psql.query(
    `INSERT INTO odd.kinds VALUES (-7, 'ä#"x', 1, 9007199254740993, 12.5, 0.1, 1e-300, true, 'ab', 'v', '0044-03-15 BC', '04:05:06.7', '2024-01-02 03:04:05.6789',
      '2024-01-02 03:04:05+02', '1 year 2 days', '\\x00ff', '{"b":1,  "a":2}', '{"b":1,  "a":2}', '{1,NULL,-3}', '{a,"b\\"c",NULL}', '{2024-01-02}', 'glad', 'dom', '10.0.0.1', NULL)`,
  );
  const rows = createRowSource(fixture.sql, mapping);
  const [first] = await rows.page('KIND', { after: null, upTo: null }, 10);
  expect(first?.image).toEqual({
    a: '-7',
    b: 'ä#"x',
    small: '1',
    big: '9007199254740993',
    num: '12.500',
    f4: '0.1',
    f8: '1e-300',
    flag: 'true',
    char: 'ab   ',
    vc: 'v',
    d: '0044-03-15 BC',
    t: '04:05:06.7',
    ts: '2024-01-02 03:04:05.6789',
    tz: '2024-01-02 01:04:05+00',
    iv: '1 year 2 days',
    bin: '00ff',
    js: '{"b":1,  "a":2}',
    jb: '{"a": 2, "b": 1}',
    ints: '["1",null,"-3"]',
    words: '["a","b\\"c",null]',
    days: '["2024-01-02"]',
    m: 'glad',
    dom: 'dom',
    ip: '10.0.0.1/32',
    nothing: null,
  });
  const options =
    '-c TimeZone=Asia/Kathmandu -c DateStyle=SQL,DMY -c IntervalStyle=sql_standard -c bytea_output=escape -c extra_float_digits=-5';
  const connection = { connectionString: fixture.connectionString, options };
  const source = createPgSource({ connection });
  expect(await createRowSource(source, mapping).page('KIND', { after: null, upTo: null }, 10)).toEqual([first]);
  await source.close();
  const odd = new Client(connection);
  await odd.connect();
  await odd.query(`UPDATE odd.kinds SET nothing = NULL`);
  await odd.end();
  const changes = await fixture.changelog.pending(100);
  expect(changes.at(-1)).toMatchObject({ relation: 'kinds', pk: ['-7', 'ä#"x'], row: first?.image });
});

test('RACE-7 composite keys are paged without a gap, text by its bytes', async () => {
  await fixture.psql.query(
    `INSERT INTO odd.kinds (a, b) SELECT i % 3, chr(64 + i) || CASE WHEN i % 2 = 0 THEN 'é' ELSE '' END FROM generate_series(1, 60) i`,
  );
  const rows = createRowSource(fixture.sql, mapping);
  const keys = await rows.keys('KIND', { after: null, upTo: null }, 1_000);
  const all = keys.map(({ identity }) => identity);
  const paged: (readonly string[])[] = [];
  for (;;) {
    const page = await rows.page('KIND', { after: paged.at(-1) ?? null, upTo: null }, 7);
    paged.push(...page.map(({ identity }) => identity));
    if (page.length < 7) break;
  }
  expect(paged).toEqual(all);
  expect(new Set(all.map((identity) => JSON.stringify(identity))).size).toBe(all.length);
});

test('RACE-71 partitions are captured each by itself, and row movement shows where the row went', async () => {
  expect(await captureGaps(fixture.sql, mapping)).toEqual([]);
  await fixture.psql.query(`INSERT INTO odd.parts_old VALUES (1, '2010-01-01', 'x')`);
  await fixture.psql.query(`UPDATE odd.parts SET at = '2030-01-01' WHERE id = 1`);
  const changes = (await fixture.changelog.pending(1_000)).filter(({ relation }) => relation === 'parts');
  expect(changes.map(({ pk, row }) => [pk, row])).toEqual([
    [['1', '2010-01-01'], { id: '1', at: '2010-01-01', note: 'x' }],
    [['1', '2010-01-01'], null],
    [['1', '2030-01-01'], { id: '1', at: '2030-01-01', note: 'x' }],
  ]);
  await expect(fixture.psql.query('TRUNCATE odd.parts_new')).rejects.toThrow('cannot be truncated');
  const { fingerprint } = mapping.catalogue;
  await fixture.psql.query(
    `CREATE TABLE odd.parts_far PARTITION OF odd.parts FOR VALUES FROM ('2040-01-01') TO ('2060-01-01')`,
  );
  expect((await readCatalogue(fixture.sql, 'odd')).fingerprint).not.toBe(fingerprint);
  await fixture.psql.query('DROP TABLE odd.parts_far');
  expect((await readCatalogue(fixture.sql, 'odd')).fingerprint).toBe(fingerprint);
});

test('RACE-5 a writer that is open can be waited for, an idle transaction elsewhere delays nothing', async () => {
  const [writer, idle] = [
    new Client({ connectionString: fixture.connectionString }),
    new Client({ connectionString: fixture.connectionString }),
  ];
  await writer.connect();
  await idle.connect();
  await idle.query('CREATE TABLE elsewhere (id int); BEGIN; INSERT INTO elsewhere VALUES (1)');
  await writer.query('BEGIN');
  await writer.query(`INSERT INTO odd.parts VALUES (2, '2010-01-01', 'open')`);
  const open = await openWriters(fixture.sql);
  expect(open).toHaveLength(1);
  expect(await fixture.changelog.backlog()).toMatchObject({ openWriters: 1 });
  await writer.query('COMMIT');
  expect(await stillOpen(fixture.sql, open)).toEqual([]);
  await writer.end();
  await idle.end();
});

test('RACE-11 a change that commits late is found, although the horizon has moved past others', async () => {
  const late = new Client({ connectionString: fixture.connectionString });
  await late.connect();
  await late.query('BEGIN');
  await late.query(`INSERT INTO odd.parts VALUES (3, '2010-01-01', 'late')`);
  await fixture.psql.query(`INSERT INTO odd.parts VALUES (4, '2010-01-01', 'early')`);
  await fixture.changelog.markDone(
    (await fixture.changelog.pending(1_000)).map(({ seq }) => seq),
    1,
  );
  for (let times = 0; times < 3; times++) await fixture.changelog.prune();
  await late.query('COMMIT');
  await late.end();
  expect(await fixture.changelog.pending(10)).toMatchObject([{ pk: ['3', '2010-01-01'] }]);
});
