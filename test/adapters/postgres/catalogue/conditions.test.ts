import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Client } from 'pg';
import { measure } from '../../../../src/adapters/postgres/assessment/assessment.ts';
import { readCatalogue } from '../../../../src/adapters/postgres/catalogue/read-catalogue.ts';
import { selectRows } from '../../../../src/adapters/postgres/sql/select.ts';
import { patternFromSource } from '../../../../src/client/read/source-read.ts';
import type { Catalogue } from '../../../../src/domain/catalogue/catalogue.ts';
import type { Condition } from '../../../../src/domain/catalogue/condition.ts';
import { indexKey, uniqueKeys } from '../../../../src/domain/mapping/items/encode.ts';
import { compileMapping } from '../../../../src/domain/mapping/mapping.ts';
import { patternQuery } from '../../../../src/domain/mapping/patterns/pattern-query.ts';
import { planFindings } from '../../../../src/domain/plan-check/check.ts';
import { planSchema } from '../../../../src/domain/plan/plan.ts';
import type { RowImage } from '../../../../src/domain/row.ts';
import { entityNamed } from '../../../domain/campaigns.ts';
import { type Awkwards, startAwkwards } from '../awkward/fixture.ts';

/** Predicates as partial unique indexes have them, each with the conditions that say it; null where none can. */
const PREDICATES: readonly (readonly [string, Readonly<Record<string, Condition>> | null])[] = [
  [`state = ANY (ARRAY['draft'::state, 'done'::state])`, { state: { in: ['draft', 'done'] } }],
  [`state IN ('done')`, { state: 'done' }],
  [`kind IN ('a', 'b''c')`, { kind: { in: ['a', "b'c"] } }],
  [`code IN ('ab', 'abcd')`, { code: { in: ['ab', 'abcd'] } }],
  [`kind = 'a' OR kind = 'b''c' OR kind = 'd'`, { kind: { in: ['a', "b'c", 'd'] } }],
  ['level IN (100, -3)', { level: { in: [100, -3] } }],
  ['level <> 100', { level: { not: 100 } }],
  ['level <> -3 AND level <> 100', { level: { not: [-3, 100] } }],
  [`kind NOT IN ('a', 'd')`, { kind: { not: ['a', 'd'] } }],
  [`state <> 'done' AND gone IS NULL`, { state: { not: 'done' }, gone: null }],
  ['NOT (level = 100)', { level: { not: 100 } }],
  ['NOT (level <> 100)', { level: { in: [100] } }],
  [`NOT (kind IN ('a', 'd'))`, { kind: { not: ['a', 'd'] } }],
  ['NOT (gone IS NULL)', { gone: { not: null } }],
  ['gone IS NOT NULL', { gone: { not: null } }],
  ['gone IS NOT NULL AND live AND level = 100', { gone: { not: null }, live: true, level: 100 }],
  ['level IS NOT NULL AND level <> 100', { level: { not: 100 } }],
  [`kind IS NOT NULL AND kind IN ('a', 'd')`, { kind: { in: ['a', 'd'] } }],
  ['flag <> true', { flag: { not: true } }],
  ['price <> 1.5', null],
  ['level >= 1', null],
  ['level <> 100 OR gone IS NULL', null],
  ['level = 100 OR level IS NULL', null],
  [`kind IN ('a', 'd') AND kind <> 'a'`, null],
  ['rate <> 5', null],
  ['bare = 5', null],
];

let awkwards: Awkwards;
let url: string;
let catalogue: Catalogue;
beforeAll(async () => {
  awkwards = await startAwkwards();
  const indexes = PREDICATES.map(([predicate], at) => `CREATE UNIQUE INDEX u${at} ON t (id2) WHERE ${predicate};`);
  url = await awkwards.create(
    'conditions',
    `CREATE TYPE state AS ENUM ('draft', 'open', 'done');
     CREATE TABLE t (id serial PRIMARY KEY, id2 int NOT NULL DEFAULT currval('t_id_seq'), state state, kind varchar(9), code char(4),
       level int, flag boolean, live boolean, gone timestamptz, price numeric(6,2), rate float8, bare numeric);
     INSERT INTO t (state, kind, code, level, flag, live, gone, price, rate, bare)
       SELECT state::state, kind, code, level, flag, live, gone::timestamptz, 1.5, 5, 5.0
       FROM unnest(ARRAY['draft', 'open', 'done', NULL]) state, unnest(ARRAY['a', 'b''c', 'd', '', NULL]) kind,
         unnest(ARRAY['ab', 'abcd', NULL]) code, unnest(ARRAY[100, -3, 7, NULL]) level, unnest(ARRAY[true, false, NULL]) flag,
         unnest(ARRAY[true, NULL]) live, unnest(ARRAY['2026-01-01', NULL]) gone;
     ${indexes.join('\n')}`,
  );
  catalogue = await readCatalogue(awkwards.open(url), 'public');
}, 120_000);
afterAll(() => awkwards.stop());

