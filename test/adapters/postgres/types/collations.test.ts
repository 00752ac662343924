import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Client } from 'pg';
import { measure } from '../../../../src/adapters/postgres/assessment/assessment.ts';
import { readCatalogue } from '../../../../src/adapters/postgres/catalogue/read-catalogue.ts';
import { createRowSource } from '../../../../src/adapters/postgres/rows/row-source.ts';
import { installCapture } from '../../../../src/adapters/postgres/capture/capture.ts';
import { createPgSource } from '../../../../src/adapters/postgres/connection/pg-source.ts';
import { selectPattern } from '../../../../src/adapters/postgres/sql/select.ts';
import { assess } from '../../../../src/domain/assess/assess.ts';
import { decodeItem } from '../../../../src/domain/mapping/items/decode.ts';
import { encodeItem, uniqueKeys } from '../../../../src/domain/mapping/items/encode.ts';
import { patternQuery } from '../../../../src/domain/mapping/patterns/pattern-query.ts';
import { planFindings } from '../../../../src/domain/plan-check/check.ts';
import { compilePlan } from '../../../../src/domain/plan-check/compile-plan.ts';
import type { PlanFinding } from '../../../../src/domain/plan-check/rules/finding.ts';
import { draftPlan } from '../../../../src/domain/plan-draft/draft-plan.ts';
import { type Plan, planSchema } from '../../../../src/domain/plan/plan.ts';
import { type Awkwards, startAwkwards } from '../awkward/fixture.ts';

let awkwards: Awkwards;
beforeAll(async () => {
  awkwards = await startAwkwards();
}, 60_000);
afterAll(() => awkwards?.stop());

let databases = 0;
const database = (sql: string): Promise<string> =>
  awkwards.create(
    `collation_${(databases += 1)}`,
    `CREATE EXTENSION citext;
     CREATE COLLATION loose (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
     CREATE COLLATION german (provider = icu, locale = 'de-DE'); ${sql}`,
  );

async function check(url: string, change: (plan: Plan) => unknown = (plan) => plan) {
  const source = awkwards.open(url);
  const catalogue = await readCatalogue(source, 'public');
  const drafted = planSchema.parse(draftPlan(catalogue, 'public', 'collations', {}).plan);
  const plan = planSchema.parse(change(drafted));
  const findings = planFindings(plan, catalogue);
  const blocked = findings.some(({ severity }) => severity === 'blocks');
  const all = blocked ? findings : [...findings, ...assess(plan, catalogue, await measure(source, plan, catalogue))];
  return { plan, catalogue, findings: all };
}

const told = (findings: readonly PlanFinding[], severity: string) =>
  findings.filter((found) => found.severity === severity).map(({ name, path }) => [name, path]);

async function run(url: string, sql: string): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  await client.query(sql).finally(() => client.end());
}

const entity = (more: object) => (plan: Plan) => ({
  ...plan,
  table: { ...plan.table, indexes: [] },
  patterns: {},
  entities: { T: { from: 't', key: { PK: 'T#{id}', SK: 'T#{id}' }, unique: { email: '{email|lower}' }, ...more } },
});

const byCode = (given: Plan) => ({
  ...given,
  table: { ...given.table, indexes: [] },
  patterns: {},
  entities: { T: { from: 't', key: { PK: 'T#{code}', SK: 'T#{code}' }, unique: { n: '{n}' } } },
});

const TABLE = (type: string) =>
  `CREATE TABLE t (id int PRIMARY KEY, email ${type} NOT NULL UNIQUE);
   INSERT INTO t VALUES (1, 'Ann@X.org'), (2, 'BOB'), (3, 'Éva'), (4, '#a')`;

