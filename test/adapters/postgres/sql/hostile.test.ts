import { afterAll, beforeAll, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { Client } from 'pg';
import { measure } from '../../../../src/adapters/postgres/assessment/assessment.ts';
import { readCatalogue } from '../../../../src/adapters/postgres/catalogue/read-catalogue.ts';
import { measureTables } from '../../../../src/adapters/postgres/assessment/measure-tables.ts';
import { quoteIdentifier, quoteLiteral } from '../../../../src/adapters/postgres/sql/quote.ts';
import type { PgSource } from '../../../../src/adapters/postgres/connection/pg-source.ts';
import { createRowSource } from '../../../../src/adapters/postgres/rows/row-source.ts';
import { selectPattern, selectRows } from '../../../../src/adapters/postgres/sql/select.ts';
import { compilePlan } from '../../../../src/domain/plan-check/compile-plan.ts';
import { patternQuery } from '../../../../src/domain/mapping/patterns/pattern-query.ts';
import { planFindings } from '../../../../src/domain/plan-check/check.ts';
import { draftPlan } from '../../../../src/domain/plan-draft/draft-plan.ts';
import { type Plan, planSchema } from '../../../../src/domain/plan/plan.ts';
import { type Awkwards, startAwkwards } from '../awkward/fixture.ts';

/** Ten thousand of each kind in all; a seed of one's own by FAST_CHECK_SEED. */
const SEED = Number(process.env['FAST_CHECK_SEED'] ?? 20_261_125);
const NAMES = 130;
const NAMES_A_TABLE = 80;
const VALUES = 10_000;
const VALUES_A_CALL = 1_000;

const NASTY = [
  `'; DROP TABLE canary; --`,
  `"; DROP TABLE canary; --`,
  `x"'; DELETE FROM canary WHERE ''='`,
  `\\'; DROP TABLE canary; --`,
  `$$; DROP TABLE canary; $$`,
  `$capture$; DROP TABLE canary; $capture$`,
  `/* */ :value ::text :name`,
  `:c0 :size :keys`,
  `E'\\x27'`,
  `U&'\\0027'`,
  `select`,
  `user`,
  `order`,
  `table`,
  `all`,
  `CURRENT_USER`,
  `t.id`,
  `a.b`,
  `#`,
  `{id}`,
  `|lower`,
  `%00`,
  `%s`,
  `\\`,
  `''`,
  `""`,
  ` `,
  `\n`,
  `\t`,
  `ü`,
  `\u{1F600}`,
  `e\u0301`,
  `\u202E`,
  `;`,
];
const bit = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...NASTY) },
  { weight: 2, arbitrary: fc.string({ unit: 'grapheme', maxLength: 12 }) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 8 }) },
);
const text = fc.array(bit, { minLength: 1, maxLength: 5 }).map((bits) => bits.join(''));
const long = text.map((piece) => piece.repeat(Math.ceil(4_000 / Math.max(1, piece.length))).slice(0, 6_000));
/** What PostgreSQL and UTF-8 can hold at all; the rest has to be refused. */
const possible = (value: string) => !value.includes('\u0000') && value.isWellFormed();
/** Names end after 63 bytes. */
const nameOf = (value: string): string => {
  let name = '';
  for (const point of value.replaceAll('\u0000', '')) {
    if (Buffer.byteLength(name + point) > 63) break;
    name += point;
  }
  return name;
};

/** A schema with a dot, and the column `__proto__`, are refused before any SQL is made of them. */
const REFUSED_NAMES = new Set(['schema-name', 'column-name']);

let awkwards: Awkwards;
let client: Client;
let source: PgSource;
beforeAll(async () => {
  awkwards = await startAwkwards();
  const url = await awkwards.create(
    'hostile',
    `CREATE TABLE canary (id int PRIMARY KEY); INSERT INTO canary VALUES (1);
     CREATE TABLE texts (id int PRIMARY KEY, body text NOT NULL);`,
  );
  client = new Client({ connectionString: url });
  await client.connect();
  source = awkwards.open(url);
}, 60_000);
afterAll(async () => {
  await client?.end();
  await awkwards?.stop();
});

