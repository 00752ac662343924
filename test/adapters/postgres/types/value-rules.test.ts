import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { Client } from 'pg';
import { type Postgres, startPostgres } from '../../../../local/postgres/server.ts';
import { canonical } from '../../../../src/adapters/postgres/sql/canonical.ts';
import { beyondNumbers } from '../../../../src/adapters/postgres/sql/number-range.ts';
import { toCanonical } from '../../../../src/domain/mapping/values/to-canonical.ts';
import { jsonbText, jsonText } from '../../../../src/domain/mapping/values/to-canonical-json.ts';
import type { ApplicationValue } from '../../../../src/domain/mapping/values/application-value.ts';
import { isDynamoNumber } from '../../../../src/domain/mapping/values/dynamo-number.ts';
import { compareKeys } from '../../../../src/domain/mapping/patterns/pattern-query.ts';
import { lowerCase } from '../../../../src/domain/mapping/keys/template.ts';
import { columnType } from '../../../../src/domain/mapping/values/types.ts';
import { column } from '../../../domain/campaigns.ts';
import { codecOf, KEY_CASES } from '../../../domain/mapping/keys/key-values.ts';

// What the domain says about values without asking PostgreSQL, held against what PostgreSQL says.

const seed = Number(process.env['SEED'] ?? Date.now() % 1_000_000);
const SAMPLE = { seed, numRuns: 1_000 };

let root: string;
let server: Postgres;
let psql: Client;

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'portage-values-'));
  server = await startPostgres({ dataDir: join(root, 'data'), fsync: false });
  psql = new Client({ connectionString: server.connectionString });
  await psql.connect();
}, 120_000);

afterAll(async () => {
  await psql?.end();
  await server?.stop();
  rmSync(root, { recursive: true, force: true });
});

type Spec = Parameters<typeof column>[1];

/** The canonical texts that PostgreSQL gives these values of a type. */
async function stated(spec: Spec, sql: string, values: readonly string[]): Promise<readonly (string | null)[]> {
  const { rows } = await psql.query<{ text: string | null }>(
    `SELECT ${canonical(column('c', spec), 't.v')} AS text FROM (SELECT CAST(u.v AS ${sql}) AS v, u.n FROM unnest($1::text[]) WITH ORDINALITY AS u(v, n)) AS t ORDER BY t.n`,
    [values],
  );
  return rows.map(({ text }) => text);
}

test.each(KEY_CASES)(`$name: sort keys are in PostgreSQL's order of the values (seed ${seed})`, async (of) => {
  const values = [...new Set(fc.sample(of.values, SAMPLE))].filter((value) => codecOf(of).encode(value) !== '');
  const ordered = codecOf(of).collate ? `CAST(v AS ${of.sql})::text COLLATE "C"` : `CAST(v AS ${of.sql})`;
  const { rows } = await psql.query<{ v: string }>(`SELECT v FROM unnest($1::text[]) AS u(v) ORDER BY ${ordered}`, [
    values,
  ]);
  const keys = rows.map(({ v }) => codecOf(of).encode(v) ?? '');
  expect([...keys].sort(compareKeys)).toEqual(keys);
  expect(new Set(keys).size).toBe(values.length);
  // The values are canonical, and come back as such.
  expect(rows.map(({ v }) => codecOf(of).decode(codecOf(of).encode(v) ?? ''))).toEqual(rows.map(({ v }) => v));
});

interface Given {
  readonly spec: Spec;
  readonly sql: string;
  readonly values: fc.Arbitrary<NonNullable<ApplicationValue>>;
}

const moment = fc.date({ min: new Date('-004700-01-01'), max: new Date('+270000-01-01'), noInvalidDate: true });
const offset = fc.constantFrom('Z', '+02', '-04:30', '+0545', '+15:59', '-15:59');
const iso = fc
  .tuple(
    fc.date({ min: new Date('0001-01-03'), max: new Date('9999-12-28'), noInvalidDate: true }),
    offset,
    fc.integer({ min: 0, max: 999_999 }),
  )
  .map(([date, zone, micros]) => `${date.toISOString().slice(0, 19)}.${String(micros).padStart(6, '0')}${zone}`);
const decimals = fc
  .tuple(fc.bigInt({ min: -(10n ** 14n), max: 10n ** 14n }), fc.integer({ min: 0, max: 3 }))
  .map(([number, places]) => (places === 0 ? String(number) : `${number}.${'5'.repeat(places)}`));