test.each([
  ['citext', 'citext'],
  ['a nondeterministic collation', 'text COLLATE loose'],
])('%s: the key holds the lower case, the item the original, and every reader agrees', async (_, type) => {
  const url = await database(TABLE(type));
  const { plan, findings, catalogue } = await check(url);
  expect(told(findings, 'blocks')).toEqual([]);
  expect(plan.entities['T']).toMatchObject({
    unique: { email: '{email|lower}' },
    indexes: { GSI1: { PK: 'EMAIL#{email|lower}' } },
  });
  const mapping = compilePlan(plan, catalogue, {});
  const source = createPgSource({ connection: { connectionString: url } });
  try {
    await installCapture(source, mapping, 1);
    const entity = mapping.entities['T'];
    if (entity === undefined) throw new Error('no entity');
    const rows = await createRowSource(source, mapping).page('T', { after: null, upTo: null }, 10);
    expect(rows.map(({ image }) => uniqueKeys(entity, image)[0]?.PK)).toEqual(
      ['ann@x.org', 'bob', 'éva', '%23a'].map((email) => `UNIQUE#T#email#${email}`),
    );
    for (const { image } of rows) {
      const [item] = encodeItem(entity, image, { version: 1, txn: null, at: '' });
      expect(decodeItem(mapping, item ?? {}).image).toEqual(image);
    }
    const [pattern = ''] = Object.keys(plan.patterns);
    for (const email of ['ann@x.ORG', 'Bob', 'ÉVA', '#A', 'nobody']) {
      const { sources, targets } = patternQuery(mapping, pattern, { email });
      const [query] = sources;
      if (query === undefined) throw new Error('no query');
      const found = await selectPattern(source, mapping, query, { offset: 0, limit: null });
      const inDynamo = rows.filter(({ image }) => {
        const [item] = encodeItem(entity, image, { version: 1, txn: null, at: '' });
        return JSON.stringify(item?.['GSI1PK']) === JSON.stringify({ S: targets[0]?.pk });
      });
      expect(found).toEqual(inDynamo.map(({ image }) => image));
      expect(found).toHaveLength(email === 'nobody' ? 0 : 1);
    }
  } finally {
    await source.close();
  }
});

test.each([
  ['citext', 'citext', []],
  ['a nondeterministic collation', 'text COLLATE loose', [['key-fold', 'entities.T.unique.email']]],
])('%s as it is in a key, a unique value, a filter or a condition is refused', async (_, type, folded) => {
  const url = await database(TABLE(type));
  const blocks = async (change: (plan: Plan) => unknown) => told((await check(url, change)).findings, 'blocks');
  expect(await blocks(entity({ key: { PK: 'T#{id}', SK: 'T#{email}#{id}' } }))).toEqual([
    ['key-collation', 'entities.T.key.SK'],
  ]);
  expect(await blocks(entity({ unique: { email: '{email}' } }))).toEqual([
    ['key-collation', 'entities.T.unique.email'],
    ['unique-missing', 'entities.T.unique'],
  ]);
  expect(await blocks(entity({ where: { email: 'x' } }))).toEqual([['condition-collation', 'entities.T.where.email']]);
  const filtered = (plan: Plan) => ({ ...entity({})(plan), patterns: { all: { entity: 'T', filter: ['email'] } } });
  expect(await blocks(filtered)).toEqual([['pattern-filter', 'patterns.all.filter.0']]);
  // What the remedy of the key says.
  const { findings } = await check(url, entity({ key: { PK: 'T#{id}', SK: 'T#{email|lower}#{id}' } }));
  expect(told(findings, 'blocks')).toEqual([]);
  expect(told(findings, 'warns').filter(([name]) => name === 'key-fold')).toEqual([
    ...folded.map(() => ['key-fold', 'entities.T.key.SK']),
    ...folded,
  ]);
});

test.each(['citext', 'text COLLATE loose'])(
  'an identity of %s has several texts: another key, or bytes, is what the remedy says',
  async (type) => {
    const url = await database(`CREATE TABLE t (code ${type} PRIMARY KEY, n int NOT NULL UNIQUE);
      INSERT INTO t VALUES ('a', 1), ('B', 2)`);
    // The draft takes the other key.
    const { plan, findings } = await check(url);
    expect(plan.entities['T']?.identity).toEqual(['n']);
    expect(told(findings, 'blocks')).toEqual([]);
    const refused = (await check(url, byCode)).findings.filter(({ severity }) => severity === 'blocks');
    expect(refused.map(({ name }) => name)).toContain('identity-collation');
    const sql = /(ALTER TABLE .*)$/.exec(refused.find(({ name }) => name === 'identity-collation')?.remedy ?? '')?.[1];
    await run(url, sql ?? '');
    expect(told((await check(url, byCode)).findings, 'blocks')).toEqual([]);
  },
);

