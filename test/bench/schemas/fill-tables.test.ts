import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Client } from 'pg';
import { awkwardValues, type ColumnShape, plainValue } from '../../../bench/schemas/awkward-values.ts';
import { fillTables } from '../../../bench/schemas/fill-tables.ts';
import { readShapes } from '../../../bench/schemas/read-shapes.ts';
import { writeRows } from '../../../bench/schemas/write-rows.ts';
import { loadScripts } from '../../../local/load-script/load-scripts.ts';
import { type Postgres, startPostgres } from '../../../local/postgres/server.ts';
import { createPgSource } from '../../../src/adapters/postgres/connection/pg-source.ts';
import { readCatalogue } from '../../../src/adapters/postgres/catalogue/read-catalogue.ts';

let root: string;
let postgres: Postgres;
let client: Client;

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'portage-fill-'));
  postgres = await startPostgres({ dataDir: join(root, 'data'), database: 'fill', fsync: false });
  client = new Client({ connectionString: postgres.connectionString });
  await client.connect();
  await client.query('CREATE EXTENSION citext; CREATE EXTENSION hstore; CREATE EXTENSION ltree');
});
afterAll(async () => {
  await client.end();
  await postgres.stop();
  rmSync(root, { recursive: true, force: true });
});

const TYPES: readonly string[] = (
  'int2 int4 int8 oid float4 float8 money bool date timestamp timestamptz time timetz interval uuid json jsonb inet cidr macaddr macaddr8 ' +
  'int4range int8range numrange daterange tsrange tstzrange int4multirange tsvector tsquery xml point box line lseg path polygon circle ' +
  'hstore ltree bit varbit pg_lsn name text citext varchar bpchar numeric bytea'
).split(' ');

test.each(TYPES)('PostgreSQL takes every generated value of type %s, alone and in an array', async (type) => {
  for (const array of [false, true]) {
    const column = columnOf(type, array);
    const values = [...awkwardValues(column), plainValue(column, 1), plainValue(column, 29_999)];
    for (const value of values)
      await expect(client.query(`SELECT $1::${type}${array ? '[]' : ''}`, [value])).resolves.toBeDefined();
  }
});

function columnOf(type: string, array: boolean): ColumnShape {
  const limits = { length: null, precision: null, scale: null };
  return {
    name: 'c',
    type,
    array,
    ...limits,
    notNull: true,
    sequence: false,
    hasDefault: false,
    labels: [],
    constants: [],
  };
}

const SCHEMA = `
  CREATE SCHEMA app;
  CREATE TYPE app.state AS ENUM ('open', 'closed');
  CREATE DOMAIN app.digest AS bytea CHECK (length(VALUE) = 20);
  CREATE TABLE app.parent (id bigserial PRIMARY KEY, code varchar(5) NOT NULL UNIQUE, state app.state NOT NULL, hash app.digest NOT NULL,
    best_child int, kind text NOT NULL CHECK (kind IN ('one', 'two')), twice numeric(8, 2) GENERATED ALWAYS AS (1 + 1) STORED);
  CREATE TABLE app.child (parent_id bigint REFERENCES app.parent, n int, PRIMARY KEY (parent_id, n), body text NOT NULL, self bigint, self_n int,
    FOREIGN KEY (self, self_n) REFERENCES app.child, from_day date NOT NULL, to_day date NOT NULL CHECK (to_day >= from_day));
  ALTER TABLE app.parent ADD FOREIGN KEY (id, best_child) REFERENCES app.child (parent_id, n);
  CREATE TABLE app.part (day date NOT NULL, v jsonb) PARTITION BY RANGE (day);
  CREATE TABLE app.part_2024 PARTITION OF app.part FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');`;

test('every table of a schema with cycles, domains, checks and partitions is filled, and the script brings the same rows back', async () => {
  await client.query(SCHEMA);
  const source = createPgSource({ connection: { connectionString: postgres.connectionString } });
  const shapes = await readShapes(client, await readCatalogue(source, 'app'), 'app');
  await source.close();
  const filled = await fillTables(client, shapes, { rows: 5, seed: 1, large: 1 });
  expect(filled.filter(({ rows }) => rows < 2)).toEqual([]);
  const { rows: longest } = await client.query('SELECT max(octet_length(body)) > 300000 AS large FROM app.child');
  expect(longest).toEqual([{ large: true }]);

  const before = await contents();
  const file = join(root, 'rows.sql');
  await writeRows(client, 'app', file);
  await client.query('CREATE DATABASE copy');
  const target = new URL(postgres.connectionString);
  target.pathname = '/copy';
  const copy = join(root, 'copy.sql');
  writeFileSync(copy, `${SCHEMA}\nINSERT INTO app.part VALUES ('2024-05-05', '{}');`);
  await loadScripts(target.href, [copy, file], () => {});
  const other = new Client({ connectionString: target.href });
  await other.connect();
  expect(await contents(other)).toEqual(before);
  await other.end();
});

async function contents(at: Client = client): Promise<readonly string[]> {
  const tables = ['parent', 'child', 'part_2024'].map(
    (name) => `SELECT '${name}' AS t, row_to_json(x)::text AS r FROM app.${name} x`,
  );
  const { rows } = await at.query<{ t: string; r: string }>(`${tables.join(' UNION ALL ')} ORDER BY 1, 2`);
  return rows.map(({ t, r }) => `${t} ${r}`);
}
