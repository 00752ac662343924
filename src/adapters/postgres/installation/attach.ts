import { CAPTURE_TRIGGER, TRUNCATE_TRIGGER } from '../capture/trigger-function.ts';

/** The triggers of capture on one table, where they are not there already: then no lock is taken, as when capture is installed again. */
const ATTACH_LEAF = `
CREATE OR REPLACE FUNCTION portage.attach_leaf(p_relation text, p_function text, p_trigger text, p_leaf text, p_place text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $f$
DECLARE
  v_leaf oid := p_leaf::regclass;
  v_function oid := to_regprocedure(p_function || '()');
  v_trigger record;
BEGIN
  -- A partition has the trigger of its root as a clone.
  IF NOT EXISTS (SELECT FROM pg_trigger t WHERE t.tgrelid = v_leaf AND t.tgfoid = v_function AND (t.tgname = p_trigger OR t.tgparentid <> 0)
    AND t.tgtype = 29 AND t.tgqual IS NULL AND t.tgattr = '') THEN
    -- OR REPLACE, because a DROP would also block readers.
    EXECUTE format('CREATE OR REPLACE TRIGGER %I AFTER INSERT OR UPDATE OR DELETE ON %s FOR EACH ROW EXECUTE FUNCTION %s()', p_trigger, p_leaf, p_function);
  END IF;
  IF NOT EXISTS (SELECT FROM pg_trigger t WHERE t.tgrelid = v_leaf AND t.tgname = '${TRUNCATE_TRIGGER}' AND t.tgfoid = 'portage.refuse'::regproc
    AND encode(t.tgargs, 'hex') = encode(convert_to(p_place, 'UTF8'), 'hex') || '00') THEN
    EXECUTE format('CREATE OR REPLACE TRIGGER ${TRUNCATE_TRIGGER} BEFORE TRUNCATE ON %s FOR EACH STATEMENT EXECUTE FUNCTION portage.refuse(%L)', p_leaf, p_place);
  END IF;
  -- An earlier version gave the trigger of a partitioned table another name; it goes once all tables have this one.
  SELECT t.oid, t.tgname, t.tgenabled INTO v_trigger FROM pg_trigger t WHERE t.tgrelid = v_leaf AND t.tgfoid = v_function ORDER BY t.tgname = p_trigger DESC LIMIT 1;
  -- ALWAYS: sessions in the replica role write rows too. ONLY: partitions have their own turn.
  IF v_trigger.tgenabled <> 'A' OR EXISTS (SELECT FROM pg_trigger t WHERE t.tgrelid = v_leaf AND t.tgname = '${TRUNCATE_TRIGGER}' AND t.tgenabled <> 'A') THEN
    EXECUTE format('ALTER TABLE ONLY %s ENABLE ALWAYS TRIGGER %I, ENABLE ALWAYS TRIGGER ${TRUNCATE_TRIGGER}', p_leaf, v_trigger.tgname);
  END IF;
  INSERT INTO portage.captured (leaf, relation, function, trigger) VALUES (p_leaf, p_relation, p_function, v_trigger.oid)
    ON CONFLICT (leaf) DO UPDATE SET relation = excluded.relation, function = excluded.function, trigger = excluded.trigger, carried = true;
END $f$`;

/**
 * The triggers on the root of a relation. That of a partitioned root is cloned to its partitions, also to those that are added later; this is
 * the one step whose duration depends on their number. The columns' numbers and exact types are kept, because the catalogue does not tell a
 * column from another of its name.
 */
const ATTACH_ROOT = `
CREATE OR REPLACE FUNCTION portage.attach_root(p_relation text, p_function text, p_trigger text, p_root text, p_leaves text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $f$
BEGIN
  -- Tables that left before this generation are not its concern.
  DELETE FROM portage.captured WHERE relation = p_relation AND leaf <> p_root AND leaf NOT IN (SELECT json_array_elements_text(p_leaves::json));
  -- With its lock held the columns cannot change.
  EXECUTE format('LOCK TABLE ONLY %s IN SHARE ROW EXCLUSIVE MODE', p_root);
  PERFORM portage.attach_leaf(p_relation, p_function, p_trigger, p_root, 'root');
  -- Whoever makes or attaches a partition has the trigger cloned, which takes the right to its function: that is the table's owner.
  EXECUTE format('GRANT EXECUTE ON FUNCTION %s() TO %I', p_function, (SELECT pg_get_userbyid(c.relowner) FROM pg_class c WHERE c.oid = p_root::regclass));
  DELETE FROM portage.shape WHERE relation = p_relation;
  INSERT INTO portage.shape (relation, name, number, type, type_id, type_mod)
    SELECT p_relation, a.attname, a.attnum, format_type(a.atttypid, a.atttypmod), a.atttypid, a.atttypmod FROM pg_attribute a
    WHERE a.attrelid = p_root::regclass AND a.attnum > 0 AND NOT a.attisdropped;
END $f$`;

/**
 * Attaches capture to a root, to other tables that hold rows, or to both, and rehearses it on those of which rows are given. `p_root` is '' where
 * the root is not among them; `p_others` is a JSON array of pairs: table, and its rows or null.
 */
const INSTALL = `
CREATE OR REPLACE FUNCTION portage.install(p_relation text, p_function text, p_trigger text, p_root text, p_leaves text, p_others text) RETURNS int
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $f$
DECLARE
  v_table record;
BEGIN
  IF p_root <> '' THEN PERFORM portage.attach_root(p_relation, p_function, p_trigger, p_root, p_leaves); END IF;
  FOR v_table IN SELECT o.value ->> 0 AS leaf, o.value ->> 1 AS rows FROM json_array_elements(p_others::json) AS o LOOP
    IF v_table.leaf <> p_root THEN PERFORM portage.attach_leaf(p_relation, p_function, p_trigger, v_table.leaf, 'leaf'); END IF;
    IF v_table.rows IS NOT NULL THEN PERFORM portage.rehearse_as_all(v_table.leaf, v_table.rows); END IF;
  END LOOP;
  RETURN 1;
END $f$`;

/** Adds triggers to a new partition or child, and marks its rows as not yet copied. */
const ADOPT = `
CREATE OR REPLACE FUNCTION portage.adopt(p_relation text, p_function text, p_leaf text) RETURNS int
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $f$
BEGIN
  PERFORM portage.attach_leaf(p_relation, p_function, '${CAPTURE_TRIGGER}', p_leaf, 'leaf');
  UPDATE portage.captured SET carried = false, carried_to = NULL WHERE leaf = p_leaf;
  RETURN 1;
END $f$`;

export const ATTACH_FUNCTIONS: readonly string[] = [ATTACH_LEAF, ATTACH_ROOT, INSTALL, ADOPT];
