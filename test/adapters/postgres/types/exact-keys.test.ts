import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { installCapture } from '../../../../src/adapters/postgres/capture/capture.ts';
import { createChangelog } from '../../../../src/adapters/postgres/capture/changelog.ts';
import { measure } from '../../../../src/adapters/postgres/assessment/assessment.ts';
import { measureTables } from '../../../../src/adapters/postgres/assessment/measure-tables.ts';
import { readCatalogue } from '../../../../src/adapters/postgres/catalogue/read-catalogue.ts';
import { createPgSource, type PgSource } from '../../../../src/adapters/postgres/connection/pg-source.ts';
import { createRowSource } from '../../../../src/adapters/postgres/rows/row-source.ts';
import { selectPattern } from '../../../../src/adapters/postgres/sql/select.ts';
import { deleteStatement, putStatement } from '../../../../src/adapters/postgres/sql/write.ts';
import { assess } from '../../../../src/domain/assess/assess.ts';
import { decodeItem } from '../../../../src/domain/mapping/items/decode.ts';
import { encodeItem, indexKey, itemKeys } from '../../../../src/domain/mapping/items/encode.ts';
import { compareKeys, patternQuery } from '../../../../src/domain/mapping/patterns/pattern-query.ts';
import { planFindings } from '../../../../src/domain/plan-check/check.ts';
import { compilePlan } from '../../../../src/domain/plan-check/compile-plan.ts';
import { draftPlan } from '../../../../src/domain/plan-draft/draft-plan.ts';
import { planSchema } from '../../../../src/domain/plan/plan.ts';
import { type Awkwards, startAwkwards } from '../awkward/fixture.ts';

/** Types whose order or text no key had before, with values in no order. */
const TYPES: readonly (readonly [type: string, values: readonly string[]])[] = [
  ['bytea', [`'\\xff'`, `'\\x00ff'`, `''`, `'\\x01'`, `'\\x2325'`, `'\\x00'`]],
  ['inet', [`'10.0.0.1'`, `'10.0.0.0/8'`, `'9.0.0.1'`, `'::1'`, `'2001:db8::/32'`]],
  ['cidr', [`'10.0.0.0/8'`, `'10.0.0.0/16'`, `'::/0'`]],
  ['macaddr', [`'08:00:2b:01:02:03'`, `'00:00:00:00:00:01'`]],
  ['int4range', [`'[1,5)'`, `'(0,9]'`, `'empty'`, `'(,)'`, `'[7,)'`]],
  ['daterange', [`'[2024-01-01,2024-02-01)'`, `'(,2020-01-01)'`]],
  ['bit(8)', [`B'10101010'`, `B'00000001'`]],
  ['varbit', [`B''`, `B'1'`, `B'0101'`]],
  ['text[]', [`'{a,b}'`, `'{}'`, `'{"#","a b"}'`, `'{NULL}'`, `'{{a},{b}}'`, `'[0:1]={a,b}'`]],
  ['int[]', [`'{1,2}'`, `'{10}'`, `'{-3}'`, `'{}'`]],
  ['uuid[]', [`'{00000000-0000-4000-8000-000000000001}'`, `'{}'`]],
  ['numeric(6,2)[]', [`'{1.5,2}'`, `'{}'`]],
];

let awkwards: Awkwards;
let source: PgSource;
beforeAll(async () => {
  awkwards = await startAwkwards();
  const tables = TYPES.map(
    ([type, values], at) =>
      `CREATE TABLE t${at} (k ${type} PRIMARY KEY, u ${type} NOT NULL UNIQUE, note text);
       INSERT INTO t${at} (k, u) VALUES ${values.map((value) => `(${value}, ${value})`).join(', ')};`,
  );
  source = createPgSource({ connection: { connectionString: await awkwards.create('exact', tables.join('\n')) } });
}, 60_000);
afterAll(async () => {
  await source?.close();
  await awkwards?.stop();
});

test('the draft maps such tables with their keys and unique values, and the check takes it', async () => {
  const catalogue = await readCatalogue(source, 'public');
  const { plan } = draftPlan(catalogue, 'public', 'exact', await measureTables(source, catalogue));
  const parsed = planSchema.parse(plan);
  expect(Object.keys(parsed.exclude)).toEqual([]);
  expect(Object.values(parsed.entities).map(({ unique }) => unique)).toEqual(TYPES.map(() => ({ u: '{u}' })));
  const findings = [
    ...planFindings(parsed, catalogue),
    ...assess(parsed, catalogue, await measure(source, parsed, catalogue)),
  ];
  expect(findings.filter(({ severity }) => severity === 'blocks')).toEqual([]);
});

