import type { Mapping } from '../../../domain/mapping/mapping.ts';
import type { SqlSource } from '../../../domain/ports/source.ts';
import { readCatalogue } from '../catalogue/read-catalogue.ts';
import { withLocks } from '../connection/lock-retry.ts';
import { carryAgain, carryReturned, recordStorage } from '../schema-watch/rewritten-columns.ts';
import { quotedLeaf } from '../sql/quote.ts';
import { relationsOf } from '../sql/relation.ts';
import { functionName } from './trigger-function.ts';
import { capturedLeaves } from './captured-leaves.ts';
import { carryRows } from '../schema-watch/carry-rows.ts';
import { olderWritersEnded } from '../schema-watch/older-writers.ts';

export interface AdoptOptions {
  /** Ends the work between two steps, to be continued by the next call. */
  readonly pause: () => boolean;
  /** Adopt tables, too, that left and came back; which of their rows were deleted meanwhile is unknown. */
  readonly returned: boolean;
  readonly sleep: (milliseconds: number) => Promise<void>;
}

/**
 * Adopts tables that have joined a mapped one since capture was installed: partitions, of which PostgreSQL has cloned the trigger already,
 * and inheritance children. Rows that a table brought along are put into the changelog as they are, each under its row lock, so that their
 * numbers follow the order of writes; the relay carries them. Rows whose values DDL rewrote, and those of children that left and came back, are
 * carried again likewise. May be repeated.
 *
 * @throws LockTimeout where a table is locked by others all the time
 */
export async function adoptLeaves(
  sql: SqlSource,
  mapping: Mapping,
  options: AdoptOptions,
): Promise<{ readonly adopted: readonly string[]; readonly rows: number }> {
  const relations = relationsOf(mapping);
  const schema = relations[0]?.table.schema;
  if (schema === undefined) return { adopted: [], rows: 0 };
  const [failed] = await sql.query(`SELECT coalesce(max(id), 0) AS id FROM portage.missed WHERE operation = 'ADOPT'`);
  const { tables } = await readCatalogue(sql, schema);
  const known = new Map((await capturedLeaves(sql)).map((captured) => [captured.leaf, captured]));
  const adopted: string[] = [];
  for (const relation of relations) {
    // Where the root has lost its trigger, its partitions have lost their clones of it: they have not left, and changes went unrecorded.
    const returned = options.returned && known.get(relation.root)?.intact !== false;
    const { leaves = [], foreignLeaves = [] } = tables[relation.name] ?? {};
    for (const leaf of leaves.filter((name) => !foreignLeaves.includes(name)).map(quotedLeaf)) {
      const captured = known.get(leaf);
      if (captured !== undefined && (captured.intact || leaf === relation.root || !returned)) continue;
      await withLocks(sql, leaf, async (tx) => {
        await tx.query('SELECT portage.adopt(:relation, :function, :leaf) AS adopted', {
          relation: relation.name,
          function: functionName(relation),
          leaf,
        });
      });
      adopted.push(leaf);
    }
  }
  if (adopted.length > 0) await recordStorage(sql, mapping);
  await carryAgain(sql, mapping);
  await carryReturned(
    sql,
    relations.flatMap(({ name, root }) => (tables[name]?.leaves.map(quotedLeaf) ?? []).filter((leaf) => leaf !== root)),
  );
  // What the event trigger could not adopt is adopted now.
  if (Number(failed?.['id']) > 0)
    await sql.query(`DELETE FROM portage.missed WHERE operation = 'ADOPT' AND id <= :id`, {
      id: Number(failed?.['id']),
    });
  let rows = 0;
  const uncarried = (await capturedLeaves(sql)).filter(({ carried, intact }) => intact && !carried);
  if (uncarried.length === 0) return { adopted, rows };
  // Transactions that wrote to a child before it had its trigger.
  if (!(await olderWritersEnded(sql, options))) return { adopted, rows };
  for (const { leaf, registered, relation: name, carriedTo } of uncarried) {
    const relation = relations.find((candidate) => candidate.name === name);
    if (relation === undefined) continue;
    const table = { leaf, registered, after: carriedTo, record: 'portage.captured' } as const;
    const carried = await carryRows(sql, mapping, relation, table, options.pause);
    rows += carried.rows;
    if (!carried.done) return { adopted, rows };
    await sql.query('UPDATE portage.captured SET carried = true WHERE leaf = :registered', { registered });
  }
  return { adopted, rows };
}
