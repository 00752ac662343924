import type { Sql } from '../../../domain/ports/source.ts';
import { TRUNCATE_TRIGGER } from '../capture/trigger-function.ts';
import { sqlstateOf } from '../connection/statement-failed.ts';

/** Name of the event trigger by which capture follows DDL at once. Event triggers are in no schema. */
const EVENT_TRIGGER = 'portage_follow';
const INSUFFICIENT_PRIVILEGE = '42501';

/**
 * Adopts partitions and children in the transaction that makes or attaches them. Tables that are registered already are left to the watch,
 * which knows whether they have left in between. The DDL must never fail: an error is kept for the watch, which adopts the table within
 * seconds, and a lock is waited for as briefly as elsewhere.
 */
const FOLLOW = `
CREATE OR REPLACE FUNCTION portage.follow() RETURNS event_trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '300ms' AS $f$
DECLARE
  v_table record;
  v_reason text;
BEGIN
  -- Most DDL is about tables that inherit nothing, temporary ones among them.
  IF NOT EXISTS (SELECT FROM pg_event_trigger_ddl_commands() c JOIN pg_inherits i ON c.objid IN (i.inhrelid, i.inhparent)) THEN RETURN; END IF;
  FOR v_table IN
    WITH RECURSIVE up (changed, oid) AS (
      SELECT c.objid, c.objid FROM pg_event_trigger_ddl_commands() c WHERE c.classid = 'pg_class'::regclass
      UNION SELECT up.changed, i.inhparent FROM up JOIN pg_inherits i ON i.inhrelid = up.oid),
    down (oid, relation, function) AS (
      SELECT up.changed, k.relation, k.function FROM up JOIN pg_trigger t ON t.tgrelid = up.oid JOIN portage.captured k ON k.trigger = t.oid
      UNION SELECT i.inhrelid, d.relation, d.function FROM down d JOIN pg_inherits i ON i.inhparent = d.oid),
    leaves AS (
      SELECT d.*, '"' || replace(n.nspname, '"', '""') || '"."' || replace(c.relname, '"', '""') || '"' AS leaf
      FROM down d JOIN pg_class c ON c.oid = d.oid JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind = 'r' AND c.relpersistence <> 't')
    SELECT DISTINCT ON (l.oid) l.leaf, l.relation, l.function FROM leaves l
    WHERE NOT EXISTS (SELECT FROM pg_trigger t WHERE t.tgrelid = l.oid AND t.tgname = '${TRUNCATE_TRIGGER}')
      AND NOT EXISTS (SELECT FROM portage.captured k WHERE k.leaf = l.leaf)
  LOOP
    PERFORM portage.adopt(v_table.relation, v_table.function, v_table.leaf);
  END LOOP;
  -- A new owner's partitions get the trigger, to whose function he needs a right.
  IF tg_tag = 'ALTER TABLE' THEN PERFORM portage.admit(); END IF;
EXCEPTION WHEN OTHERS THEN
  v_reason := SQLSTATE || ' ' || SQLERRM;
  BEGIN
    PERFORM portage.miss('ADOPT', tg_tag, NULL, NULL, v_reason, false);
  EXCEPTION WHEN OTHERS THEN
    RAISE WARNING 'portage: capture does not follow %: %', tg_tag, v_reason;
  END;
END $f$`;

/**
 * Lets capture follow new partitions and children at once. Event triggers need a superuser (rds_superuser on Aurora): without that right
 * the watch follows within seconds.
 */
export async function followDdl(sql: Sql): Promise<void> {
  await sql.query(FOLLOW);
  // The event trigger itself needs no right to it.
  await sql.query('REVOKE ALL ON FUNCTION portage.follow() FROM PUBLIC');
  try {
    await sql.query(
      `CREATE EVENT TRIGGER ${EVENT_TRIGGER} ON ddl_command_end WHEN TAG IN ('CREATE TABLE', 'ALTER TABLE') EXECUTE FUNCTION portage.follow()`,
    );
  } catch (error) {
    if (sqlstateOf(error) !== INSUFFICIENT_PRIVILEGE) throw error;
    await sql.query('DROP FUNCTION portage.follow()');
    return;
  }
  // ALWAYS: sessions in the replica role change schemas too.
  await sql.query(`ALTER EVENT TRIGGER ${EVENT_TRIGGER} ENABLE ALWAYS`);
}

/**
 * Drops the event trigger. Its function stays: DDL that is under way may be about to call it, and would fail if it were gone. Where the
 * role may not drop it, it goes with the function.
 */
export async function stopFollowing(sql: Sql): Promise<void> {
  try {
    await sql.query(`DROP EVENT TRIGGER IF EXISTS ${EVENT_TRIGGER}`);
  } catch (error) {
    if (sqlstateOf(error) !== INSUFFICIENT_PRIVILEGE) throw error;
  }
}

/** True where capture follows by itself. */
export async function followsDdl(sql: Sql): Promise<boolean> {
  const rows = await sql.query(
    `SELECT 1 AS there FROM pg_catalog.pg_event_trigger WHERE evtname = '${EVENT_TRIGGER}' AND evtenabled = 'A'`,
  );
  return rows.length > 0;
}