test('a unique index under a loose collation of its own is no rule of bytes', async () => {
  const url = await database(`CREATE TABLE t (id int PRIMARY KEY, name text);
    CREATE UNIQUE INDEX u ON t (name COLLATE loose)`);
  const { plan, findings } = await check(url);
  expect(plan.entities['T']?.unique).toEqual({});
  expect(findings.filter(({ name }) => name === 'unique-conditional').map(({ remedy }) => remedy)).toEqual([
    expect.stringContaining('add a column with a unique index'),
  ]);
});

test('a pattern that sorts texts by a language is told the order of DynamoDB', async () => {
  const url = await database(`CREATE TABLE t (id int PRIMARY KEY, owner int NOT NULL, name text COLLATE german NOT NULL,
      code text COLLATE "C" NOT NULL, kind text COLLATE german NOT NULL);
    INSERT INTO t VALUES (1, 1, 'Zoe', 'a', 'k'), (2, 1, 'anna', 'b', 'k'), (3, 1, 'Éva', 'c', 'k')`);
  const { findings, catalogue, plan } = await check(url, (given) => ({
    ...given,
    table: { ...given.table, indexes: ['GSI1'] },
    entities: {
      T: {
        from: 't',
        key: { PK: 'OWNER#{owner}', SK: 'T#{name}#{id}' },
        indexes: { GSI1: { PK: 'KIND#{kind}', SK: 'T#{code}#{id}' } },
      },
    },
    patterns: {
      byName: { entity: 'T' },
      named: { entity: 'T', SK: 'T#', range: 'name' },
      byCode: { entity: 'T', index: 'GSI1' },
      one: { entity: 'T', SK: 'T#{name}#' },
    },
  }));
  const notes = findings.filter(({ name }) => name === 'pattern-collation');
  expect(notes.map(({ severity, path, evidence }) => [severity, path, evidence])).toEqual([
    ['informs', 'patterns.byName.order', 'it sorts by name of T, which PostgreSQL sorts by the collation german'],
    ['informs', 'patterns.named.range', 'it ranges over name of T, which PostgreSQL sorts by the collation german'],
  ]);
  // Both stores do sort by bytes.
  const source = awkwards.open(url);
  const mapping = compilePlan(plan, catalogue, {});
  const [query] = patternQuery(mapping, 'byName', { owner: 1 }).sources;
  if (query === undefined) throw new Error('no query');
  const sorted = await selectPattern(source, mapping, query, { offset: 0, limit: null });
  expect(sorted.map(({ name }) => name)).toEqual(['Zoe', 'anna', 'Éva']);
  const byLanguage = await source.query('SELECT name FROM t ORDER BY name');
  expect(byLanguage.map(({ name }) => name)).toEqual(['anna', 'Éva', 'Zoe']);
});

test('texts that lower() folds otherwise than the plan are told', async () => {
  const url = await database(`CREATE TABLE t (id int PRIMARY KEY, plain text COLLATE "C" NOT NULL);
    INSERT INTO t VALUES (1, 'ANNA'), (2, 'Éva')`);
  const { findings } = await check(url, (plan) => ({
    ...plan,
    entities: { T: { from: 't', key: { PK: 'T#{id}', SK: 'T#{id}' }, unique: { p: '{plain|lower}' } } },
  }));
  // Under "C" lower() knows ASCII only.
  expect(findings.filter(({ name }) => name === 'key-fold-differs')).toMatchObject([
    { path: 'entities.T.unique.p', evidence: expect.stringContaining('1 value than') },
  ]);
  await run(url, `UPDATE t SET plain = 'éva' WHERE id = 2`);
  const after = await check(url, (plan) => ({
    ...plan,
    entities: { T: { from: 't', key: { PK: 'T#{id}', SK: 'T#{id}' }, unique: { p: '{plain|lower}' } } },
  }));
  expect(after.findings.filter(({ name }) => name === 'key-fold-differs')).toEqual([]);
});
