import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { z } from 'zod';
import { toPositional } from '../../../src/adapters/postgres/named-parameters.ts';
import { type Postgres, startPostgres } from '../../../local/postgres/server.ts';
import { readCatalogue } from '../../../src/adapters/postgres/catalogue.ts';
import { entityImage } from '../../../src/adapters/postgres/relation.ts';
import { absorber } from '../../../src/domain/mapping/absorb.ts';
import { decodeItem } from '../../../src/domain/mapping/decode.ts';
import { encodeItem } from '../../../src/domain/mapping/encode.ts';
import { keyText } from '../../../src/domain/mapping/key-text.ts';
import { compileMapping, type EntityMapping, type Mapping } from '../../../src/domain/mapping/mapping.ts';
import { compareKeys } from '../../../src/domain/mapping/pattern.ts';
import { presenter } from '../../../src/domain/mapping/present.ts';
import { planSchema } from '../../../src/domain/plan/plan.ts';
import type { RowImage } from '../../../src/domain/row.ts';

/** Column types with literals that have gone wrong somewhere before. */
const MATRIX: Readonly<Record<string, readonly string[]>> = {
  bool: ["'t'", "'f'"],
  int2: ['-32768', '0', '32767'],
  int4: ['-2147483648', '-1', '0', '10', '9', '2147483647'],
  int8: ['-9223372036854775808', '-10', '9223372036854775807'],
  'numeric(12,2)': ['-9999999999.99', '-1.5', '0', '0.1', '100', "'NaN'"],
  'numeric(38,0)': ['99999999999999999999999999999999999999', '-1'],
  numeric: ['1.50', '1.5', '0.00', '1e40', '1e-20', "'Infinity'", "'NaN'"],
  float4: ['1.1', '1e10', "'-0'", "'NaN'", "'-Infinity'", '123456', '1234567', '0.0001', '0.00001'],
  float8: ['1.1', '1e15', '123456789012345', '1e-7', "'-0'", "'Infinity'", '0.1'],
  text: ["''", "'a#b%c'", "'e\u0301'", "'\u{1F600}'", `E'\\t\\n"\\\\'`, "'Z'", "'a'", "'ä'", "'\u{FFFD}'"],
  'varchar(5)': ["'abcde'", "''"],
  'char(5)': ["'ab'", "'abcde'", "''"],
  bytea: [`'\\x00ff10'`, `'\\x'`],
  uuid: ["'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11'"],
  date: ["'2024-01-02'", "'0044-03-15 BC'", "'infinity'", "'12024-01-02'"],
  time: ["'23:59:59.5'", "'00:00:00'"],
  timetz: ["'23:59:59.5+02'"],
  timestamp: ["'2024-01-02 03:04:05.6789'", "'0044-03-15 01:00:00 BC'", "'-infinity'"],
  timestamptz: [
    "'2024-01-02 03:04:05.6789+02'",
    "'2024-06-02 03:04:05+00'",
    "'0044-03-15 00:00:00+00 BC'",
    "'infinity'",
    "'12024-01-02 00:00:00.000001+00'",
  ],
  interval: ["'1 year 2 mons -3 days 04:05:06.7'", "'-1 day'"],
  json: [`'{"b":1,  "a":[1.50,null]}'`, "'null'"],
  jsonb: [`'{"bb":1,"a":[1.50,null],"é":{}}'`, `'{"bb":1,"a":[1.5,null,"x"],"é":{"y":true}}'`, "'null'", "'[]'", "'5'"],
  'text[]': ["'{}'", `'{a,NULL,"NULL","",   "q\\"\\\\,{}"}'`, "'{{a,b},{c,d}}'", "'[0:1]={a,b}'"],
  'int4[]': ["'{1,NULL,-3}'"],
  'numeric[]': ["'{1.50,NaN}'"],
  'timestamptz[]': ["'{2024-01-02 03:04:05.6789+02,NULL}'"],
  'bytea[]': [`ARRAY['\\x00'::bytea, NULL]`],
  mood: ["'sad'", "'very happy'"],
  'mood[]': ['\'{sad,"very happy"}\''],
  posint: ['5'],
  point2: [`'(1,"a b")'`],
  int4range: ["'[1,5)'", "'empty'"],
  tstzrange: ["'[2024-01-02 03:04:05+02,)'"],
  inet: ["'10.0.0.1/8'"],
  tsvector: ["'a:1 b:2'"],
  'bit(3)': ["'101'"],
};

