import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { readCatalogue } from '../../../../src/adapters/postgres/catalogue/read-catalogue.ts';
import { measureTables } from '../../../../src/adapters/postgres/assessment/measure-tables.ts';
import { planFindings } from '../../../../src/domain/plan-check/check.ts';
import { draftPlan } from '../../../../src/domain/plan-draft/draft-plan.ts';
import { parsePlan } from '../../../../src/domain/plan-check/parse.ts';
import { SCHEMAS } from '../awkward/schemas.ts';
import { type Awkwards, run, startAwkwards } from '../awkward/fixture.ts';

let awkwards: Awkwards;
beforeAll(async () => {
  awkwards = await startAwkwards();
}, 60_000);
afterAll(() => awkwards.stop());

async function draftOf(name: string, sql: string, schema = 'public') {
  const source = awkwards.open(await awkwards.create(name, sql, schema));
  const catalogue = await readCatalogue(source, schema);
  const drafted = draftPlan(catalogue, schema, 'draft', await measureTables(source, catalogue));
  const plan = parsePlan(JSON.stringify(drafted.plan), 'draft.json');
  return { ...drafted, findings: planFindings(plan, catalogue) };
}

/** What a draft leaves to a person: the type of a column, here. */
const DECISIONS: Readonly<Record<string, readonly string[]>> = {
  'inheritance with columns and keys of its own': ['child-column'],
  'values without a faithful form': ['type-unfaithful'],
};

test.each(Object.entries(SCHEMAS))(
  'a draft for %s passes the check, or says what a person has to decide',
  async (name, { sql, schema }) => {
    const { findings, plan } = await draftOf(`draft_${Object.keys(SCHEMAS).indexOf(name)}`, sql, schema);
    expect(findings.filter(({ severity }) => severity === 'blocks').map((finding) => finding.name)).toEqual(
      DECISIONS[name] ?? [],
    );
    expect(Object.keys(plan.entities).length + Object.keys(plan.exclude).length).toBeGreaterThan(0);
  },
);