const number = fc.oneof(
  fc.double({ noNaN: true }),
  fc.float({ noNaN: true }),
  fc.integer(),
  fc.constantFrom(-0, 1e21, 1e-7),
);

/** What applications give, of every kind that has more than one spelling. */
const GIVEN: readonly Given[] = [
  {
    spec: 'int4',
    sql: 'int4',
    values: fc.oneof(fc.integer(), fc.bigInt({ min: -(2n ** 33n), max: 2n ** 33n }), fc.constantFrom('007', '-0')),
  },
  { spec: 'float8', sql: 'float8', values: fc.oneof(number, number.map(String)) },
  {
    spec: 'float4',
    sql: 'float4',
    values: fc.oneof(
      number,
      fc.float({ noNaN: true }),
      fc.integer({ min: -103, max: 127 }).map((power) => 2 ** power),
    ),
  },
  {
    spec: { type: 'numeric', precision: 12, scale: 2 },
    sql: 'numeric(12,2)',
    values: fc.oneof(decimals, number, number.map(String)),
  },
  {
    spec: { type: 'numeric', precision: 3, scale: -2 },
    sql: 'numeric(3,-2)',
    values: fc.integer({ min: -999, max: 999 }).map((n) => n * 100),
  },
  {
    spec: 'numeric',
    sql: 'numeric',
    values: fc.oneof(
      decimals,
      number.map((given) => given.toFixed(3)),
      fc.constantFrom('-0.00', '007.50', '-00.1', 'NaN'),
    ),
  },
  { spec: 'date', sql: 'date', values: moment },
  { spec: 'timestamptz', sql: 'timestamptz', values: fc.oneof(moment, iso) },
  { spec: 'timestamp', sql: 'timestamp', values: moment },
  { spec: 'time', sql: 'time', values: fc.constantFrom('12:00:00.500', '24:00:00', '00:00:00.000001', '23:59:59') },
  { spec: { type: 'bpchar', length: 3 }, sql: 'char(3)', values: fc.string({ unit: 'grapheme', maxLength: 3 }) },
  { spec: { type: 'varchar', length: 3 }, sql: 'varchar(3)', values: fc.string({ unit: 'grapheme', maxLength: 3 }) },
  { spec: 'uuid', sql: 'uuid', values: fc.uuid().map((text) => text.toUpperCase()) },
  { spec: 'bool', sql: 'bool', values: fc.boolean() },
  {
    spec: 'jsonb',
    sql: 'jsonb',
    values: fc
      .jsonValue({ stringUnit: 'binary' })
      .filter((value) => value !== null)
      .map(toValue),
  },
];

/** JSON's values are the application's; through JSON, so that the two types meet. */
function toValue(value: unknown): NonNullable<ApplicationValue> {
  const copy: NonNullable<ApplicationValue> = JSON.parse(JSON.stringify(value));
  return copy;
}

/** The value as a program would put it into SQL. */
function asSql(value: NonNullable<ApplicationValue>, spec: Spec): string {
  if (spec === 'jsonb') return JSON.stringify(value);
  if (!(value instanceof Date)) return Object.is(value, -0) ? '-0' : String(value);
  const year = value.getUTCFullYear();
  const rest = value.toISOString().slice(-20);
  return year > 0 ? `${String(year).padStart(4, '0')}${rest}` : `${String(1 - year).padStart(4, '0')}${rest} BC`;
}

test.each(GIVEN)(
  `$sql: an application's value becomes the text that PostgreSQL gives it (seed ${seed})`,
  async ({ spec, sql, values }) => {
    const absorb = toCanonical(columnType(column('c', spec)));
    const taken = fc.sample(values, SAMPLE).flatMap((value) => {
      const text = absorb(value);
      return text === null ? [] : [{ text, sql: asSql(value, spec) }];
    });
    expect(taken.length).toBeGreaterThan(100);
    const said = await stated(
      spec,
      sql,
      taken.map((value) => value.sql),
    );
    expect(taken.map(({ text }, at) => [taken[at]?.sql, text])).toEqual(
      taken.map((value, at) => [value.sql, said[at]]),
    );
  },
);