async function canaryLives(): Promise<void> {
  const { rows } = await client.query('SELECT count(*)::int AS n FROM canary');
  expect(rows).toEqual([{ n: 1 }]);
}

function planOf(schema: string, entities: Readonly<Record<string, unknown>>, patterns: unknown = {}): Plan {
  return planSchema.parse({
    name: 'hostile',
    source: { schema },
    table: { name: 'hostile', indexes: ['GSI1'] },
    entities,
    patterns,
  });
}

const rowEntity = (table: string, more: Readonly<Record<string, unknown>> = {}) => ({
  ROW: {
    from: table,
    key: { PK: 'ROW#{id}', SK: 'ROW#{id}' },
    indexes: { GSI1: { PK: 'ALL', SK: 'ROW#{id}' } },
    ...more,
  },
});

test(`${VALUES} hostile values come back as they are, as literals, parameters, conditions and search arguments (seed ${SEED})`, async () => {
  const values = fc.sample(fc.oneof({ weight: 9, arbitrary: text }, { weight: 1, arbitrary: long }), {
    seed: SEED,
    numRuns: VALUES,
  });
  const catalogue = await readCatalogue(source, 'public');
  const base = planOf('public', rowEntity('texts'), { byBody: { entity: 'ROW', index: 'GSI1', filter: ['body'] } });
  const mapping = compilePlan({ ...base, exclude: { canary: 'x' } }, catalogue, {});
  for (let at = 0; at < values.length; at += VALUES_A_CALL) {
    const some = values.slice(at, at + VALUES_A_CALL);
    const good = some.filter(possible);
    const { rows } = await client.query<{ same: boolean[] }>({
      text: `SELECT array_agg(l = p ORDER BY n) AS same FROM (SELECT unnest(ARRAY[${good.map(quoteLiteral).join(', ')}]) AS l, unnest($1::text[]) AS p, generate_series(1, ${good.length}) AS n) AS x`,
      values: [good],
    });
    expect(rows[0]?.same.every(Boolean)).toBe(true);
    await client.query('TRUNCATE texts');
    await client.query('INSERT INTO texts SELECT n, b FROM unnest($1::text[]) WITH ORDINALITY AS u(b, n)', [good]);
    const images = await selectRows(
      source,
      mapping,
      'ROW',
      good.map((_, n) => [String(n + 1)]),
    );
    expect(images.map(({ body }) => body)).toEqual(good);
    for (const value of some.slice(0, 4)) {
      if (!possible(value)) {
        expect(() => patternQuery(mapping, 'byBody', { body: value })).toThrow(/no form/);
        continue;
      }
      const [query] = patternQuery(mapping, 'byBody', { body: value }).sources;
      if (query === undefined) throw new Error('no query');
      const found = await selectPattern(source, mapping, query, { offset: 0, limit: null });
      expect(found.map(({ body }) => body)).toEqual(good.filter((other) => other === value));
    }
    // As a constant of the plan's `where`, which stands in SQL as a literal.
    const constant = some.find(possible) ?? '';
    const where = { ...planOf('public', rowEntity('texts', { where: { body: constant } })), exclude: { canary: 'x' } };
    const { stride } = createRowSource(source, compilePlan(where, catalogue, {}));
    const { rows: counted } = await stride('ROW', { after: null, limit: 10_000, every: 1, counted: 0 });
    expect(counted).toBe(good.filter((other) => other === constant).length);
    const { entities } = await measure(source, where, catalogue);
    expect(entities[0]?.rows).toBe(counted);
  }
  const refused = values.find((value) => !possible(value)) ?? '\u0000';
  const impossible = planOf('public', rowEntity('texts', { where: { body: refused } }));
  expect(planFindings(impossible, catalogue).map(({ name }) => name)).toContain('condition-type');
  await canaryLives();
}, 120_000);