const idsOf = (found: readonly RowImage[]) => found.map(({ id }) => String(id)).sort((a, b) => Number(a) - Number(b));

const found = (when: unknown) =>
  planFindings(
    planSchema.parse({
      name: 'conditions',
      table: { name: 'conditions', indexes: [] },
      entities: { T: { from: 't', key: { PK: 'T#{id}', SK: 'T#{id}' }, unique: { id2: { key: '{id2}', when } } } },
    }),
    catalogue,
  )
    .filter(({ name }) => name.startsWith('condition'))
    .map(({ name, evidence }) => `${name} ${evidence}`);

const whenOf = (at: number) =>
  catalogue.tables['t']?.uniqueIndexes?.find(({ name }) => name === `u${at}`)?.when ?? null;

test('a predicate of a partial unique index becomes conditions where they can say it, else nothing', () => {
  expect(PREDICATES.map(([predicate], at) => [predicate, whenOf(at)])).toEqual(PREDICATES);
});

test('the catalogue, items, measurements and the source’s side of a pattern agree with PostgreSQL on every row', async () => {
  const source = awkwards.open(url);
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    const all = await client.query<{ id: string }>('SELECT id::text FROM t');
    const identities = all.rows.map(({ id }) => [id]);
    for (const [predicate, when] of PREDICATES) {
      if (when === null) continue;
      const plan = planSchema.parse({
        name: 'conditions',
        table: { name: 'conditions', indexes: ['GSI1'] },
        entities: {
          T: {
            from: 't',
            key: { PK: 'T#{id}', SK: 'T#{id}' },
            indexes: { GSI1: { PK: 'ALL', SK: 'T#{id}', when } },
            unique: { id2: { key: '{id2}', when } },
          },
        },
        patterns: { all: { entity: 'T', index: 'GSI1' } },
      });
      // Indexes of other predicates have no rule in this plan.
      const mapping = compileMapping(plan, catalogue, {});
      const entity = entityNamed(mapping, 'T');
      const [index] = entity.indexes;
      if (index === undefined) throw new Error('no index');
      const { rows } = await client.query<{ id: string }>(`SELECT id::text FROM t WHERE ${predicate} ORDER BY t.id`);
      const expected = rows.map(({ id }) => id);
      const images = await selectRows(source, mapping, 'T', identities);
      const asked = await patternFromSource(source, mapping, patternQuery(mapping, 'all', {}), null);
      const { entities } = await measure(source, plan, catalogue);
      expect({ predicate, ids: idsOf(images.filter((image) => indexKey(index, image) !== null)) }).toEqual({
        predicate,
        ids: expected,
      });
      expect(idsOf(images.filter((image) => uniqueKeys(entity, image).length > 0))).toEqual(expected);
      expect(idsOf(asked.rows.map(({ image }) => image))).toEqual(expected);
      expect([entities[0]?.claims, entities[0]?.indexes[0]?.rows]).toEqual([expected.length, expected.length]);
    }
  } finally {
    await client.end();
  }
}, 120_000);

test('a constant that is none of the column’s type is refused by name, wherever a condition has it', () => {
  expect(found({ level: { in: [1, 'x'] } })).toEqual(['condition-type "x" is not a value of type int4']);
  expect(found({ level: { not: [1, true] } })).toEqual(['condition-type true is not a value of type int4']);
  expect(found({ level: { not: 'x' } })).toEqual(['condition-type "x" is not a value of type int4']);
  expect(found({ level: { not: null }, kind: { in: ['a'] } })).toEqual([]);
});
