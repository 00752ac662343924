import type { Mapping } from '../../../domain/mapping/mapping.ts';
import type { SqlSource } from '../../../domain/ports/source.ts';
import { withLocks } from '../connection/lock-retry.ts';
import { quotedLeaf } from '../sql/quote.ts';
import { relationsOf } from '../sql/relation.ts';

const TRIGGER = 'portage_fence';

/**
 * Blocks every further write to the mapped tables from any session. Idempotent. Taking the lock
 * waits for open writers, so the source no longer changes once this returns (RACE-78). This does
 * not fence the target: wait T afterwards.
 */
export async function fence(sql: SqlSource, mapping: Mapping): Promise<void> {
  for (const leaf of leavesOf(mapping)) {
    await withLocks(sql, leaf, async (tx) => {
      const on = quotedLeaf(leaf);
      await tx.query(
        `CREATE OR REPLACE TRIGGER ${TRIGGER} BEFORE INSERT OR UPDATE OR DELETE ON ${on} FOR EACH ROW EXECUTE FUNCTION portage.refuse()`,
      );
      await tx.query(`ALTER TABLE ${on} ENABLE ALWAYS TRIGGER ${TRIGGER}`);
    });
  }
}

/** Removes the fence from every table that has it. */
export async function unfence(sql: SqlSource): Promise<void> {
  const rows = await sql.query(
    `SELECT quote_ident(n.nspname) || '.' || quote_ident(c.relname) AS leaf FROM pg_catalog.pg_trigger t
     JOIN pg_catalog.pg_class c ON c.oid = t.tgrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
     WHERE t.tgname = '${TRIGGER}' AND t.tgparentid = 0`,
  );
  for (const row of rows) {
    const leaf = String(row['leaf']);
    await withLocks(sql, leaf, async (tx) => {
      await tx.query(`DROP TRIGGER IF EXISTS ${TRIGGER} ON ${leaf}`);
    });
  }
}

function leavesOf(mapping: Mapping): readonly string[] {
  return relationsOf(mapping).flatMap(({ table }) => table.leaves);
}