test(`hostile names of schemas, tables and columns reach SQL as names only (${NAMES * NAMES_A_TABLE} of them, seed ${SEED})`, async () => {
  const names = fc
    .sample(text, { seed: SEED + 1, numRuns: NAMES * NAMES_A_TABLE })
    .map(nameOf)
    .filter((name) => name !== '' && name.isWellFormed());
  let at = 0;
  let compiled = 0;
  for (let table = 0; table < NAMES && at < names.length; table += 1) {
    const mine = [...new Set(names.slice(at, at + NAMES_A_TABLE))].filter(
      (name) => name !== 'id' && name !== 'PK' && name !== 'SK',
    );
    at += NAMES_A_TABLE;
    const [schema = 's', tableName = 't', ...columns] = mine;
    if (schema.startsWith('pg_')) continue;
    await client.query('BEGIN');
    await client.query(`CREATE SCHEMA IF NOT EXISTS ${quoteIdentifier(schema)}`);
    await client.query(
      `CREATE TABLE ${quoteIdentifier(schema)}.${quoteIdentifier(tableName)} (id int PRIMARY KEY, ${columns.map((name) => `${quoteIdentifier(name)} text`).join(', ')})`,
    );
    await client.query(
      `INSERT INTO ${quoteIdentifier(schema)}.${quoteIdentifier(tableName)} VALUES (1, ${columns.map((_, n) => `'v${n}'`).join(', ')})`,
    );
    await client.query('COMMIT');
    const catalogue = await readCatalogue(source, schema);
    expect(Object.keys(catalogue.tables)).toContain(tableName);
    const plan = planOf(schema, rowEntity(tableName));
    if (planFindings(plan, catalogue).every(({ severity }) => severity !== 'blocks')) {
      compiled += 1;
      const mapping = compilePlan(plan, catalogue, {});
      const [image] = await selectRows(source, mapping, 'ROW', [['1']]);
      expect(columns.map((name) => image?.[name])).toEqual(columns.map((_, n) => `v${n}`));
      const facts = await measure(source, plan, catalogue);
      expect(facts.unmeasured).toEqual([]);
      expect(facts.entities[0]).toMatchObject({ entity: 'ROW', rows: 1 });
    }
    const drafted = draftPlan(catalogue, schema, 'hostile', await measureTables(source, catalogue));
    const found = planFindings(planSchema.parse(drafted.plan), catalogue);
    expect(found.filter(({ name, severity }) => severity === 'blocks' && !REFUSED_NAMES.has(name))).toEqual([]);
    await client.query(`DROP SCHEMA ${quoteIdentifier(schema)} CASCADE`);
    await client.query('CREATE SCHEMA IF NOT EXISTS public');
  }
  expect(compiled).toBeGreaterThan(NAMES / 2);
  await canaryLives();
}, 240_000);

test('a name of the plan that the catalogue does not have never reaches SQL, also where PostgreSQL would cut it to one that it has', async () => {
  const name = 'n'.repeat(63);
  await client.query(`CREATE SCHEMA long; CREATE TABLE long.${name} (id int PRIMARY KEY, ${name} text)`);
  const catalogue = await readCatalogue(source, 'long');
  for (const hostile of [
    `${name}n`,
    `${name}; DROP TABLE canary`,
    `${name}\u0000`,
    name.toUpperCase(),
    'canary"; --',
  ]) {
    const tables = planFindings(planOf('long', rowEntity(hostile)), catalogue);
    expect(tables.map((found) => found.name)).toContain('table-unknown');
    const columns = planFindings(
      planOf('long', rowEntity(name, { omit: [hostile], where: { [hostile]: 'x' } })),
      catalogue,
    );
    expect(columns.filter((found) => found.name === 'column-unknown')).toHaveLength(2);
    const facts = await measure(
      source,
      planOf('long', rowEntity(name, { where: { [hostile]: 'x' }, unique: { u: `{${hostile}}` } })),
      catalogue,
    );
    expect(facts.unmeasured).toEqual([]);
    expect(facts.entities[0]?.rows).toBe(0);
  }
  expect(Object.keys((await readCatalogue(source, `x'; DROP TABLE canary; --`)).tables)).toEqual([]);
  await canaryLives();
});
