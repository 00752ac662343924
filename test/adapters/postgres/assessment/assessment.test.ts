import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { measure } from '../../../../src/adapters/postgres/assessment/assessment.ts';
import { measureTables } from '../../../../src/adapters/postgres/assessment/measure-tables.ts';
import { readCatalogue } from '../../../../src/adapters/postgres/catalogue/read-catalogue.ts';
import { assess } from '../../../../src/domain/assess/assess.ts';
import { planFindings } from '../../../../src/domain/plan-check/check.ts';
import { planSchema } from '../../../../src/domain/plan/plan.ts';
import { SCHEMAS } from '../awkward/schemas.ts';
import { type Awkwards, run, startAwkwards } from '../awkward/fixture.ts';

let awkwards: Awkwards;
beforeAll(async () => {
  awkwards = await startAwkwards();
}, 60_000);
afterAll(() => awkwards.stop());

test.each(Object.entries(SCHEMAS))('%s', async (name, { schema, login, sql, plan, indexes, findings }) => {
  const url = new URL(await awkwards.create(`awkward_${Object.keys(SCHEMAS).indexOf(name)}`, sql, schema));
  if (login !== undefined) url.username = login;
  const source = awkwards.open(url.href);
  const parsed = planSchema.parse({
    name: 'awkward',
    source: { schema: schema ?? 'public' },
    table: { name: 'awkward', indexes: indexes ?? [] },
    ...plan,
  });
  const catalogue = await readCatalogue(source, parsed.source.schema);
  const found = [
    ...planFindings(parsed, catalogue),
    ...assess(parsed, catalogue, await measure(source, parsed, catalogue)),
  ];
  for (const [finding, severity, path, evidence] of findings)
    expect(found).toContainEqual(
      expect.objectContaining({ name: finding, severity, path, evidence: expect.stringMatching(evidence) }),
    );
});

test('a child column that `omit` names, as the remedy says, blocks no longer', async () => {
  const sql = `
    CREATE TABLE cities (id int PRIMARY KEY, name text NOT NULL);
    CREATE TABLE capitals (state text) INHERITS (cities);
    INSERT INTO capitals VALUES (1, 'Berlin', 'DE');`;
  const source = awkwards.open(await awkwards.create('omitted', sql));
  const parsed = planSchema.parse({
    name: 'awkward',
    source: { schema: 'public' },
    table: { name: 'awkward' },
    entities: {
      CITY: { from: 'cities', key: { PK: 'CITY#{id}', SK: 'CITY#{id}' }, omit: ['public.capitals.state'] },
    },
  });
  const catalogue = await readCatalogue(source, 'public');
  const found = [
    ...planFindings(parsed, catalogue),
    ...assess(parsed, catalogue, await measure(source, parsed, catalogue)),
  ];
  expect(found.filter(({ severity }) => severity === 'blocks')).toEqual([]);
});

test('the values of wide numerics and of arrays of numerics are judged, not their declarations', async () => {
  const source = awkwards.open(
    await awkwards.create(
      'wide',
      `CREATE TABLE fees (id int PRIMARY KEY, fits numeric(40,15), beyond numeric(50,2), list numeric[]);
       INSERT INTO fees VALUES (1, 12.34, repeat('9', 40)::numeric, ARRAY[1, repeat('9', 39)::numeric]), (2, 'NaN', 1, '{}');`,
    ),
  );
  const plan = planSchema.parse({
    name: 'wide',
    source: { schema: 'public' },
    table: { name: 'wide' },
    entities: { FEE: { from: 'fees', key: { PK: 'FEE#{id}', SK: 'FEE#{id}' } } },
  });
  const catalogue = await readCatalogue(source, 'public');
  expect(planFindings(plan, catalogue).filter(({ severity }) => severity === 'blocks')).toEqual([]);
  const blocking = assess(plan, catalogue, await measure(source, plan, catalogue)).filter(
    ({ severity }) => severity === 'blocks',
  );
  expect(blocking.map(({ name, evidence }) => `${name} ${evidence.slice(0, 15)}`)).toEqual([
    'number-out-of-range beyond: 1 value',
    'number-out-of-range list: 1 value t',
  ]);
});

test('sizes are measured in UTF-8, whatever the encoding of the server', async () => {
  const url = await awkwards.create(
    'latin1',
    `CREATE TABLE pages (title text PRIMARY KEY, body text);
     INSERT INTO pages VALUES (repeat(chr(233), 600), 'x'), ('a', repeat(chr(233), 250000));`,
    'public',
    'LATIN1',
  );
  const source = awkwards.open(url);
  const key = { PK: 'PAGE#{title}', SK: 'PAGE#{title}' };
  const plan = planSchema.parse({
    name: 'latin1',
    source: { schema: 'public' },
    table: { name: 'latin1' },
    entities: { PAGE: { from: 'pages', key } },
  });
  const catalogue = await readCatalogue(source, 'public');
  const facts = await measure(source, plan, catalogue);
  expect(assess(plan, catalogue, facts)).toEqual(
    expect.arrayContaining([
      expect.objectContaining({
        name: 'key-too-long',
        path: 'entities.PAGE.key.SK',
        evidence: expect.stringMatching(/1205 from row/),
      }),
      expect.objectContaining({ name: 'item-too-large', evidence: expect.stringMatching(/488\.\d KB/) }),
    ]),
  );
  expect((await measureTables(source, catalogue))['pages']?.longest).toEqual({ title: 1200, body: 500_000 });
});

