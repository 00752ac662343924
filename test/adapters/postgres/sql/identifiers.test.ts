import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Client } from 'pg';
import { measure } from '../../../../src/adapters/postgres/assessment/assessment.ts';
import { captureGaps, installCapture } from '../../../../src/adapters/postgres/capture/capture.ts';
import { removeCapture } from '../../../../src/adapters/postgres/removal/remove-capture.ts';
import { createChangelog } from '../../../../src/adapters/postgres/capture/changelog.ts';
import { createMissedChanges } from '../../../../src/adapters/postgres/capture/missed-changes.ts';
import { readCatalogue } from '../../../../src/adapters/postgres/catalogue/read-catalogue.ts';
import { createPgSource, type PgSource } from '../../../../src/adapters/postgres/connection/pg-source.ts';
import { createBodyMd5 } from '../../../../src/adapters/postgres/rows/body-md5.ts';
import { createRowDigests } from '../../../../src/adapters/postgres/rows/row-digests.ts';
import { createRowSource } from '../../../../src/adapters/postgres/rows/row-source.ts';
import { quoteIdentifier } from '../../../../src/adapters/postgres/sql/quote.ts';
import { selectRows } from '../../../../src/adapters/postgres/sql/select.ts';
import { deleteStatement, putStatement, updateStatement } from '../../../../src/adapters/postgres/sql/write.ts';
import { compilePlan } from '../../../../src/domain/plan-check/compile-plan.ts';
import { type Plan, planSchema } from '../../../../src/domain/plan/plan.ts';
import { type Awkwards, startAwkwards } from '../awkward/fixture.ts';

/**
 * Every word of every file that makes SQL (aliases, parameters, functions, types, keywords) is the name of a column and of a table, so
 * that an alias that is added tomorrow is tried too.
 */
