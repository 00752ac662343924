import * as z from 'zod';
import type { Mapping } from '../../../domain/mapping/mapping.ts';
import type { Sql, SqlSource } from '../../../domain/ports/source.ts';
import { relationOf } from '../sql/relation.ts';
import { functionName, triggerFunction } from '../capture/trigger-function.ts';
import { capturedLeaves, lostLeaves, readableLeaf, reachedIdentity } from '../capture/captured-leaves.ts';
import { PENDING } from '../capture/changelog.ts';
import { carryRows } from './carry-rows.ts';
import { olderWritersEnded } from './older-writers.ts';

const shapeRow = z.object({ table: z.string(), column: z.string() });
const carryRow = z.object({ leaf: z.string(), carriedTo: reachedIdentity });

/** Those of these columns that are not in the images of the trigger yet. */
export async function uncapturedColumns(
  sql: Sql,
  columns: readonly { readonly table: string; readonly column: string }[],
): Promise<readonly { readonly table: string; readonly column: string }[]> {
  const captured = z
    .array(shapeRow)
    .parse(await sql.query(`SELECT s.relation AS "table", s.name AS "column" FROM portage.shape AS s`));
  const isCaptured = new Set(captured.map(({ table, column }) => JSON.stringify([table, column])));
  return columns.filter(({ table, column }) => !isCaptured.has(JSON.stringify([table, column])));
}

/**
 * Gives a table's trigger the images of the present mapping, and lists its rows to be carried, in one transaction. Locks no table: a
 * statement that began before runs the older function, and `carryTables` waits for its transaction. May be repeated.
 */
export async function captureColumns(sql: SqlSource, mapping: Mapping, table: string): Promise<void> {
  const relation = relationOf(mapping, table);
  const columns = JSON.stringify(relation.entities.flatMap((entity) => entity.columns.map(({ column }) => column)));
  const tx = await sql.begin();
  try {
    await tx.query(triggerFunction(mapping, relation, functionName(relation)));
    await tx.query(
      `INSERT INTO portage.shape (relation, name, number, type, type_id, type_mod)
       SELECT :table, a.attname, a.attnum, format_type(a.atttypid, a.atttypmod), a.atttypid, a.atttypmod FROM pg_catalog.pg_attribute AS a
       WHERE a.attrelid = to_regclass(:root) AND a.attnum > 0 AND NOT a.attisdropped
         AND a.attname IN (SELECT value FROM json_array_elements_text(CAST(:columns AS json)))
       ON CONFLICT DO NOTHING`,
      { table, root: relation.root, columns },
    );
    await tx.query(
      `INSERT INTO portage.carry (leaf, relation) SELECT c.leaf, c.relation FROM portage.captured AS c WHERE c.relation = :table
       ON CONFLICT (leaf) DO UPDATE SET carried_to = NULL, recorded_to = NULL`,
      { table },
    );
    await tx.commit();
  } catch (error) {
    await tx.rollback().catch(() => {});
    throw error;
  }
}

/**
 * Puts the rows of the tables that `captureColumns` listed into the changelog. `done` is true once all of them are there and the relay has
 * carried them, none parked; until then the next call continues.
 */
export async function carryTables(
  sql: SqlSource,
  mapping: Mapping,
  options: { readonly pause: () => boolean; readonly sleep: (milliseconds: number) => Promise<void> },
): Promise<{ readonly rows: number; readonly done: boolean }> {
  const tables = z
    .array(carryRow)
    .parse(
      await sql.query(
        'SELECT leaf, carried_to AS "carriedTo" FROM portage.carry WHERE recorded_to IS NULL ORDER BY leaf',
      ),
    );
  if (tables.length === 0) return { rows: 0, done: await endCarriedTables(sql) };
  if (!(await olderWritersEnded(sql, options))) return { rows: 0, done: false };
  const captured = new Map((await capturedLeaves(sql)).map((leaf) => [leaf.registered, leaf]));
  const lost = new Set((await lostLeaves(sql, mapping)).map(({ leaf }) => leaf));
  let rows = 0;
  for (const { leaf: registered, carriedTo } of tables) {
    const present = captured.get(registered);
    // Rows of a partition or child that has left are no longer migrated.
    if (present?.intact === true && !lost.has(readableLeaf(registered))) {
      const table = { leaf: present.leaf, registered, after: carriedTo, record: 'portage.carry' } as const;
      const carried = await carryRows(sql, mapping, relationOf(mapping, present.relation), table, options.pause);
      rows += carried.rows;
      if (!carried.done) return { rows, done: false };
    }
    await sql.query(
      'UPDATE portage.carry SET recorded_to = (SELECT last_value FROM portage.seq) WHERE leaf = :registered',
      {
        registered,
      },
    );
  }
  return { rows, done: await endCarriedTables(sql) };
}

/** Takes the tables off the list once all their changes up to the recorded number are in the target. Returns whether they are. */
async function endCarriedTables(sql: Sql): Promise<boolean> {
  await sql.query(
    `DELETE FROM portage.carry AS k WHERE k.recorded_to IS NOT NULL
       AND NOT EXISTS (SELECT 1 FROM ${PENDING} AND c.relation = k.relation AND c.seq <= k.recorded_to)
       AND NOT EXISTS (SELECT 1 FROM portage.parked AS p JOIN portage.changelog AS c USING (seq) WHERE c.relation = k.relation)`,
  );
  const [left] = await sql.query('SELECT count(*) AS tables FROM portage.carry');
  return Number(left?.['tables']) === 0;
}
