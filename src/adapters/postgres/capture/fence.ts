import type { SqlSource } from '../../../domain/ports/source.ts';
import { withLocks } from '../connection/lock-retry.ts';
import { FENCE_TRIGGER } from './trigger-function.ts';

/**
 * Blocks every further write to the captured tables from any session, also to partitions that are added later. Idempotent. Taking the lock
 * waits for open writers, so the source no longer changes once this returns (RACE-78). This does not fence the target: wait T afterwards.
 */
export async function fence(sql: SqlSource): Promise<void> {
  const tables = await sql.query(
    `SELECT quote_ident(n.nspname) || '.' || quote_ident(k.relname) AS leaf, k.relispartition AS partition,
       '${FENCE_TRIGGER}' || CASE WHEN k.relispartition OR k.relkind = 'p' THEN '_' || right(c.function, 12) ELSE '' END AS fence
     FROM portage.captured AS c JOIN pg_catalog.pg_trigger AS t ON t.oid = c.trigger JOIN pg_catalog.pg_class AS k ON k.oid = t.tgrelid
     JOIN pg_catalog.pg_namespace AS n ON n.oid = k.relnamespace ORDER BY k.relispartition, c.leaf`,
  );
  for (const { leaf: name, partition, fence: trigger } of tables) {
    const leaf = String(name);
    await withLocks(sql, leaf, async (tx) => {
      // A partition has the trigger of its root as a clone.
      if (partition !== true)
        await tx.query(
          `CREATE OR REPLACE TRIGGER ${String(trigger)} BEFORE INSERT OR UPDATE OR DELETE ON ${leaf} FOR EACH ROW EXECUTE FUNCTION portage.refuse()`,
        );
      await tx.query(`ALTER TABLE ONLY ${leaf} ENABLE ALWAYS TRIGGER ${String(trigger)}`);
    });
  }
}

/** Removes the fence from every table that has it. */
export async function unfence(sql: SqlSource): Promise<void> {
  const rows = await sql.query(
    `SELECT quote_ident(n.nspname) || '.' || quote_ident(c.relname) AS leaf, t.tgname::text AS fence FROM pg_catalog.pg_trigger t
     JOIN pg_catalog.pg_class c ON c.oid = t.tgrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
     WHERE starts_with(t.tgname::text, '${FENCE_TRIGGER}') AND t.tgparentid = 0`,
  );
  for (const row of rows) {
    const leaf = String(row['leaf']);
    await withLocks(sql, leaf, async (tx) => {
      // The root before its partitions, as statements do.
      await tx.query(`LOCK TABLE ONLY ${leaf} IN ACCESS EXCLUSIVE MODE`);
      await tx.query(`DROP TRIGGER IF EXISTS ${String(row['fence'])} ON ${leaf}`);
    });
  }
}
