import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { Client } from 'pg';
import { emptyDatabase } from '../../../local/load-script/contents.ts';
import { loadedLine, loadScripts } from '../../../local/load-script/load-scripts.ts';
import { type Postgres, startPostgres } from '../../../local/postgres/server.ts';

let root: string;
let postgres: Postgres;
let client: Client;

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'portage-load-'));
  postgres = await startPostgres({ dataDir: join(root, 'data'), database: 'portage', fsync: false });
  client = new Client({ connectionString: postgres.connectionString });
  await client.connect();
});
afterAll(async () => {
  await client.end();
  await postgres.stop();
  rmSync(root, { recursive: true, force: true });
});
beforeEach(() => emptyDatabase(client));

interface Load {
  readonly rows: Readonly<Record<string, number>>;
  readonly said: readonly string[];
  readonly line: string;
}

async function load(script: string | Buffer, name = 'dump.sql'): Promise<Load> {
  const file = join(root, name);
  writeFileSync(file, script);
  const said: string[] = [];
  const loaded = await loadScripts(postgres.connectionString, [file], (line) => said.push(line));
  const rows = Object.fromEntries(loaded.tables.map((one) => [`${one.schema}.${one.table}`, one.rows]));
  return { rows, said, line: loadedLine(loaded) };
}

async function ask(query: string): Promise<unknown[]> {
  const answer = await client.query({ text: query, rowMode: 'array' });
  return answer.rows.flat();
}

const ONE_ROW = 'CREATE TABLE one (a int); INSERT INTO one VALUES (1);\n';

test('what pg_dump puts around the rows is passed over, one line per kind', async () => {
  const { rows, said, line } = await load(`
    \\restrict 7Fq
    SET statement_timeout = 0;
    SET client_encoding = 'UTF8';
    SELECT pg_catalog.set_config('search_path', '', false);
    DROP DATABASE shop;
    CREATE DATABASE shop WITH TEMPLATE = template0 ENCODING = 'UTF8' LOCALE = 'de_DE.utf8';
    ALTER DATABASE shop OWNER TO nobody;
    \\unrestrict 7Fq
    \\connect shop
    SET default_table_access_method = heap;
    CREATE ROLE nobody;
    CREATE TABLE public.a (id integer NOT NULL, name text);
    ALTER TABLE public.a OWNER TO nobody;
    CREATE SEQUENCE public.a_id_seq OWNED BY public.a.id;
    ALTER TABLE public.a_id_seq OWNER TO nobody;
    ALTER TABLE public.a OWNER TO somebody;
    COPY public.a (id, name) FROM stdin;
1	it's; $$ -- \\\\
2	\\N
3	two\\nlines
\\.
    SELECT pg_catalog.setval('public.a_id_seq', 3, true);
    ALTER TABLE ONLY public.a ADD CONSTRAINT a_pkey PRIMARY KEY (id);
    REVOKE ALL ON TABLE public.a FROM nobody;
    GRANT SELECT ON TABLE public.a TO somebody;
    ALTER DEFAULT PRIVILEGES FOR ROLE nobody GRANT ALL ON TABLES TO nobody;
  `);
  expect(rows).toEqual({ 'public.a': 3 });
  expect(line).toBe('3 rows in 1 of 1 tables');
  expect(await ask('SELECT name FROM public.a ORDER BY id')).toEqual(["it's; $$ -- \\", null, 'two\nlines']);
  const owners = said.filter((text) => text.includes('ALTER TABLE … OWNER TO'));
  expect(owners).toEqual([
    'passed over: ALTER TABLE … OWNER TO (3 times, first in line 14): role "nobody" does not exist',
  ]);
  expect(said.filter((text) => text.includes('DATABASE')).length).toBe(3);
  expect(said.filter((text) => text.includes('\\connect'))).toHaveLength(1);
  expect(new Set(said).size).toBe(said.length);
});

test('strings of a dump with standard_conforming_strings off keep their escapes', async () => {
  const { rows } = await load(String.raw`
    SET standard_conforming_strings = off;
    SET escape_string_warning = off;
    CREATE TABLE a (t text);
    INSERT INTO a VALUES ('it\'s; here'), ('c:\\dir');
    SET standard_conforming_strings = on;
    INSERT INTO a VALUES ('c:\'), (E'it\'s; there');
  `);
  expect(rows).toEqual({ 'public.a': 4 });
  expect(await ask('SELECT t FROM a')).toEqual(["it's; here", 'c:\\dir', 'c:\\', "it's; there"]);
});

