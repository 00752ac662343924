import { z } from 'zod';
import type { Mapping } from '../../../domain/mapping/mapping.ts';
import type { SqlRow, SqlSource, SqlValue } from '../../../domain/ports/source.ts';
import type { Identity } from '../../../domain/row.ts';
import { readCatalogue } from '../catalogue/read-catalogue.ts';
import { withLocks } from '../connection/lock-retry.ts';
import { orderSql, rangeSql } from '../sql/identity-range.ts';
import { carryAgain, recordStorage } from '../schema-watch/rewritten-columns.ts';
import { quotedLeaf } from '../sql/quote.ts';
import { identityText, type Relation, relationsOf, rowImage } from '../sql/relation.ts';
import { functionName, openWriters, stillOpen } from './capture.ts';
import { capturedLeaves } from './captured-leaves.ts';

const identity = z.array(z.string());

/** Rows that are put into the changelog at once: they stay locked meanwhile. */
const BATCH = 200;
const POLL_MS = 50;

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
 * numbers follow the order of writes; the relay carries them. Rows whose values DDL rewrote are carried again likewise. May be repeated.
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
    for (const leaf of tables[relation.name]?.leaves.map(quotedLeaf) ?? []) {
      const captured = known.get(leaf);
      if (captured !== undefined && (captured.intact || leaf === relation.root || !options.returned)) continue;
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
  // What the event trigger could not adopt is adopted now.
  if (Number(failed?.['id']) > 0)
    await sql.query(`DELETE FROM portage.missed WHERE operation = 'ADOPT' AND id <= :id`, {
      id: Number(failed?.['id']),
    });
  let rows = 0;
  const uncarried = (await capturedLeaves(sql)).filter(({ carried, intact }) => intact && !carried);
  if (uncarried.length === 0) return { adopted, rows };
  if (!(await olderWritersEnded(sql, options))) return { adopted, rows };
  for (const { leaf, registered, relation: name, carriedTo } of uncarried) {
    const relation = relations.find((candidate) => candidate.name === name);
    if (relation === undefined) continue;
    const carried = await carry(sql, mapping, relation, { leaf, registered, after: carriedTo }, options);
    rows += carried.rows;
    if (!carried.done) return { adopted, rows };
    await sql.query('UPDATE portage.captured SET carried = true WHERE leaf = :registered', { registered });
  }
  return { adopted, rows };
}

/** Transactions that wrote to a child before it had its trigger. */
async function olderWritersEnded(sql: SqlSource, { pause, sleep }: AdoptOptions): Promise<boolean> {
  let open = await openWriters(sql);
  while (open.length > 0) {
    if (pause()) return false;
    await sleep(POLL_MS);
    open = await stillOpen(sql, open);
  }
  return true;
}

async function carry(
  sql: SqlSource,
  mapping: Mapping,
  relation: Relation,
  table: { readonly leaf: string; readonly registered: string; readonly after: Identity | null },
  { pause }: AdoptOptions,
): Promise<{ readonly rows: number; readonly done: boolean }> {
  const { leaf, registered } = table;
  let { after } = table;
  let rows = 0;
  for (;;) {
    const range = rangeSql(relation, { after, upTo: null });
    // The xid is assigned before a number is taken (portage.advance), and the lock before the image is made.
    const found = await unhidden(
      sql,
      `WITH x AS MATERIALIZED (SELECT pg_current_xact_id() AS xid),` +
        ` page AS MATERIALIZED (SELECT t.* FROM ONLY ${leaf} AS t WHERE ${range.text} ORDER BY ${orderSql(relation)} LIMIT ${BATCH} FOR NO KEY UPDATE OF t),` +
        ` named AS MATERIALIZED (SELECT ${identityText(relation, 't')} AS pk, ${rowImage(mapping, relation, 't')} AS image, row_number() OVER (ORDER BY ${orderSql(relation)}) AS n FROM page AS t),` +
        ` carried AS (INSERT INTO portage.changelog (seq, xid, relation, pk, row) SELECT nextval('portage.seq'), x.xid, :relation, named.pk, named.image FROM x, named),` +
        ` last AS (SELECT pk, n FROM named ORDER BY n DESC LIMIT 1),` +
        ` progress AS (UPDATE portage.captured SET carried_to = last.pk FROM last WHERE leaf = :registered)` +
        ` SELECT pk, n FROM last`,
      { ...range.parameters, relation: relation.name, registered },
    );
    const [last] = found;
    if (last === undefined) return { rows, done: true };
    after = identity.parse(JSON.parse(String(last['pk'])));
    rows += Number(last['n']);
    if (pause()) return { rows, done: false };
  }
}

/** Runs a statement that fails, instead of passing over rows, where row security would hide some. */
async function unhidden(
  sql: SqlSource,
  text: string,
  parameters: Readonly<Record<string, SqlValue>>,
): Promise<readonly SqlRow[]> {
  const tx = await sql.begin();
  try {
    await tx.query(`SELECT set_config('row_security', 'off', true) AS off`);
    const rows = await tx.query(text, parameters);
    await tx.commit();
    return rows;
  } catch (error) {
    await tx.rollback().catch(() => {});
    throw error;
  }
}
