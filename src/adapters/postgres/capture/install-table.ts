import type { Mapping } from '../../../domain/mapping/mapping.ts';
import { CaptureRefused } from '../../../domain/errors.ts';
import type { SqlSource } from '../../../domain/ports/source.ts';
import { withLocks } from '../connection/lock-retry.ts';
import { sqlstateOf } from '../connection/statement-failed.ts';
import { quotedLeaf } from '../sql/quote.ts';
import { identityText, oldKeyImage, type Relation, rowImage } from '../sql/relation.ts';
import { CAPTURE_TRIGGER, TRUNCATE_TRIGGER } from './trigger-function.ts';

/** Rows whose images are read, and tables of a partition tree in which writes are tried. */
const REHEARSED_ROWS = 20;
const REHEARSED_LEAVES = 3;
/** At most this many roles that may write to the table, and of which the installing role is a member. */
const REHEARSED_ROLES = 20;

/** Raised by `portage.install` where the rehearsal fails. */
const REFUSED = 'PT004';

/**
 * Installs capture on the tables of one relation and rehearses it there: reads rows as images, and updates, deletes and inserts a row
 * as each role that may write, rolled back again. One statement, so that the tables' locks are held for milliseconds.
 *
 * @throws CaptureRefused where the rehearsal fails; nothing of this call is kept
 * @throws LockTimeout where the tables are locked by others all the time
 */
export async function installTable(
  sql: SqlSource,
  mapping: Mapping,
  relation: Relation,
  trigger: { readonly name: string; readonly definition: string },
): Promise<void> {
  const { table, name, root } = relation;
  const leaves = table.leaves.map(quotedLeaf);
  try {
    await withLocks(sql, name, async (tx) => {
      await tx.query(trigger.definition);
      await tx.query(`REVOKE ALL ON FUNCTION ${trigger.name}() FROM PUBLIC`);
      await tx.query(
        'SELECT portage.install(:relation, :function, :root, :leaves, CAST(:maxLeaves AS int), :images) AS installed',
        {
          relation: name,
          function: trigger.name,
          root,
          leaves: JSON.stringify(leaves),
          maxLeaves: REHEARSED_LEAVES,
          images: imagesSql(mapping, relation),
        },
      );
    });
  } catch (error) {
    if (sqlstateOf(error) !== REFUSED || !(error instanceof Error)) throw error;
    throw new CaptureRefused({ relation: name, reason: reasonOf(error) }, { cause: error });
  }
}

/** Computes everything that the trigger computes, of a row without values and of some that are there. */
function imagesSql(mapping: Mapping, relation: Relation): string {
  const texts = [rowImage(mapping, relation, 't'), oldKeyImage(mapping, relation, 't'), identityText(relation, 't')];
  const count = texts.map((text) => `count(${text})`).join(' + ');
  return (
    `SELECT ${count} FROM (SELECT (NULL::${relation.root}).* UNION ALL` +
    ` (SELECT * FROM ${relation.root} LIMIT ${REHEARSED_ROWS})) AS t`
  );
}