test('a declared encoding holds for statements and for the rows of COPY, until another is declared', async () => {
  const latin1 =
    `SET client_encoding = 'LATIN1';\nCREATE TABLE "café" ("naïve" text);\nINSERT INTO "café" VALUES ('é');\n` +
    `COPY "café" ("naïve") FROM stdin;\nüß\n\\.\nSET client_encoding = 'LATIN2';\nINSERT INTO "café" VALUES ('`;
  const { rows } = await load(
    Buffer.concat([
      Buffer.from(latin1, 'latin1'),
      // ą in LATIN2, where é stands at the same place as in LATIN1.
      Buffer.from([0xb1]),
      Buffer.from(`');\nSET client_encoding = 'UTF8';\nINSERT INTO "café" VALUES ('漢');\n`),
    ]),
  );
  expect(rows).toEqual({ 'public.café': 4 });
  expect(await ask('SELECT "naïve" FROM "café"')).toEqual(['é', 'üß', 'ą', '漢']);
});

test('an encoding whose second bytes look like backslashes and quotes is read by its characters', async () => {
  // 表 is 0x95 0x5C, ソ 0x83 0x5C: each ends in a backslash.
  const rows = Buffer.from([0x95, 0x5c, 0x0a, 0x83, 0x5c, 0x0a]);
  const { said } = await load(
    Buffer.concat([
      Buffer.from(`SET client_encoding = 'SJIS';\nCREATE TABLE a (t text);\nINSERT INTO a VALUES (E'`),
      Buffer.from([0x95, 0x5c]),
      Buffer.from(`');\nCOPY a FROM stdin;\n`),
      rows,
      Buffer.from('\\.\n'),
    ]),
  );
  expect(said).toEqual([]);
  expect(await ask('SELECT t FROM a')).toEqual(['表', '表', 'ソ']);
});

test('a script in no declared encoding that is not UTF-8 is refused with the remedy', async () => {
  const script = Buffer.from(`${ONE_ROW}CREATE TABLE a (t text);\nINSERT INTO a VALUES ('é');`, 'latin1');
  await expect(load(script)).rejects.toThrow(/not UTF-8 .*SET client_encoding/);
});

test('a statement that fails harmlessly takes nothing else with it, in a transaction of the script either', async () => {
  const { rows, said } = await load(`
    CREATE EXTENSION no_such_extension;
    BEGIN;
    CREATE TABLE a (id int PRIMARY KEY);
    INSERT INTO a VALUES (1);
    DROP TABLE nowhere;
    COMMENT ON TABLE nowhere IS 'nothing';
    INSERT INTO a VALUES (1);
    INSERT INTO a VALUES (2);
    COMMIT;
    SELECT no_such_function();
    INSERT INTO a VALUES (3);
  `);
  expect(rows).toEqual({ 'public.a': 3 });
  expect(said.map((text) => text.replace(/:.*: /, ': '))).toHaveLength(5);
  expect(said.join('\n')).toMatch(/INSERT INTO \(line 8\): duplicate key/);
});