test.each(TYPES.map(([type, values], at) => ({ type, values, table: `t${at}` })))(
  '$type: keys tell the values, rows are found by them, and both stores sort alike',
  async ({ values, table }) => {
    const all = await readCatalogue(source, 'public');
    const catalogue = {
      ...all,
      tables: Object.fromEntries(Object.entries(all.tables).filter(([name]) => name === table)),
    };
    const plan = planSchema.parse({
      name: 'exact',
      source: { schema: 'public' },
      table: { name: 'exact', indexes: ['GSI1'] },
      entities: {
        ROW: {
          from: table,
          key: { PK: 'ROW#{k}', SK: 'ROW#{k}' },
          indexes: { GSI1: { PK: 'ALL', SK: 'ROW#{u}' } },
          unique: { u: '{u}' },
        },
      },
      patterns: { all: { entity: 'ROW', index: 'GSI1' } },
    });
    const mapping = compilePlan(plan, catalogue, {});
    const entity = mapping.entities['ROW'];
    if (entity === undefined) throw new Error('no entity');
    await installCapture(source, mapping, 1);
    const rows = createRowSource(source, mapping);
    const found = await rows.page('ROW', { after: null, upTo: null }, 100);
    expect(found).toHaveLength(values.length);
    const keys = found.map(({ image }) => JSON.stringify(itemKeys(entity, image)));
    expect(new Set(keys).size).toBe(values.length);
    for (const [at, { identity, image }] of found.entries()) {
      const [item, unique] = encodeItem(entity, image, { version: 1, txn: null, at: '' });
      expect(decodeItem(mapping, item ?? {})).toMatchObject({ image });
      expect(unique?.['PK']).toEqual({ S: expect.stringContaining('UNIQUE#ROW#u#') });
      expect(await rows.current(table, [identity])).toMatchObject([{ identity, image }]);
      expect(await rows.page('ROW', { after: identity, upTo: null }, 100)).toHaveLength(values.length - at - 1);
    }
    const [query] = patternQuery(mapping, 'all', {}).sources;
    if (query === undefined) throw new Error('no query');
    const sorted = await selectPattern(source, mapping, query, { offset: 0, limit: null });
    const index = entity.indexes[0];
    const sortKeys = sorted.map((image) => (index === undefined ? null : indexKey(index, image))?.SK ?? '');
    expect(sortKeys).toEqual([...sortKeys].sort(compareKeys));
    // Writes by key, in the form that the application's values take.
    const [first] = found;
    const text = Object.fromEntries(Object.entries(first?.image ?? {}).map(([name, value]) => [name, String(value)]));
    const put = putStatement(mapping, entity, { ...text, note: 'new' }, {});
    await source.query(put.text(`'open'::text`), put.parameters);
    const remove = deleteStatement(mapping, entity, { k: text['k'] ?? '' });
    expect(await source.query(remove.text(`'open'::text`), remove.parameters)).toHaveLength(1);
    const changes = (await createChangelog(source).pending(100)).filter(({ relation }) => relation === table);
    expect(changes.map(({ pk, row }) => [pk, row?.['note'] ?? null])).toEqual([
      [first?.identity, 'new'],
      [first?.identity, null],
    ]);
  },
);

test.each([
  ['numeric', 'has equal values of different texts'],
  ['interval', 'has equal values of different texts'],
  ['numrange', 'has equal values of different texts'],
  ['float8[]', 'an array of float8 has equal values'],
  ['jsonb', 'has equal values of different texts'],
])('%s cannot be in a key, and the finding says why', async (type, reason) => {
  const column = {
    name: 'k',
    typeSchema: 'pg_catalog',
    kind: 'b',
    notNull: true,
    hasDefault: false,
    defaultExpression: null,
    generated: false,
    precision: null,
    scale: null,
    length: null,
  };
  const plan = planSchema.parse({
    name: 'exact',
    table: { name: 'exact' },
    entities: { ROW: { from: 't', key: { PK: 'ROW#{k}', SK: 'ROW' } } },
  });
  const table = {
    schema: 'public',
    name: 't',
    leaves: ['public.t'],
    columns: [{ ...column, type: type.replace('[]', ''), array: type.endsWith('[]') }],
    primaryKey: ['k'],
    uniqueKeys: [],
    foreignKeys: [],
  };
  const found = planFindings(plan, { tables: { t: table }, fingerprint: '' });
  expect(found).toContainEqual(
    expect.objectContaining({
      name: 'key-type',
      evidence: expect.stringContaining(type === 'numeric' ? 'numeric without precision' : reason),
    }),
  );
});
