import * as z from 'zod';
import type { Mapping } from '../../../domain/mapping/mapping.ts';
import type { SqlRow, SqlSource, SqlValue } from '../../../domain/ports/source.ts';
import type { Identity } from '../../../domain/row.ts';
import { orderSql, rangeSql } from '../sql/identity-range.ts';
import { identityText, type Relation, rowImage } from '../sql/relation.ts';

const identity = z.array(z.string());

/** Rows that are put into the changelog at once: they stay locked meanwhile. */
const BATCH = 200;

/** A table whose rows are put into the changelog, and where it stands. */
export interface UncarriedTable {
  /** Its present name, quoted. */
  readonly leaf: string;
  /** Its name in the record of its progress. */
  readonly registered: string;
  /** Identity that was reached; null at the beginning. */
  readonly after: Identity | null;
  /** Table with a row per leaf, whose `carried_to` keeps the identity that was reached. */
  readonly record: 'portage.captured' | 'portage.carry';
}

/**
 * Puts all rows of a table into the changelog as they are, each under its row lock, so that their numbers follow the order of writes; the
 * relay carries them. `pause` ends the work between two batches, to be continued by the next call.
 */
export async function carryRows(
  sql: SqlSource,
  mapping: Mapping,
  relation: Relation,
  { leaf, registered, after: from, record }: UncarriedTable,
  pause: () => boolean,
): Promise<{ readonly rows: number; readonly done: boolean }> {
  let after = from;
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
        ` progress AS (UPDATE ${record} SET carried_to = last.pk FROM last WHERE leaf = :registered)` +
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