test('`lower` of a template is that of PostgreSQL, for every code point that both know', async () => {
  const { rows } = await psql.query<{ n: number; low: string }>(
    `SELECT n, lower(chr(n) COLLATE pg_c_utf8) AS low FROM generate_series(1, 1114111) AS n
     WHERE n NOT BETWEEN 55296 AND 57343 AND unicode_assigned(chr(n)) AND lower(chr(n) COLLATE pg_c_utf8) <> chr(n)`,
  );
  expect(rows.length).toBeGreaterThan(1_400);
  expect(rows.filter(({ n, low }) => lowerCase(String.fromCodePoint(n)) !== low)).toEqual([]);
  const known = new Set(rows.map(({ n }) => n));
  const { rows: plain } = await psql.query<{ text: string }>(
    `SELECT string_agg(chr(n), '') AS text FROM generate_series(1, 1114111) AS n
     WHERE n NOT BETWEEN 55296 AND 57343 AND unicode_assigned(chr(n)) AND NOT n = ANY($1)`,
    [[...known]],
  );
  const text = plain[0]?.text ?? '';
  expect(text.length).toBeGreaterThan(100_000);
  expect(lowerCase(text) === text).toBe(true);
});

test(`SQL and the domain agree on which numbers DynamoDB can hold (seed ${seed})`, async () => {
  const edges = [
    '0',
    '0.00',
    '-0.0',
    '1e-130',
    '1e-131',
    '9.9e-131',
    '1e125',
    '1e126',
    '-1e126',
    '9.99e125',
    'NaN',
    'Infinity',
  ];
  const long = [
    '9'.repeat(38),
    '9'.repeat(39),
    `1${'0'.repeat(50)}`,
    `${'1'.repeat(20)}.${'1'.repeat(18)}`,
    `0.${'0'.repeat(80)}${'7'.repeat(38)}`,
  ];
  const random = fc.sample(
    fc.tuple(fc.bigInt({ min: -(10n ** 45n), max: 10n ** 45n }), fc.integer({ min: -140, max: 140 })),
    SAMPLE,
  );
  const values = [...edges, ...long, ...random.map(([digits, power]) => `${digits}e${power}`)];
  const condition = beyondNumbers(column('c', 'numeric'), 'u.v') ?? '';
  const inArray = beyondNumbers(column('c', 'numeric[]'), 'ARRAY[NULL, 1, u.v]') ?? '';
  const { rows } = await psql.query<{ text: string; beyond: boolean; within: boolean }>(
    `SELECT v::text AS text, ${condition} AS beyond, ${inArray} AS within FROM (SELECT CAST(w AS numeric) AS v FROM unnest($1::text[]) AS w) AS u`,
    [values],
  );
  const verdicts = rows.map(({ text, beyond, within }) => [text, beyond, within]);
  const expected = rows.map(({ text }) => {
    const refused = /\d/.test(text) && !isDynamoNumber(text);
    return [text, refused, refused];
  });
  expect(verdicts).toEqual(expected);
  expect(new Set(rows.map(({ beyond }) => beyond)).size).toBe(2);
  expect(beyondNumbers(column('c', 'float8'), 'u.v')).toBeNull();
});

test(`an application's JSON values are stored as PostgreSQL stores their JSON.stringify (seed ${seed})`, async () => {
  const odd: readonly unknown[] = [
    'dark',
    '',
    'null',
    '"',
    '\u2028',
    'ü',
    'a/b',
    null,
    true,
    0,
    -0,
    1.5,
    1e21,
    1e-7,
    Number.MAX_SAFE_INTEGER,
    5e-324,
    Number.NaN,
    [],
    {},
    [[]],
    { a: {} },
    { '': 1, ' ': 2, ü: 3, a: 4, aa: 5 },
    new Date(0),
    new Map(),
    { toJSON: () => 'own' },
  ];
  const values = [...odd, ...fc.sample(fc.jsonValue(), { seed, numRuns: 500 })];
  const given = values.map((value) => JSON.stringify(value));
  const { rows } = await psql.query<{ jsonb: string; json: string }>(
    'SELECT u.v::jsonb::text AS jsonb, u.v::json::text AS json FROM unnest($1::text[]) WITH ORDINALITY AS u(v, n) ORDER BY u.n',
    [given],
  );
  expect(values.map(jsonbText)).toEqual(rows.map(({ jsonb }) => jsonb));
  expect(values.map(jsonText)).toEqual(rows.map(({ json }) => json));
});