/** PostgreSQL's message without the additions of the adapter. */
function reasonOf({ message }: Error): string {
  return /portage: (.*?)(?: \(SQLSTATE|$)/m.exec(message)?.[1] ?? message;
}

/**
 * Triggers on the tables of a relation. That of a partitioned root, which is not among its leaves, is cloned to its partitions, also to those
 * that are added later. The columns' numbers and exact types are kept, because the catalogue does not tell a column from another of its name.
 */
const ATTACH = `
CREATE OR REPLACE FUNCTION portage.attach(p_relation text, p_function text, p_root text, p_leaves text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $f$
DECLARE
  v_leaves text[] := ARRAY(SELECT json_array_elements_text(p_leaves::json));
  v_partitioned boolean := p_root <> ALL (v_leaves);
  v_on text;
BEGIN
  -- Tables that left before this generation are not its concern.
  DELETE FROM portage.captured WHERE relation = p_relation;
  FOREACH v_on IN ARRAY CASE WHEN v_partitioned THEN ARRAY[p_root] ELSE v_leaves END LOOP
    -- CREATE OR REPLACE, because a DROP would also block readers.
    EXECUTE format('CREATE OR REPLACE TRIGGER ${CAPTURE_TRIGGER} AFTER INSERT OR UPDATE OR DELETE ON %s FOR EACH ROW EXECUTE FUNCTION %s()', v_on, p_function);
  END LOOP;
  FOREACH v_on IN ARRAY CASE WHEN v_partitioned THEN p_root || v_leaves ELSE v_leaves END LOOP
    EXECUTE format('CREATE OR REPLACE TRIGGER ${TRUNCATE_TRIGGER} BEFORE TRUNCATE ON %s FOR EACH STATEMENT EXECUTE FUNCTION portage.refuse(%L)', v_on, CASE WHEN v_on = p_root THEN 'root' ELSE 'leaf' END);
    -- ALWAYS: sessions in the replica role write rows too.
    EXECUTE format('ALTER TABLE %s ENABLE ALWAYS TRIGGER ${CAPTURE_TRIGGER}, ENABLE ALWAYS TRIGGER ${TRUNCATE_TRIGGER}', v_on);
    INSERT INTO portage.captured (leaf, relation, function, trigger) VALUES (v_on, p_relation, p_function, (SELECT t.oid FROM pg_trigger t WHERE t.tgrelid = v_on::regclass AND t.tgname = '${CAPTURE_TRIGGER}'))
      ON CONFLICT (leaf) DO UPDATE SET relation = excluded.relation, function = excluded.function, trigger = excluded.trigger, carried = true;
  END LOOP;
  -- Whoever makes or attaches a partition has the trigger cloned, which takes the right to its function: that is the table's owner.
  EXECUTE format('GRANT EXECUTE ON FUNCTION %s() TO %I', p_function, (SELECT pg_get_userbyid(c.relowner) FROM pg_class c WHERE c.oid = p_root::regclass));
  -- Its lock is held, so the columns cannot change.
  DELETE FROM portage.shape WHERE relation = p_relation;
  INSERT INTO portage.shape (relation, name, number, type, type_id, type_mod)
    SELECT p_relation, a.attname, a.attnum, format_type(a.atttypid, a.atttypmod), a.atttypid, a.atttypmod FROM pg_attribute a
    WHERE a.attrelid = p_root::regclass AND a.attnum > 0 AND NOT a.attisdropped;
END $f$`;

/**
 * Writes a row through the trigger as one role and rolls it back; returns what is wrong, NULL for
 * nothing. In the replica role only capture's own triggers fire; a table with others that do is skipped. Where that role is not allowed,
 * tables with triggers of their own are skipped, and only an UPDATE is tried, because cascades may
 * reach beyond the transaction. Errors outside capture (a privilege, a constraint) are ignored.
 */
const REHEARSE = `
CREATE OR REPLACE FUNCTION portage.rehearse(p_leaf text, p_role text) RETURNS text
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $f$
DECLARE
  v_columns text;
  v_column text;
  v_members text;
  v_samples text;
  v_ctid tid;
  v_row text;
  v_first bigint := (SELECT coalesce(max(id), 0) FROM portage.missed);
  v_before text := coalesce(current_setting('portage.missed', true), '');
  v_seq bigint := (SELECT last_value FROM portage.seq);
  v_replica boolean := true;
  v_written int := 0;
  v_rows int;
  v_problem text;
  v_context text;
  v_self text := current_setting('role');
BEGIN
  SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum), string_agg('(x.r).' || quote_ident(a.attname), ', ' ORDER BY a.attnum),
    string_agg(coalesce(format('CAST(%L AS %s)', CASE t.typcategory WHEN 'N' THEN '0' WHEN 'S' THEN 'x' WHEN 'D' THEN '2001-01-01' WHEN 'T' THEN '0'
      WHEN 'B' THEN 'true' WHEN 'A' THEN '{}' WHEN 'R' THEN 'empty' WHEN 'I' THEN '127.0.0.1'
      WHEN 'E' THEN (SELECT e.enumlabel::text FROM pg_enum e WHERE e.enumtypid = t.oid ORDER BY e.enumsortorder LIMIT 1)
      ELSE CASE t.typname WHEN 'uuid' THEN '00000000-0000-0000-0000-000000000000' WHEN 'bytea' THEN 'x' WHEN 'json' THEN '{}' WHEN 'jsonb' THEN '{}' END
      END, format_type(a.atttypid, a.atttypmod)), 'NULL'), ', ' ORDER BY a.attnum)
    INTO v_columns, v_members, v_samples
    FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
    WHERE a.attrelid = p_leaf::regclass AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '';
  SELECT quote_ident(a.attname) INTO v_column FROM pg_attribute a
    WHERE a.attrelid = p_leaf::regclass AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '' AND a.attidentity <> 'a' ORDER BY a.attnum LIMIT 1;
  -- These fire in the replica role too, and may do what no rollback takes back.
  IF EXISTS (SELECT FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid WHERE t.tgrelid = p_leaf::regclass AND NOT t.tgisinternal
    AND t.tgenabled IN ('A', 'R') AND p.pronamespace <> 'portage'::regnamespace) THEN RETURN NULL;
  END IF;
  BEGIN
    BEGIN
      PERFORM set_config('session_replication_role', 'replica', true);
    EXCEPTION WHEN insufficient_privilege THEN
      v_replica := false;
      IF EXISTS (SELECT FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid WHERE t.tgrelid = p_leaf::regclass AND NOT t.tgisinternal
        AND t.tgenabled <> 'D' AND p.pronamespace <> 'portage'::regnamespace) THEN RETURN NULL;
      END IF;
    END;
    EXECUTE format('SELECT t.ctid, ROW(t.*)::text FROM ONLY %s AS t LIMIT 1 FOR UPDATE SKIP LOCKED', p_leaf) INTO v_ctid, v_row;
    IF p_role IS NOT NULL THEN PERFORM set_config('role', p_role, true); END IF;
    IF v_row IS NULL THEN
      EXECUTE format('INSERT INTO %s (%s) OVERRIDING SYSTEM VALUE SELECT %s', p_leaf, v_columns, v_samples);
      v_written := 1;
    ELSE
      IF v_column IS NOT NULL THEN
        EXECUTE format('UPDATE ONLY %s AS t SET %s = %2$s WHERE t.ctid = $1 RETURNING t.ctid', p_leaf, v_column) INTO v_ctid USING v_ctid;
        v_written := CASE WHEN v_ctid IS NULL THEN 0 ELSE 1 END;
      END IF;
      IF v_ctid IS NOT NULL AND v_replica THEN
        EXECUTE format('DELETE FROM ONLY %s AS t WHERE t.ctid = $1', p_leaf) USING v_ctid;
        GET DIAGNOSTICS v_rows = ROW_COUNT;
        IF v_rows = 1 THEN
          v_written := 1;
          EXECUTE format('INSERT INTO %s (%s) OVERRIDING SYSTEM VALUE SELECT %s FROM (SELECT $1::%1$s AS r) AS x', p_leaf, v_columns, v_members) USING v_row;
        END IF;
      END IF;
    END IF;
    PERFORM set_config('role', v_self, true);
    -- The setting is this transaction's own; the table holds what other sessions missed as well.
    IF coalesce(current_setting('portage.missed', true), '') <> v_before THEN
      SELECT m.reason INTO v_problem FROM portage.missed m WHERE m.id > v_first ORDER BY m.id LIMIT 1;
    END IF;
    IF v_problem IS NULL AND v_written = 1
      AND NOT EXISTS (SELECT FROM portage.changelog c WHERE c.seq >= v_seq AND c.xid = pg_current_xact_id() AND c.row IS NOT NULL) THEN
      v_problem := 'the trigger did not see the row that was written';
    END IF;
    RAISE EXCEPTION USING ERRCODE = 'PT003', MESSAGE = coalesce(v_problem, '');
  EXCEPTION
    WHEN SQLSTATE 'PT003' THEN RETURN nullif(SQLERRM, '');
    WHEN OTHERS THEN
      GET STACKED DIAGNOSTICS v_context = PG_EXCEPTION_CONTEXT;
      RETURN CASE WHEN v_context LIKE '%portage.capture%' OR v_context LIKE '%portage.record%' THEN SQLSTATE || ' ' || SQLERRM END;
  END;
END $f$`;

/** Attaches, reads the images and rehearses, as ourselves and as each role that may write; raises PT004 with what is wrong. */
const INSTALL = `
CREATE OR REPLACE FUNCTION portage.install(p_relation text, p_function text, p_root text, p_leaves text, p_max_leaves int, p_images text) RETURNS int
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $f$
DECLARE
  v_leaf text;
  v_role text;
  v_problem text;
  v_count bigint;
BEGIN
  PERFORM portage.attach(p_relation, p_function, p_root, p_leaves);
  BEGIN
    -- Rows that row security hides would be taken for deleted.
    PERFORM set_config('row_security', 'off', true);
    EXECUTE p_images INTO v_count;
    PERFORM set_config('row_security', 'on', true);
  EXCEPTION
    WHEN query_canceled OR lock_not_available OR deadlock_detected THEN RAISE;
    WHEN OTHERS THEN RAISE EXCEPTION USING ERRCODE = '${REFUSED}', MESSAGE = 'portage: its rows cannot be read: ' || SQLERRM;
  END;
  FOR v_leaf IN SELECT value FROM json_array_elements_text(p_leaves::json) LIMIT p_max_leaves LOOP
    FOR v_role IN SELECT NULL UNION ALL (SELECT r.rolname FROM pg_catalog.pg_roles r WHERE NOT r.rolsuper AND r.rolname !~ '^pg_' AND r.rolname <> current_user
      AND pg_catalog.has_table_privilege(r.oid, v_leaf, 'INSERT, UPDATE, DELETE') AND pg_catalog.pg_has_role(current_user, r.oid, 'MEMBER') ORDER BY 1 LIMIT ${REHEARSED_ROLES}) LOOP
      v_problem := portage.rehearse(v_leaf, v_role);
      IF v_problem IS NOT NULL THEN
        RAISE EXCEPTION USING ERRCODE = '${REFUSED}', MESSAGE = format('portage: a write%s fails in the trigger: %s', ' as ' || v_role, v_problem);
      END IF;
    END LOOP;
  END LOOP;
  RETURN 1;
END $f$`;

/**
 * Adds triggers to a new partition or child, and marks its rows as not yet copied. A partition
 * already has the cloned row trigger.
 */
const ADOPT = `
CREATE OR REPLACE FUNCTION portage.adopt(p_relation text, p_function text, p_leaf text) RETURNS int
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $f$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_trigger t WHERE t.tgrelid = p_leaf::regclass AND t.tgname = '${CAPTURE_TRIGGER}') THEN
    EXECUTE format('CREATE TRIGGER ${CAPTURE_TRIGGER} AFTER INSERT OR UPDATE OR DELETE ON %s FOR EACH ROW EXECUTE FUNCTION %s()', p_leaf, p_function);
  END IF;
  EXECUTE format('CREATE OR REPLACE TRIGGER ${TRUNCATE_TRIGGER} BEFORE TRUNCATE ON %s FOR EACH STATEMENT EXECUTE FUNCTION portage.refuse(''leaf'')', p_leaf);
  EXECUTE format('ALTER TABLE %s ENABLE ALWAYS TRIGGER ${CAPTURE_TRIGGER}, ENABLE ALWAYS TRIGGER ${TRUNCATE_TRIGGER}', p_leaf);
  INSERT INTO portage.captured (leaf, relation, function, trigger, carried) VALUES (p_leaf, p_relation, p_function, (SELECT t.oid FROM pg_trigger t WHERE t.tgrelid = p_leaf::regclass AND t.tgname = '${CAPTURE_TRIGGER}'), false)
    ON CONFLICT (leaf) DO UPDATE SET relation = excluded.relation, function = excluded.function, trigger = excluded.trigger, carried = false, carried_to = NULL;
  RETURN 1;
END $f$`;

export const INSTALL_FUNCTIONS: readonly string[] = [ATTACH, REHEARSE, INSTALL, ADOPT];
