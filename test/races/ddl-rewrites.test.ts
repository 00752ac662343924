import { expect, test } from '@jest/globals';
import { carryAgain } from '../../src/adapters/postgres/schema-watch/rewritten-columns.ts';
import type { SqlSource } from '../../src/domain/ports/source.ts';
import { type ChangingSchema, useChangingSchema } from './changing-schema.ts';

let scene: ChangingSchema;
useChangingSchema((created) => (scene = created));

const run = (text: string) => scene.fixture.psql.query(text);

test.each([
  [
    'a rewrite to the same type',
    `ALTER TABLE places ALTER name TYPE text USING upper(name)`,
    'the values of column name were rewritten',
  ],
  [
    'a rewrite of a partitioned table',
    `ALTER TABLE events ALTER note TYPE text USING note || '!'`,
    'the values of column note were rewritten',
  ],
  [
    'a renamed label',
    `ALTER TYPE public.ddl_mood RENAME VALUE 'calm' TO 'quiet'`,
    'the label calm of column mood was renamed to quiet',
  ],
])('%s fires no trigger: the rows are carried again, and nothing halts', async (_, ddl, detail) => {
  try {
    await run(ddl);
    const { changes, halted, rows } = await scene.watch();
    expect(changes).toMatchObject([{ kind: 'values-rewritten', action: 'adopt', detail }]);
    expect({ halted, rows }).toEqual({ halted: false, rows: 1 });
    expect(await scene.agree()).toEqual([]);
    expect(await scene.watch()).toMatchObject({ changes: [], rows: 0 });
  } finally {
    // The type outlives the schema of a test.
    await run(
      `DO $$ BEGIN ALTER TYPE public.ddl_mood RENAME VALUE 'quiet' TO 'calm'; EXCEPTION WHEN invalid_parameter_value THEN NULL; END $$`,
    );
  }
});

test.each([
  ['a rewritten key', 'ALTER TABLE places ALTER id TYPE int USING id + 100', 'places: the values of column id'],
  [
    'a rewritten unique value',
    `ALTER TABLE seats ALTER code TYPE text USING code || 'x'`,
    'seats: the values of column code',
  ],
])('%s starts the rollback: items stand under the former keys', async (_, ddl, reason) => {
  await run(ddl);
  expect(await scene.watch()).toMatchObject({ halted: true, changes: [{ kind: 'key-rewritten' }] });
  expect(scene.rollbacks).toEqual([expect.stringContaining(reason)]);
});

test('two looks at the same moment carry the rows again once', async () => {
  await run(`ALTER TABLE places ALTER name TYPE text USING upper(name)`);
  const { sql } = scene.fixture;
  /** The other look comes between what this one has read and what it writes. */
  let met = false;
  const slower: SqlSource = {
    ...sql,
    begin: async () => {
      const tx = await sql.begin();
      return {
        ...tx,
        query: async (text, parameters) => {
          if (!met && text.includes('SET carried = false')) {
            met = true;
            await carryAgain(sql, scene.mapping);
          }
          return tx.query(text, parameters);
        },
      };
    },
  };
  await carryAgain(slower, scene.mapping);
  expect(met).toBe(true);
  expect(await scene.watch()).toMatchObject({ rows: 1, changes: [] });
  expect(await scene.agree()).toEqual([]);
});

test('what writes a table anew without a change of values is no change', async () => {
  // A carried column could not be dropped again.
  scene.plan = { ...scene.plan, ddl: { ...scene.plan.ddl, columnAdded: 'note' } };
  for (const ddl of [
    'VACUUM FULL places',
    'CLUSTER places USING places_pkey',
    'ALTER TABLE places ALTER name SET STATISTICS 300',
    'VACUUM FULL places',
    'ALTER TABLE places ADD COLUMN token text DEFAULT md5(random()::text)',
    'ALTER TABLE places DROP COLUMN token',
    `ALTER TYPE public.ddl_mood ADD VALUE IF NOT EXISTS 'wild'`,
  ]) {
    await run(ddl);
    const { changes, rows } = await scene.watch();
    expect([ddl, changes.filter(({ kind }) => kind !== 'column-added'), rows]).toEqual([ddl, [], 0]);
  }
});

test('a rewrite of a partition that joined later, and one while rows are carried again, are seen', async () => {
  await run(`CREATE TABLE far_places () INHERITS (places); INSERT INTO far_places VALUES (9, 'far')`);
  await scene.watch();
  await run(`ALTER TABLE places ALTER name TYPE text USING name || '1'`);
  expect(await scene.watch()).toMatchObject({ rows: 2 });
  await run(`ALTER TABLE places ALTER name TYPE text USING name || '2'`);
  expect(await scene.watch()).toMatchObject({ rows: 2 });
  expect(await scene.agree()).toEqual([]);
});
