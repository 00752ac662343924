import { expect, test } from '@jest/globals';
import { type ChangingSchema, useChangingSchema } from './changing-schema.ts';

let scene: ChangingSchema;
useChangingSchema((created) => (scene = created));

/** A child of `places` whose five rows are carried. */
async function adopted(): Promise<void> {
  await scene.fixture.psql.query(`
    CREATE TABLE far_places () INHERITS (places);
    INSERT INTO far_places SELECT n, 'far ' || n FROM generate_series(11, 15) AS n`);
  await scene.watch();
  expect(await scene.agree()).toEqual([]);
}

const away = (writes: string) =>
  scene.fixture.psql.query(
    `ALTER TABLE far_places NO INHERIT places; ${writes}; ALTER TABLE far_places INHERIT places`,
  );

test('a child that left and came back between two looks is carried again: what was written meanwhile is in the target', async () => {
  await adopted();
  await away(`
    UPDATE far_places SET name = 'away' WHERE id = 11; DELETE FROM far_places WHERE id = 12; INSERT INTO far_places VALUES (16, 'new')`);
  expect(await scene.watch()).toMatchObject({ halted: false, rows: 5 });
  expect(await scene.agree()).toEqual([]);
  expect(await scene.watch()).toMatchObject({ halted: false, adopted: [], rows: 0 });
});

test('a child that was truncated while it was away halts: what was deleted left no trace', async () => {
  await adopted();
  await away('TRUNCATE far_places');
  expect(await scene.watch()).toMatchObject({
    halted: true,
    changes: [{ kind: 'partition-added' }, { kind: 'partition-removed' }],
  });
});

test('a child that is written anew where it is, as VACUUM FULL does, stays', async () => {
  await adopted();
  await scene.fixture.psql.query('VACUUM FULL far_places');
  expect(await scene.watch()).toMatchObject({ halted: false, changes: [{ kind: 'partition-added' }], rows: 0 });
});
