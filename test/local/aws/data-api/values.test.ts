import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type Harness, startHarness } from './harness.ts';

let api: Harness;

beforeAll(async () => {
  api = await startHarness();
  await api.execute(`create type mood as enum ('sad', 'fine')`);
});

afterAll(() => api.stop());

const VALUES: readonly [sql: string, field: object, json: unknown][] = [
  ['1::int2', { longValue: 1 }, 1],
  ['-5::int8', { longValue: -5 }, -5],
  ['1.5::float4', { doubleValue: 1.5 }, 1.5],
  ['1e300::float8', { doubleValue: 1e300 }, 1e300],
  ['true', { booleanValue: true }, true],
  [`'x"\\é😀'::text`, { stringValue: 'x"\\é😀' }, 'x"\\é😀'],
  [`'ab'::char(4)`, { stringValue: 'ab  ' }, 'ab  '],
  ['1.50::numeric(9,2)', { stringValue: '1.50' }, '1.50'],
  [`'2024-02-29'::date`, { stringValue: '2024-02-29' }, '2024-02-29'],
  [`'2024-02-29 12:00:00.5'::timestamp`, { stringValue: '2024-02-29 12:00:00.5' }, '2024-02-29 12:00:00.5'],
  [`'2024-02-29 12:00:00+02'::timestamptz`, { stringValue: '2024-02-29 10:00:00' }, '2024-02-29 10:00:00'],
  [
    `'6f2e8b1e-0000-4000-8000-000000000001'::uuid`,
    { stringValue: '6f2e8b1e-0000-4000-8000-000000000001' },
    '6f2e8b1e-0000-4000-8000-000000000001',
  ],
  [`'{"a": 1}'::jsonb`, { stringValue: '{"a": 1}' }, '{"a": 1}'],
  [`'fine'::mood`, { stringValue: 'fine' }, 'fine'],
  ['null::int', { isNull: true }, null],
  ['array[1,2]', { arrayValue: { longValues: [1, 2] } }, [1, 2]],
  [
    `array['a,b','"c"','NULL','{']`,
    { arrayValue: { stringValues: ['a,b', '"c"', 'NULL', '{'] } },
    ['a,b', '"c"', 'NULL', '{'],
  ],
  ['array[true,false]', { arrayValue: { booleanValues: [true, false] } }, [true, false]],
  [
    'array[[1,2],[3,4]]',
    { arrayValue: { arrayValues: [{ longValues: [1, 2] }, { longValues: [3, 4] }] } },
    [
      [1, 2],
      [3, 4],
    ],
  ],
  [`'{}'::text[]`, { arrayValue: { stringValues: [] } }, []],
];

test.each(VALUES)('%s travels as a field and as JSON', async (sql, field, json) => {
  const { records, numberOfRecordsUpdated, generatedFields } = await api.execute(`select ${sql} as v`);
  expect(records).toEqual([[field]]);
  expect([numberOfRecordsUpdated, generatedFields]).toEqual([0, []]);
  expect(await api.rows(`select ${sql} as v`)).toEqual([{ v: json }]);
});

test('bytea travels as base64', async () => {
  const { records } = await api.execute(`select '\\x00ff7f'::bytea`);
  const value = records?.[0]?.[0]?.blobValue;
  expect(value && [...value]).toEqual([0, 255, 127]);
  expect(await api.rows(`select '\\x00ff7f'::bytea as v`)).toEqual([{ v: 'AP9/' }]);
});

test('bytea is the same in the form that a session may have chosen', async () => {
  const rows = await api.rows(`select set_config('bytea_output', 'escape', true) as form, '\\x005c41ff27'::bytea as v`);
  expect(rows).toEqual([{ form: 'escape', v: Buffer.from([0, 0x5c, 0x41, 0xff, 0x27]).toString('base64') }]);
});

test('an array with a NULL is refused where an SDK would drop the element', async () => {
  await expect(api.execute('select array[1,null]')).rejects.toMatchObject({ name: 'UnsupportedResultException' });
  expect(await api.rows('select array[1,null] as v')).toEqual([{ v: [1, null] }]);
});

