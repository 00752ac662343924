import type { Sql } from '../../../domain/ports/source.ts';
import { type Identity, identityText } from '../../../domain/row.ts';

const KEYS_PER_CALL = 500;

/** The newest changelog row of each of these keys; keys that never changed are absent. */
export async function newestChanges(
  sql: Sql,
  table: string,
  identities: readonly Identity[],
): Promise<ReadonlyMap<string, { readonly seq: number; readonly xid: string }>> {
  const newest = new Map<string, { readonly seq: number; readonly xid: string }>();
  for (let at = 0; at < identities.length; at += KEYS_PER_CALL) {
    const keys = identities.slice(at, at + KEYS_PER_CALL).map(identityText);
    const rows = await sql.query(
      `SELECT DISTINCT ON (c.pk) c.pk, c.seq, c.xid::text AS xid FROM portage.changelog AS c
       WHERE c.relation = :relation AND c.pk IN (SELECT json_array_elements_text(CAST(:keys AS json)))
       ORDER BY c.pk, c.seq DESC`,
      { relation: table, keys: JSON.stringify(keys) },
    );
    for (const row of rows) newest.set(String(row['pk']), { seq: Number(row['seq']), xid: String(row['xid']) });
  }
  return newest;
}

/** The highest changelog number, or 0 if nothing has changed yet. */
export async function highestChange(sql: Sql): Promise<number> {
  const [row] = await sql.query('SELECT coalesce(max(seq), 0) AS seq FROM portage.changelog');
  return Number(row?.['seq']);
}