test('texts of a database in SQL_ASCII that are not UTF-8 are found, and the remedy rewrites them', async () => {
  const url = await awkwards.create(
    'unchecked',
    `CREATE TABLE pages (id int PRIMARY KEY, title text); INSERT INTO pages VALUES (1, 'caf' || chr(233)), (2, 'plain');`,
    'public',
    'SQL_ASCII',
  );
  const source = awkwards.open(url);
  const plan = planSchema.parse({
    name: 'unchecked',
    source: { schema: 'public' },
    table: { name: 'unchecked' },
    entities: { PAGE: { from: 'pages', key: { PK: 'PAGE#{id}', SK: 'PAGE#{id}' } } },
  });
  const catalogue = await readCatalogue(source, 'public');
  const found = async () =>
    assess(plan, catalogue, await measure(source, plan, catalogue)).filter(({ name }) => name === 'text-not-utf8');
  expect(await found()).toMatchObject([
    { severity: 'blocks', path: 'entities.PAGE' },
    { severity: 'warns', path: 'source' },
  ]);
  await run(
    url,
    `UPDATE pages SET title = convert_from(convert(convert_to(title, 'SQL_ASCII'), 'LATIN1', 'UTF8'), 'SQL_ASCII')`,
  );
  expect(await found()).toMatchObject([{ severity: 'warns', path: 'source' }]);
  expect(await source.query('SELECT title FROM pages ORDER BY id')).toEqual([{ title: 'café' }, { title: 'plain' }]);
});

test('a key that no column stands in, or only a folded one, is measured like any other', async () => {
  const source = awkwards.open(
    await awkwards.create(
      'constants',
      `CREATE COLLATION loose (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
       CREATE TABLE sites (id int PRIMARY KEY, title text COLLATE loose NOT NULL);
       INSERT INTO sites VALUES (1, 'One'), (2, 'Two'), (3, 'Three');`,
    ),
  );
  const catalogue = await readCatalogue(source, 'public');
  const measured = async (entity: object) => {
    const plan = planSchema.parse({
      name: 'constants',
      table: { name: 'constants', indexes: ['GSI1'] },
      entities: { SITE: { from: 'sites', key: { PK: 'SITE#{id}', SK: 'SITE#{id}' }, ...entity } },
    });
    return (await measure(source, plan, catalogue)).entities[0];
  };
  const bare = await measured({});
  const indexed = await measured({
    indexes: { GSI1: { PK: 'ÄLL', SK: 'SITE#{title|lower}' } },
    unique: { only: 'ONE' },
  });
  // Two attribute names of six bytes, their values of four bytes and of five before the title.
  expect((indexed?.bytes ?? 0) - (bare?.bytes ?? 0)).toBe(3 * (2 * 6 + 4 + 5) + 'OneTwoThree'.length);
  expect(indexed?.indexes.map(({ rows }) => rows)).toEqual([3]);
  expect(indexed).toMatchObject({ claims: 3, duplicates: [{ at: 'unique.only', keys: 1, rows: 3 }] });
});

test('what will change the schema, or meet the DDL of capture, is foreseen', async () => {
  const source = awkwards.open(
    await awkwards.create(
      'foreseen',
      `CREATE TABLE events (id int, at date, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
       CREATE TABLE events_01 PARTITION OF events FOR VALUES FROM ('2026-01-01') TO ('2026-02-01');
       CREATE TABLE flyway_schema_history (installed_rank int PRIMARY KEY);
       CREATE FUNCTION audit() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';
       CREATE EVENT TRIGGER audit_ddl ON ddl_command_end EXECUTE FUNCTION audit();
       CREATE EVENT TRIGGER disabled ON sql_drop EXECUTE FUNCTION audit(); ALTER EVENT TRIGGER disabled DISABLE;`,
    ),
  );
  const plan = planSchema.parse({
    name: 'foreseen',
    table: { name: 'foreseen' },
    entities: { EVENT: { from: 'events', key: { PK: 'EVENT#{id}', SK: 'EVENT#{at}' } } },
    exclude: { flyway_schema_history: 'of the migration tool' },
  });
  const catalogue = await readCatalogue(source, 'public');
  const facts = await measure(source, plan, catalogue);
  const found = (chosen = plan, ddl = facts.source.ddl) =>
    assess(chosen, catalogue, { ...facts, source: { ...facts.source, ddl } })
      .filter(({ name }) => ['partitions', 'event-trigger', 'migration-tool'].includes(name))
      .map(({ name, severity, evidence }) => [name, severity, evidence]);
  expect(found()).toEqual([
    ['event-trigger', 'warns', 'event trigger audit_ddl runs audit at ddl_command_end'],
    ['partitions', 'informs', 'events is partitioned by RANGE (at), 1 partition'],
    ['migration-tool', 'informs', 'flyway_schema_history: a migration tool changes this schema'],
  ]);
  const remedies = (mayFollow: boolean) =>
    assess(plan, catalogue, { ...facts, source: { ...facts.source, ddl: { ...facts.source.ddl, mayFollow } } })
      .filter(({ name }) => name === 'partitions')
      .map(({ remedy }) => remedy);
  expect(facts.source.ddl.mayFollow).toBe(true);
  expect(remedies(true)).toEqual([expect.stringContaining('in the transaction that adds them')]);
  expect(remedies(false)).toEqual([expect.stringContaining('within seconds')]);
  const scheduled = { ...facts.source.ddl, schedulers: ['pg_partman'] };
  const evidence = 'events is partitioned by RANGE (at), 1 partition; pg_partman is installed';
  expect(found(plan, scheduled)).toContainEqual(['partitions', 'warns', evidence]);
  const noted = planSchema.parse({ ...plan, ddl: { partitionRemoved: 'note' } });
  expect(found(noted, scheduled)).toContainEqual(['partitions', 'informs', evidence]);
});