test('decimals and longs can be asked for in the other form', async () => {
  const decimals = { resultSetOptions: { decimalReturnType: 'DOUBLE_OR_LONG' as const } };
  expect((await api.execute('select 1.5::numeric, 2::numeric', decimals)).records).toEqual([
    [{ doubleValue: 1.5 }, { longValue: 2 }],
  ]);
  const longs = { resultSetOptions: { longReturnType: 'STRING' as const } };
  expect((await api.execute('select 9007199254740993', longs)).records).toEqual([
    [{ stringValue: '9007199254740993' }],
  ]);
});

test('each field of a parameter has its type, and hints change that of strings', async () => {
  const [types] =
    (
      await api.execute(
        `select pg_typeof(:s)::text, pg_typeof(:l)::text, pg_typeof(:d)::text, pg_typeof(:b)::text, pg_typeof(:x)::text,
            pg_typeof(:da)::text, pg_typeof(:de)::text, pg_typeof(:j)::text, pg_typeof(:ti)::text, pg_typeof(:ts)::text,
            pg_typeof(:u)::text`,
        {
          parameters: [
            { name: 's', value: { stringValue: 'x' } },
            { name: 'l', value: { longValue: 1 } },
            { name: 'd', value: { doubleValue: 1.5 } },
            { name: 'b', value: { booleanValue: true } },
            { name: 'x', value: { blobValue: new Uint8Array([0, 1, 255]) } },
            { name: 'da', value: { stringValue: '2024-02-29' }, typeHint: 'DATE' },
            { name: 'de', value: { stringValue: '1.50' }, typeHint: 'DECIMAL' },
            { name: 'j', value: { stringValue: '{}' }, typeHint: 'JSON' },
            { name: 'ti', value: { stringValue: '10:00:00' }, typeHint: 'TIME' },
            { name: 'ts', value: { stringValue: '2024-02-29 10:00:00.123' }, typeHint: 'TIMESTAMP' },
            { name: 'u', value: { stringValue: '6f2e8b1e-0000-4000-8000-000000000001' }, typeHint: 'UUID' },
          ],
        },
      )
    ).records ?? [];
  expect(types?.map(({ stringValue }) => stringValue)).toEqual([
    'text',
    'bigint',
    'double precision',
    'boolean',
    'bytea',
    'date',
    'numeric',
    'json',
    'time without time zone',
    'timestamp without time zone',
    'uuid',
  ]);
});

test('values arrive unchanged, NULL and bytes included', async () => {
  const parameters = [
    { name: 's', value: { stringValue: `it's "x" \\ :a 😀` } },
    { name: 'n', value: { isNull: true } },
    { name: 'x', value: { blobValue: new Uint8Array([0, 1, 255]) } },
  ];
  expect(await api.rows('select :s as s, :n::int as n, :x as x, length(:s) as l', parameters)).toEqual([
    { s: `it's "x" \\ :a 😀`, n: null, x: 'AAH/', l: 15 },
  ]);
});

test('a string compared with a uuid needs a cast or a hint, as on Aurora', async () => {
  const id = { name: 'id', value: { stringValue: '6f2e8b1e-0000-4000-8000-000000000001' } };
  const sql = `select 1 as n from (values ('${id.value.stringValue}'::uuid)) t(id) where id = `;
  await expect(api.execute(`${sql} :id`, { parameters: [id] })).rejects.toMatchObject({
    name: 'DatabaseErrorException',
    message: expect.stringMatching(/^ERROR: operator does not exist: uuid = text; Position: \d+; SQLState: 42883$/),
  });
  expect(await api.rows(`${sql} :id::uuid`, [id])).toEqual([{ n: 1 }]);
  expect(await api.rows(`${sql} :id`, [{ ...id, typeHint: 'UUID' }])).toEqual([{ n: 1 }]);
});

test('metadata names the columns and their types when asked for', async () => {
  const { columnMetadata } = await api.execute(`select 1.50::numeric(9,2) as price, 'x'::text as title`, {
    includeResultMetadata: true,
  });
  expect(columnMetadata).toMatchObject([
    { name: 'price', label: 'price', typeName: 'numeric', type: 2, precision: 9, scale: 2 },
    { name: 'title', typeName: 'text', type: 12 },
  ]);
  expect((await api.execute('select 1')).columnMetadata).toBeUndefined();
});