let root: string;
let server: Postgres;
let client: Client;
let mapping: Mapping;
let entity: EntityMapping;
let images: readonly RowImage[];
const types = Object.keys(MATRIX);

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'portage-types-'));
  server = await startPostgres({ dataDir: join(root, 'data') });
  client = new Client({ connectionString: server.connectionString });
  await client.connect();
  await client.query(`
    CREATE TYPE mood AS ENUM ('very happy', 'sad');
    CREATE DOMAIN posint AS int CHECK (value > 0);
    CREATE TYPE point2 AS (x int, label text);
    CREATE TABLE matrix (id int PRIMARY KEY, ${types.map((type, at) => `c${at} ${type}`).join(', ')});`);
  const longest = Math.max(...Object.values(MATRIX).map(({ length }) => length));
  for (let row = 0; row <= longest; row++) {
    const values = types.map((type) => {
      const literal = MATRIX[type]?.[row];
      return literal === undefined ? 'NULL' : `CAST(${literal} AS ${type})`;
    });
    await client.query(`INSERT INTO matrix VALUES (${row}, ${values.join(', ')})`);
  }
  const sql = {
    query: async (text: string, parameters: Readonly<Record<string, unknown>> = {}) => {
      const { text: positional, names } = toPositional(text);
      const { rows } = await client.query<Record<string, string | number | boolean | null>>(
        positional,
        names.map((name) => parameters[name]),
      );
      return rows;
    },
  };
  const catalogue = await readCatalogue(sql, 'public');
  const plan = planSchema.parse({
    name: 'types',
    table: { name: 'types', indexes: [] },
    entities: {
      ROW: { from: 'matrix', key: { PK: 'ROW#{id}', SK: 'ROW#{id}' }, maps: [`c${types.indexOf('jsonb')}`] },
    },
  });
  mapping = compileMapping(plan, catalogue, {});
  const found = mapping.entities['ROW'];
  if (found === undefined) throw new Error('no entity');
  entity = found;
  // Settings of a session that is nothing like the default must not show.
  await client.query(
    `SET timezone = 'Asia/Kathmandu'; SET datestyle = 'SQL, DMY'; SET bytea_output = 'escape'; SET intervalstyle = 'sql_standard'`,
  );
  images = await readImages();
});

afterAll(async () => {
  await client?.end();
  await server?.stop();
  rmSync(root, { recursive: true, force: true });
});

const imageSchema = z.record(z.string(), z.union([z.string(), z.null()]));

async function readImages(): Promise<readonly RowImage[]> {
  const { rows } = await client.query<{ image: string }>(
    `SELECT ${entityImage(mapping, entity, 't')} AS image FROM matrix AS t ORDER BY id`,
  );
  return rows.map(({ image }) => imageSchema.parse(JSON.parse(image)));
}

/** Every value of the matrix with its type and canonical text. */
function values(): readonly {
  readonly type: string;
  readonly column: string;
  readonly text: string;
  readonly row: number;
}[] {
  return images.flatMap((image, row) =>
    types.flatMap((type, at) => {
      const text = image[`c${at}`];
      return typeof text === 'string' ? [{ type, column: `c${at}`, text, row }] : [];
    }),
  );
}

test('every value of every type comes back from its item as PostgreSQL states it (RACE-32, RACE-45)', () => {
  const given = Object.values(MATRIX).reduce((sum, { length }) => sum + length, 0);
  expect(values()).toHaveLength(given);
  for (const image of images) {
    const [item = {}] = encodeItem(entity, image, { version: 1, txn: null, at: '' });
    expect(decodeItem(mapping, item).image).toEqual(image);
  }
});

test('the form of a value does not depend on the session (RACE-32)', async () => {
  const before = images;
  await client.query('RESET ALL');
  expect(await readImages()).toEqual(before);
});

test('canonical text reads back as the same value in PostgreSQL', async () => {
  for (const { type, column, text, row } of values()) {
    if (type.endsWith('[]')) continue;
    const cast = type === 'bytea' ? `decode($1, 'hex')` : `CAST($1::text AS ${type})`;
    const { rows } = await client.query<{ same: boolean }>(
      `SELECT ${column}::text = (${cast})::text AS same FROM matrix WHERE id = $2`,
      [text, row],
    );
    expect([type, text, rows[0]?.same]).toEqual([type, text, true]);
  }
});

test('what an application sees, it can write back unchanged', () => {
  for (const { type, column, text } of values()) {
    const mapped = entity.columns.find((candidate) => candidate.column === column);
    if (mapped === undefined || text === 'null') continue;
    const shown = presenter(mapped.type)(text);
    // JSON numbers are JavaScript's to an application, and json text is not normalised by PostgreSQL.
    const expected =
      mapped.type.kind === 'json'
        ? JSON.stringify(JSON.parse(text))
        : type === 'jsonb'
          ? text.replace('1.50', '1.5')
          : text;
    if (shown === null || (typeof shown === 'string' && mapped.type.array)) continue;
    expect([type, absorber(mapped.type)(shown)]).toEqual([type, expected]);
  }
});

test('sort keys are in the order that PostgreSQL sorts the column by', async () => {
  let compared = 0;
  for (const { column, type } of entity.columns) {
    const codec = keyText(type, 'SK');
    if (typeof codec === 'string' || column === 'id') continue;
    const collated = codec.collate ? `${column}::text COLLATE "C"` : column;
    const { rows } = await client.query<{ id: number }>(
      `SELECT id FROM matrix WHERE ${column} IS NOT NULL ORDER BY ${collated}`,
    );
    const keys = rows.flatMap(({ id }) => {
      const text = images[id]?.[column];
      const key = typeof text === 'string' ? codec.encode(text) : null;
      return key === null ? [] : [key];
    });
    expect([type.name, [...keys].sort(compareKeys)]).toEqual([type.name, keys]);
    compared += 1;
  }
  expect(compared).toBeGreaterThan(12);
});