const FOLDER = 'src/adapters/postgres';
const FILES = readdirSync(FOLDER, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts'))
  .map((name) => readFileSync(join(FOLDER, name), 'utf8'));
const WORDS = [...new Set(FILES.flatMap((text) => text.match(/[A-Za-z_][A-Za-z0-9_]*/g) ?? []))].sort();
const AWKWARD = [
  'MiXed',
  'two words',
  'quo"te',
  "apo'strophe",
  'dot.ted',
  'ha#sh',
  'per%cent',
  '$body$',
  '$1',
  ':name',
  'ü'.repeat(31),
  'n'.repeat(63),
  '1',
  '{id}',
  'a|lower',
  '\\',
  '--',
  '/*',
];
/** PostgreSQL's own columns, the tables' own, and the one that the check refuses (finding column-name). */
const IMPOSSIBLE = new Set(['ctid', 'cmin', 'cmax', 'xmin', 'xmax', 'tableoid', 'id', '__proto__']);
const MEMBERS = Object.getOwnPropertyNames(Object.prototype);
const NAMES = [...new Set([...WORDS, ...AWKWARD, ...MEMBERS])].filter(
  (name) => !IMPOSSIBLE.has(name) && Buffer.byteLength(name) <= 63,
);
const COLUMNS_A_TABLE = 120;
const TYPES = [
  ['text', `'a'`, `'b'`],
  ['int', '1', '2'],
  ['timestamptz', `'2024-01-02 03:04:05+00'`, `'2025-01-02 03:04:05+00'`],
  ['jsonb', `'{"a": 1}'`, `'[]'`],
  ['bytea', `'\\x01'`, `'\\x02'`],
  ['text[]', `'{a,b}'`, `'{}'`],
  ['numeric(8,2)', '1.5', '2'],
] as const;

let awkwards: Awkwards;
let client: Client;
let source: PgSource;
beforeAll(async () => {
  awkwards = await startAwkwards();
  const url = await awkwards.create('identifiers', 'SELECT 1');
  client = new Client({ connectionString: url });
  await client.connect();
  source = createPgSource({ connection: { connectionString: url } });
}, 60_000);
afterAll(async () => {
  await source?.close();
  await client?.end();
  await awkwards?.stop();
});

/** Creates the tables, each with its columns after `id`, and a plan that maps each. */
async function planOf(schema: string, tables: Readonly<Record<string, readonly string[]>>): Promise<Plan> {
  await client.query(`CREATE SCHEMA ${quoteIdentifier(schema)}`);
  const entities: Record<string, unknown> = {};
  for (const [at, [table, columns]] of Object.entries(tables).entries()) {
    const list = columns.map((name, n) => `${quoteIdentifier(name)} ${TYPES[n % TYPES.length]?.[0]} NOT NULL`);
    await client.query(
      `CREATE TABLE ${quoteIdentifier(schema)}.${quoteIdentifier(table)} (${['id int PRIMARY KEY', ...list].join(', ')})`,
    );
    const large = columns.filter((_, n) => n % (TYPES.length * 3) === 0);
    const reserved = columns.filter(
      (name) => name === 'PK' || name === 'SK' || name.startsWith('_') || /^GSI\d/.test(name),
    );
    entities[`E${at}`] = {
      from: table,
      key: { PK: `E${at}#{id}`, SK: `E${at}#{id}` },
      rename: Object.fromEntries(reserved.map((name) => [name, `own ${name}`])),
      large: Object.fromEntries(
        large.map((name) => [name, { pointer: `key of ${name}`, length: `size of ${name}`, over: 0 }]),
      ),
    };
  }
  return planSchema.parse({ name: 'identifiers', source: { schema }, table: { name: 'identifiers' }, entities });
}

async function tryAll(schema: string, tables: Readonly<Record<string, readonly string[]>>): Promise<void> {
  const plan = await planOf(schema, tables);
  const catalogue = await readCatalogue(source, schema);
  const mapping = compilePlan(plan, catalogue, {});
  await installCapture(source, mapping, 1);
  const changelog = createChangelog(source);
  const missed = createMissedChanges(source);
  const rows = createRowSource(source, mapping);
  const digests = createRowDigests(source, mapping);
  const md5 = createBodyMd5(source, mapping);
  for (const [at, [table, columns]] of Object.entries(tables).entries()) {
    const name = `E${at}`;
    const entity = mapping.entities[name];
    if (entity === undefined) throw new Error(name);
    const root = `${quoteIdentifier(schema)}.${quoteIdentifier(table)}`;
    const inserted = ['1', ...columns.map((_, n) => TYPES[n % TYPES.length]?.[1])];
    await client.query(`INSERT INTO ${root} VALUES (${inserted.join(', ')})`);
    if (columns.length > 0)
      await client.query(
        `UPDATE ${root} SET ${columns.map((column, n) => `${quoteIdentifier(column)} = ${TYPES[n % TYPES.length]?.[2]}`).join(', ')}`,
      );
    expect(await missed.list(5, 0)).toEqual([]);
    const [first, second] = (await changelog.pending(1000)).slice(-2);
    const [row] = await rows.page(name, { after: null, upTo: null }, 10);
    const newest = columns.length > 0 ? second : (second ?? first);
    expect(row).toEqual({ identity: ['1'], image: newest?.row, seq: newest?.seq });
    expect(Object.keys(row?.image ?? {}).sort()).toEqual(['id', ...columns].sort());
    expect(await rows.rows(name, [['1'], ['2']])).toEqual([row]);
    expect(await rows.current(table, [['1'], ['2']])).toEqual([row, { identity: ['2'], image: null, seq: 0 }]);
    expect(await rows.keys(name, { after: ['0'], upTo: ['9'] }, 10)).toHaveLength(1);
    expect(await rows.stride(name, { after: null, limit: 1, every: 1, counted: 0 })).toEqual({
      last: ['1'],
      rows: 1,
      marks: [['1']],
    });
    const [digest] = await digests(name, [['1']]);
    expect(digest?.digest).toMatch(/^[0-9a-f]{64}$/);
    for (const column of Object.keys(entity.large)) {
      expect((await rows.bodies(name, [['1']], column)).size).toBe(1);
      expect((await md5(name, column, [['1']])).size).toBe(1);
    }
    expect(await selectRows(source, mapping, name, [['1']])).toEqual([row?.image]);
    const text = Object.fromEntries(
      Object.entries(row?.image ?? {}).filter((pair): pair is [string, string] => typeof pair[1] === 'string'),
    );
    const put = putStatement(mapping, entity, { ...text, id: '2' }, {});
    await source.query(put.text(`'open'::text`), put.parameters).catch((error: unknown) => {
      // Large columns of the image are hashes, so the row is not whole; any other refusal is ours.
      if (!/null value in column/.test(String(error))) throw error;
    });
    const { id: _, ...changes } = text;
    if (Object.keys(changes).length > 0) {
      const update = updateStatement(mapping, entity, { id: '1' }, changes);
      expect(await source.query(update.text(`'open'::text`), update.parameters)).toEqual([{ pk: '["1"]' }]);
    }
    const remove = deleteStatement(mapping, entity, { id: '1' });
    expect(await source.query(remove.text(`'open'::text`), remove.parameters)).toEqual([{ pk: '["1"]' }]);
  }
  expect(await missed.list(5, 0)).toEqual([]);
  expect(await captureGaps(source, mapping)).toEqual([]);
  expect((await measure(source, plan, catalogue)).unmeasured).toEqual([]);
  await removeCapture(source);
  await client.query(`DROP SCHEMA ${quoteIdentifier(schema)} CASCADE`);
}

test('a column may have any name that occurs in our SQL', async () => {
  expect(NAMES.length).toBeGreaterThan(800);
  const tables = Object.fromEntries(
    Array.from({ length: Math.ceil(NAMES.length / COLUMNS_A_TABLE) }, (_, at) => [
      `table ${at}`,
      NAMES.slice(at * COLUMNS_A_TABLE, (at + 1) * COLUMNS_A_TABLE),
    ]),
  );
  await tryAll('columns', tables);
}, 180_000);

test('a table may have the name of any alias in our SQL', async () => {
  const aliases = FILES.flatMap((text) =>
    [...text.matchAll(/\bAS ([a-z_][a-z0-9_]*)\b/g)].map(([, alias = '']) => alias),
  );
  const names = [...new Set([...aliases, ...AWKWARD, 'shards', 'excluded', 'old', 'new', 'changelog', 'portage'])];
  expect(names.length).toBeGreaterThan(80);
  await tryAll(
    'tables',
    Object.fromEntries(names.map((name) => [name, [...new Set(['i', 't', name])].filter((column) => column !== 'id')])),
  );
}, 180_000);