test('children filled by rules and partitions are counted once, with their parents', async () => {
  const { rows } = await load(`
    CREATE TABLE payment (id int NOT NULL, at date NOT NULL);
    CREATE TABLE payment_1 (CHECK (at < '2020-02-01')) INHERITS (payment);
    CREATE TABLE payment_2 (CHECK (at >= '2020-02-01')) INHERITS (payment);
    CREATE RULE r1 AS ON INSERT TO payment WHERE new.at < '2020-02-01' DO INSTEAD INSERT INTO payment_1 VALUES (new.*);
    CREATE RULE r2 AS ON INSERT TO payment WHERE new.at >= '2020-02-01' DO INSTEAD (INSERT INTO payment_2 VALUES (new.*); SELECT 1);
    INSERT INTO payment VALUES (1, '2020-01-01'), (2, '2020-01-02'), (3, '2020-03-01');
    CREATE SCHEMA "Sales Data";
    CREATE TABLE "Sales Data"."Order Line" ("Order Id" int, "At" date) PARTITION BY RANGE ("At");
    CREATE SCHEMA parts;
    CREATE TABLE parts."Line 2020" PARTITION OF "Sales Data"."Order Line" FOR VALUES FROM ('2020-01-01') TO ('2021-01-01');
    CREATE TABLE parts.rest PARTITION OF "Sales Data"."Order Line" DEFAULT PARTITION BY HASH ("Order Id");
    CREATE TABLE parts.rest_0 PARTITION OF parts.rest FOR VALUES WITH (MODULUS 1, REMAINDER 0);
    COPY parts."Line 2020" FROM stdin WITH (FORMAT csv, HEADER true);
"Order Id",At
1,2020-05-05
\\.
    COPY "Sales Data"."Order Line" ("Order Id", "At") FROM stdin;
2	2020-05-05
3	2022-05-05
\\.
  `);
  expect(rows).toEqual({ 'public.payment': 3, 'Sales Data.Order Line': 3 });
  expect(await ask('SELECT count(*)::int FROM ONLY payment')).toEqual([0]);
});

test('rows that a COPY or an INSERT cannot bring are an error that names line and reason, not a smaller table', async () => {
  const copy = `${ONE_ROW}COPY nowhere (id) FROM stdin;\n1\n\\.\nINSERT INTO one VALUES (2);`;
  await expect(load(copy)).rejects.toThrow(
    /COPY nowhere \(id\) FROM stdin \(line 2\): relation "nowhere" does not exist/,
  );
  expect(await ask('SELECT a FROM one')).toEqual([1, 2]);
  await emptyDatabase(client);
  const torn = 'CREATE TABLE a (i int, j int);\nCOPY a FROM stdin;\n1\t2\n3\n\\.\n';
  await expect(load(torn)).rejects.toThrow(/line 2\): missing data for column "j"/);
  await emptyDatabase(client);
  await expect(load(`${ONE_ROW}INSERT INTO nowhere VALUES (1);`)).rejects.toThrow(
    /INSERT INTO nowhere VALUES \(1\) \(line 2\)/,
  );
});

test('a file that loads nothing is an error with the remedy', async () => {
  await expect(load('')).rejects.toThrow(/loads nothing/);
  await expect(load('CREATE TABLE a (i int);')).rejects.toThrow(
    /loads nothing: it makes 1 tables and fills none\. Give/,
  );
  await emptyDatabase(client);
  await expect(load('CREATE TABLE `users` (`id` int(11) NOT NULL);')).rejects.toThrow(/CREATE TABLE `users`/);
  await expect(load('PGDMP\u0001\u000e\u0000')).rejects.toThrow(/archive of pg_dump.*pg_restore/);
  await expect(load(Buffer.from(ONE_ROW, 'utf16le'))).rejects.toThrow(/NUL bytes/);
  await expect(loadScripts(postgres.connectionString, [join(root, 'none.sql')], () => {})).rejects.toThrow(
    /there is no script .*--sql FILE/,
  );
});

test('a database that holds tables already is not loaded on top', async () => {
  await load(ONE_ROW);
  await expect(load(ONE_ROW)).rejects.toThrow(/holds public\.one already: start with --fresh/);
  expect(await ask('SELECT a FROM one')).toEqual([1]);
});

test('files beside the script, packed scripts, and psql settings are taken', async () => {
  writeFileSync(join(root, 'rows.csv'), 'a,b\n1,"x;\ny"\n2,z\n');
  writeFileSync(join(root, 'more.sql'), "INSERT INTO t VALUES (3, 'included');\n");
  const script = `\\set ON_ERROR_STOP on\n\\echo loading\nCREATE TABLE t (a int, b text);\n\\copy t (a, b) FROM 'rows.csv' WITH (FORMAT csv, HEADER)\n\\ir more.sql\n\\q\nDROP TABLE t;\n`;
  const { rows, said } = await load(gzipSync(script), 'packed.sql.gz');
  expect(rows).toEqual({ 'public.t': 3 });
  expect(said).toEqual([]);
  expect(await ask('SELECT b FROM t ORDER BY a')).toEqual(['x;\ny', 'z', 'included']);
});