/** Keys that cannot identify rows, and how the draft names the reason. */
test.each([
  ['id float8 PRIMARY KEY', /id \(float8\): float8 has equal values of different texts/],
  ['id interval PRIMARY KEY', /id \(interval\): interval has equal values/],
  ['id jsonb PRIMARY KEY', /id \(jsonb\)/],
  ['id numeric PRIMARY KEY', /id \(numeric\): numeric without precision and scale/],
  ['id numeric[] PRIMARY KEY', /id \(numeric\[\]\)/],
  ['id float8 NOT NULL UNIQUE', /id \(float8\)/],
  ['id citext PRIMARY KEY', /id: citext compares without case/],
  ['id text COLLATE loose PRIMARY KEY', /id: the collation loose takes different texts for equal/],
  ['id int PRIMARY KEY DEFERRABLE', /its key t_pkey is deferrable/],
  ['id int NOT NULL UNIQUE DEFERRABLE', /its key t_id_key is deferrable/],
  ['id int UNIQUE', /id of its unique key may be NULL/],
  ['"a#b" int PRIMARY KEY', /a#b \(int4\): no template can write a name with #/],
  [
    '"p|lower" int, kind int, PRIMARY KEY (kind, "p|lower")',
    /p\|lower \(int4\): no template can write a name that ends/,
  ],
  ['id int', /^DECIDE: it has no primary key$/],
])(
  'a table with %s is not left out in silence, and the remedy leads to a plan that passes',
  async (columns, reason) => {
    const url = await awkwards.create(
      `keys_${(keys += 1)}`,
      `CREATE EXTENSION citext; CREATE COLLATION loose (provider = icu, locale = 'und', deterministic = false);
     CREATE TABLE t (${columns}, note text)`,
    );
    const look = async () => {
      const catalogue = await readCatalogue(awkwards.open(url), 'public');
      const { plan, notes } = draftPlan(catalogue, 'public', 'keys', {});
      return { catalogue, plan: parsePlan(JSON.stringify(plan), 'draft.json'), notes };
    };
    const before = await look();
    expect(before.plan.exclude['t']).toMatch(reason);
    // The check of a plan with the table says the same.
    const [column = ''] = before.catalogue.tables['t']?.primaryKey ?? [];
    const entities = { T: { from: 't', key: { PK: 'T#{note}', SK: 'T#{note}' } } };
    const mapped = parsePlan(JSON.stringify({ ...before.plan, exclude: {}, entities }), 'plan.json');
    const found = planFindings(mapped, before.catalogue).find(({ name }) => name.startsWith('identity-'));
    expect(found?.name).toMatch(column === '' ? /identity-missing/ : /identity-(?:type|collation)/);
    expect(before.notes.map(({ text }) => text).join()).toContain(found?.remedy.split(': ')[0]?.slice(0, 20) ?? '');
    const sql = /: (ALTER TABLE .*?)(?: \(this|, with columns|$)/.exec(found?.remedy ?? '')?.[1];
    await run(url, sql ?? 'ALTER TABLE t ADD PRIMARY KEY (id)');
    const after = await look();
    expect(after.plan.exclude).toEqual({});
    expect(planFindings(after.plan, after.catalogue).filter(({ severity }) => severity === 'blocks')).toEqual([]);
  },
);

test('a foreign table among the partitions is named, instead of a key that PostgreSQL does not allow beside it', async () => {
  const url = await awkwards.create(
    'foreign_partition',
    `CREATE FOREIGN DATA WRAPPER nothing; CREATE SERVER far FOREIGN DATA WRAPPER nothing;
     CREATE TABLE t (id int GENERATED ALWAYS AS IDENTITY, at int NOT NULL) PARTITION BY RANGE (at);
     CREATE TABLE t_1 PARTITION OF t FOR VALUES FROM (0) TO (10);
     CREATE FOREIGN TABLE t_0 PARTITION OF t FOR VALUES FROM (-10) TO (0) SERVER far`,
  );
  const entities = { T: { from: 't', identity: ['id', 'at'], key: { PK: 'T#{id}', SK: 'T#{at}' } } };
  const check = async () => {
    const catalogue = await readCatalogue(awkwards.open(url), 'public');
    const { plan, notes } = draftPlan(catalogue, 'public', 'far', {});
    const mapped = parsePlan(JSON.stringify({ ...plan, exclude: {}, entities, patterns: {} }), 'plan.json');
    const blocking = planFindings(mapped, catalogue).filter(({ severity }) => severity === 'blocks');
    return { plan, notes: notes.map(({ text }) => text).join(), blocking };
  };
  const before = await check();
  expect(before.plan.exclude['t']).toMatch(/public\.t_0 is a foreign table/);
  expect(before.blocking).toMatchObject([{ name: 'partition-foreign', remedy: expect.stringMatching(/^Detach it/) }]);
  await run(url, 'ALTER TABLE t DETACH PARTITION t_0; ALTER TABLE t ADD PRIMARY KEY (id, at)');
  expect((await check()).blocking).toEqual([]);
});

let keys = 0;

test('a draft follows keys, sizes and defaults', async () => {
  const { plan, notes: remarks } = await draftOf(
    'shop',
    `CREATE TYPE state AS ENUM ('new', 'sent');
     CREATE TABLE people (id serial PRIMARY KEY, email text NOT NULL UNIQUE, password_hash text, boss_id int REFERENCES people,
       settings jsonb NOT NULL DEFAULT '{}', tags text[] NOT NULL DEFAULT '{}', code text DEFAULT upper('x'), "PK" text);
     CREATE TABLE categories (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), name text NOT NULL);
     CREATE TABLE "Order Items" (order_id int NOT NULL, line smallint NOT NULL, category_id uuid REFERENCES categories, price numeric(9,2) NOT NULL DEFAULT 0.50, PRIMARY KEY (order_id, line));
     CREATE TABLE orders (id int PRIMARY KEY, person_id int NOT NULL REFERENCES people, state state NOT NULL DEFAULT 'new', letter text, created_at timestamptz NOT NULL DEFAULT now(), expires_at timestamptz,
       day date NOT NULL DEFAULT ('now'::text)::date);
     ALTER TABLE "Order Items" ADD FOREIGN KEY (order_id) REFERENCES orders;
     CREATE TABLE profiles (person_id int PRIMARY KEY REFERENCES people, photo bytea, log jsonb);
     CREATE TABLE notes (body text);
     CREATE TABLE statuses (code text NOT NULL UNIQUE, label text);
     INSERT INTO people (email) SELECT 'p' || n FROM generate_series(1, 3) AS n;
     INSERT INTO orders (id, person_id, letter) SELECT n, 1, repeat('x', CASE n WHEN 7 THEN 40000 ELSE 5 END) FROM generate_series(1, 1500) AS n;
     INSERT INTO profiles VALUES (1, decode(repeat('00', 50000), 'hex'), to_jsonb(repeat('x', 40000)));`,
  );
  expect(plan.exclude).toEqual({ notes: expect.stringMatching(/^DECIDE/) });
  expect(plan.entities).toMatchObject({
    PERSON: {
      from: 'people',
      key: { PK: 'PERSON#{id}', SK: 'PERSON#{id}' },
      indexes: {
        GSI1: { PK: 'EMAIL#{email}', SK: 'PERSON#{id}' },
        GSI2: { PK: 'BOSS#{boss_id}', SK: 'PERSON#{id}' },
      },
      unique: { email: '{email}' },
      rename: { PK: 'pkValue' },
      defaults: { id: 'counter', settings: { constant: {} }, tags: { constant: [] } },
    },
    CATEGORY: { key: { PK: 'CATEGORY#{id}' }, defaults: { id: 'uuid' } },
    ORDER_ITEM: {
      from: 'Order Items',
      key: { PK: 'ORDER#{order_id}', SK: 'ORDER_ITEM#{line}' },
      indexes: { GSI1: { PK: 'CATEGORY#{category_id}', SK: 'ORDER_ITEM#{order_id}#{line}' } },
      defaults: { price: { constant: '0.50' } },
    },
    ORDER: {
      key: { PK: 'PERSON#{person_id}', SK: 'ORDER#{id}' },
      shard: { by: 'id', over: 1000, into: 2 },
      large: { letter: { pointer: 'letterS3Key', length: 'letterLength' } },
      defaults: { state: { constant: 'new' }, created_at: 'now', day: 'now' },
    },
    PROFILE: {
      key: { PK: 'PERSON#{person_id}', SK: 'PROFILE#{person_id}' },
      large: { photo: { pointer: 'photoS3Key' } },
    },
    STATUS: { identity: ['code'], key: { PK: 'STATUS#{code}' } },
  });
  expect(plan.patterns).toMatchObject({
    personByEmail: { entity: 'PERSON', index: 'GSI1' },
    peopleOfBoss: { entity: 'PERSON', index: 'GSI2', order: 'desc' },
    ordersOfPerson: { entity: 'ORDER', SK: 'ORDER#' },
    orderItemsOfOrder: { entity: 'ORDER_ITEM', SK: 'ORDER_ITEM#' },
    personWithChildren: { entity: ['PERSON', 'ORDER', 'PROFILE'] },
  });
  const said = remarks.map(({ path, text }) => `${path}: ${text}`).join('\n');
  for (const place of [
    /^exclude\.notes: notes is not migrated/m,
    /^entities\.PERSON\.defaults: code defaults to upper/m,
    /^entities\.PERSON\.maps: settings/m,
    /^entities\.PERSON\.omit: password_hash looks like a secret/m,
    /^entities\.ORDER\.expires: expires_at/m,
    /^entities\.PROFILE\.large: log \(jsonb\) holds up to 40002 bytes/m,
    /^entities\.ORDER\.key: rows are in the partition of their PERSON: reading one needs person_id, id/m,
  ])
    expect(said).toMatch(place);
});

test('tables named with words of the plan itself make a draft that the check takes', async () => {
  const words = [
    'shards',
    'shard',
    'unique',
    'uniques',
    'indexes',
    'keys',
    'PK',
    'SK',
    'GSI1',
    '_v',
    'entities',
    'portage',
    'all',
  ];
  const tables = words.map(
    (name) =>
      `CREATE TABLE "${name}" (shard_id int PRIMARY KEY, "unique" text NOT NULL UNIQUE, shards int REFERENCES "${name}");`,
  );
  const { plan, findings } = await draftOf('plan_words', tables.join('\n'));
  expect(findings.filter(({ severity }) => severity === 'blocks')).toEqual([]);
  expect(Object.keys(plan.entities)).toHaveLength(words.length);
});
