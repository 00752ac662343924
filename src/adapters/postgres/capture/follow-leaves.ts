import { z } from 'zod';
import type { Mapping } from '../../../domain/mapping/mapping.ts';
import type { SqlSource } from '../../../domain/ports/source.ts';
import type { Identity } from '../../../domain/row.ts';
import { readCatalogue } from '../catalogue/read-catalogue.ts';
import { withLocks } from '../connection/lock-retry.ts';
import { orderSql, rangeSql } from '../sql/identity-range.ts';
import { quotedLeaf } from '../sql/quote.ts';
import { identityText, type Relation, relationsOf, rowImage } from '../sql/relation.ts';
import { functionName, openWriters, stillOpen } from './capture.ts';

const identity = z.array(z.string());
const captured = z.object({
  leaf: z.string(),
  relation: z.string(),
  carried: z.boolean(),
  /** Identity up to which the rows are in the changelog. */
  carriedTo: z
    .string()
    .transform((text) => identity.parse(JSON.parse(text)))
    .nullable(),
});

/** Rows that are put into the changelog at once: they stay locked meanwhile. */
const BATCH = 200;
const POLL_MS = 50;

export interface FollowOptions {
  /** Ends the work between two steps, to be continued by the next call. */
  readonly pause: () => boolean;
  readonly sleep: (milliseconds: number) => Promise<void>;
}

/**
 * Takes up tables that have joined a mapped one since capture was installed: partitions, of which PostgreSQL has cloned the trigger already,
 * and inheritance children. Rows that a table brought along are put into the changelog as they are, each under its row lock, so that their
 * numbers follow the order of writes; the relay carries them. May be repeated.
 *
 * @throws LockTimeout where a table is locked by others all the time
 */
export async function followLeaves(
  sql: SqlSource,
  mapping: Mapping,
  options: FollowOptions,
): Promise<{ readonly followed: readonly string[]; readonly rows: number }> {
  const relations = relationsOf(mapping);
  const schema = relations[0]?.table.schema;
  if (schema === undefined) return { followed: [], rows: 0 };
  const { tables } = await readCatalogue(sql, schema);
  const known = await capturedLeaves(sql);
  const followed: string[] = [];
  for (const relation of relations) {
    for (const leaf of tables[relation.name]?.leaves.map(quotedLeaf) ?? []) {
      if (known.has(leaf)) continue;
      await withLocks(sql, leaf, async (tx) => {
        await tx.query('SELECT portage.follow(:relation, :function, :leaf) AS followed', {
          relation: relation.name,
          function: functionName(relation),
          leaf,
        });
      });
      followed.push(leaf);
    }
  }
  let rows = 0;
  const uncarried = [...(await capturedLeaves(sql))].filter(([, { carried }]) => !carried);
  if (uncarried.length === 0) return { followed, rows };
  if (!(await olderWritersEnded(sql, options))) return { followed, rows };
  for (const [leaf, { relation: name, carriedTo }] of uncarried) {
    const relation = relations.find((candidate) => candidate.name === name);
    if (relation === undefined) continue;
    const carried = await carry(sql, mapping, relation, { leaf, after: carriedTo }, options);
    rows += carried.rows;
    if (!carried.done) return { followed, rows };
    await sql.query('UPDATE portage.captured SET carried = true WHERE leaf = :leaf', { leaf });
  }
  return { followed, rows };
}

/** Tables that are there with both triggers; one that was dropped and made again has the first only. */
async function capturedLeaves(sql: SqlSource): Promise<ReadonlyMap<string, z.infer<typeof captured>>> {
  const rows = z.array(captured).parse(
    await sql.query(
      `SELECT c.leaf, c.relation, c.carried, c.carried_to AS "carriedTo" FROM portage.captured AS c WHERE EXISTS (SELECT 1 FROM pg_catalog.pg_trigger AS t
       WHERE t.tgrelid = to_regclass(c.leaf) AND t.tgname = 'portage_truncate')`,
    ),
  );
  return new Map(rows.map((row) => [row.leaf, row]));
}

/** Transactions that wrote to a child before it had its trigger. */
async function olderWritersEnded(sql: SqlSource, { pause, sleep }: FollowOptions): Promise<boolean> {
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
  table: { readonly leaf: string; readonly after: Identity | null },
  { pause }: FollowOptions,
): Promise<{ readonly rows: number; readonly done: boolean }> {
  const { leaf } = table;
  let { after } = table;
  let rows = 0;
  for (;;) {
    const range = rangeSql(relation, { after, upTo: null });
    // The xid is assigned before a number is taken (portage.advance), and the lock before the image is made.
    const found = await sql.query(
      `WITH x AS MATERIALIZED (SELECT pg_current_xact_id() AS xid),` +
        ` page AS MATERIALIZED (SELECT t.* FROM ONLY ${leaf} AS t WHERE ${range.text} ORDER BY ${orderSql(relation)} LIMIT ${BATCH} FOR NO KEY UPDATE OF t),` +
        ` named AS MATERIALIZED (SELECT ${identityText(relation, 't')} AS pk, ${rowImage(mapping, relation, 't')} AS image, row_number() OVER (ORDER BY ${orderSql(relation)}) AS n FROM page AS t),` +
        ` carried AS (INSERT INTO portage.changelog (seq, xid, relation, pk, row) SELECT nextval('portage.seq'), x.xid, :relation, named.pk, named.image FROM x, named),` +
        ` last AS (SELECT pk, n FROM named ORDER BY n DESC LIMIT 1),` +
        ` progress AS (UPDATE portage.captured SET carried_to = last.pk FROM last WHERE leaf = :leaf)` +
        ` SELECT pk, n FROM last`,
      { ...range.parameters, relation: relation.name, leaf },
    );
    const [last] = found;
    if (last === undefined) return { rows, done: true };
    after = identity.parse(JSON.parse(String(last['pk'])));
    rows += Number(last['n']);
    if (pause()) return { rows, done: false };
  }
}
