/** Raised where the rehearsal fails. */
export const REFUSED = 'PT004';
/** At most this many roles that may write to the table, and of which the installing role is a member. */
const REHEARSED_ROLES = 20;
/** Rows from which the one to rehearse with is chosen. */
const CANDIDATES = 100;
/** Stored bytes of a row up to which it is written as it is, and of a column from which on a larger row's is shortened. */
const SMALL_ROW = 65_536;
const LARGE_COLUMN = 8_192;

/**
 * Reads rows as images, one after the other, until a time has passed; at least two, of which the first is one without values. Only readers'
 * locks are taken. Rows that row security hides would be taken for deleted.
 */
const READ_IMAGES = `
CREATE OR REPLACE FUNCTION portage.read_images(p_images text, p_ms int) RETURNS int
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET row_security = off AS $f$
DECLARE
  v_images refcursor;
  v_image int;
  v_read int := 0;
  v_until timestamptz := clock_timestamp() + p_ms * interval '1 millisecond';
BEGIN
  OPEN v_images NO SCROLL FOR EXECUTE p_images;
  LOOP
    FETCH v_images INTO v_image;
    EXIT WHEN NOT FOUND;
    v_read := v_read + 1;
    EXIT WHEN v_read > 1 AND clock_timestamp() > v_until;
  END LOOP;
  RETURN v_read;
EXCEPTION
  WHEN query_canceled OR lock_not_available OR deadlock_detected THEN RAISE;
  WHEN OTHERS THEN RAISE EXCEPTION USING ERRCODE = '${REFUSED}', MESSAGE = 'portage: its rows cannot be read: ' || SQLERRM;
END $f$`;

/**
 * Places of rows to rehearse with, found before the table is locked, because that may read many dead rows. Planning a query of the root makes
 * the session load what it has to know of all partitions, which would otherwise happen in the trigger, under the lock.
 */
const PREPARE = `
CREATE OR REPLACE FUNCTION portage.prepare_rehearsal(p_root text, p_leaf text) RETURNS text
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $f$
DECLARE
  v_rows tid[];
BEGIN
  EXECUTE format('EXPLAIN SELECT * FROM %s', p_root);
  EXECUTE format('SELECT array_agg(s.place) FROM (SELECT t.ctid AS place FROM ONLY %s AS t LIMIT ${CANDIDATES}) AS s', p_leaf) INTO v_rows;
  RETURN coalesce(v_rows::text, '{}');
END $f$`;

/** In an exception handler: an error is capture's own if it was raised below the trigger. */
const BLAME = `
          GET STACKED DIAGNOSTICS v_context = PG_EXCEPTION_CONTEXT;
          IF v_context LIKE '%portage.capture%' OR v_context LIKE '%portage.record%' THEN v_problem := coalesce(v_problem, SQLSTATE || ' ' || SQLERRM); END IF;`;

/**
 * Writes a row through the trigger as one role and rolls it back; returns what is wrong, NULL for
 * nothing. In the replica role only capture's own triggers fire; a table with others that do is skipped. Where that role is not allowed,
 * tables with triggers of their own are skipped, and only an UPDATE is tried, because cascades may
 * reach beyond the transaction. Errors outside capture (a privilege, a constraint) are ignored, for each statement by itself.
 *
 * The table is locked meanwhile, so the time must not depend on what its rows hold: the smallest of the rows given is taken, and where that is
 * a large one, its large columns are shortened first. What large values do to an image has been read before.
 */
const REHEARSE = `
CREATE OR REPLACE FUNCTION portage.rehearse(p_leaf text, p_role text, p_rows text) RETURNS text
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $f$
DECLARE
  v_columns text;
  v_column text;
  v_members text;
  v_samples text;
  v_sizes text;
  v_shortened text;
  v_size bigint;
  v_ctid tid;
  v_row text;
  v_first bigint := (SELECT coalesce(max(id), 0) FROM portage.missed);
  v_before text := coalesce(current_setting('portage.missed', true), '');
  v_seq bigint := (SELECT CASE WHEN is_called THEN last_value + 1 ELSE last_value END FROM portage.seq);
  v_replica boolean := true;
  v_written int := 0;
  v_rows int := 0;
  v_problem text;
  v_context text;
  v_self text := current_setting('role');
  v_role text := coalesce(p_role, v_self);
BEGIN
  SELECT string_agg(c.name, ', ' ORDER BY c.attnum), string_agg('(x.r).' || c.name, ', ' ORDER BY c.attnum), string_agg(coalesce(c.sample, 'NULL'), ', ' ORDER BY c.attnum),
    (array_agg(c.name ORDER BY c.attnum) FILTER (WHERE c.attidentity <> 'a'))[1],
    string_agg(format('coalesce(pg_column_size(t.%s), 0)', c.name), ' + ') FILTER (WHERE c.attlen = -1),
    string_agg(format('%1$s = CASE WHEN pg_column_size(t.%1$s) > ${LARGE_COLUMN} THEN %2$s ELSE t.%1$s END', c.name, coalesce(c.short, c.sample, CASE WHEN c.attnotnull THEN 't.' || c.name END, 'NULL')), ', ')
      FILTER (WHERE c.attlen = -1 AND c.attidentity <> 'a')
    INTO v_columns, v_members, v_samples, v_column, v_sizes, v_shortened
    FROM (SELECT a.attnum, a.attlen, a.attnotnull, a.attidentity, quote_ident(a.attname) AS name,
        format('CAST(%L AS %s)', CASE t.typcategory WHEN 'N' THEN '0' WHEN 'S' THEN 'x' WHEN 'D' THEN '2001-01-01' WHEN 'T' THEN '0'
          WHEN 'B' THEN 'true' WHEN 'A' THEN '{}' WHEN 'R' THEN 'empty' WHEN 'I' THEN '127.0.0.1'
          WHEN 'E' THEN (SELECT e.enumlabel::text FROM pg_enum e WHERE e.enumtypid = t.oid ORDER BY e.enumsortorder LIMIT 1)
          ELSE CASE t.typname WHEN 'uuid' THEN '00000000-0000-0000-0000-000000000000' WHEN 'bytea' THEN 'x' WHEN 'json' THEN '{}' WHEN 'jsonb' THEN '{}' WHEN 'xml' THEN '<x/>' END
          END, format_type(a.atttypid, a.atttypmod)) AS sample,
        CASE WHEN t.typcategory = 'S' THEN format('CAST(left(t.%I::text, 1000) AS %s)', a.attname, format_type(a.atttypid, a.atttypmod))
          WHEN t.typname = 'bytea' THEN format('substring(t.%I FROM 1 FOR 1000)', a.attname) END AS short
      FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
      WHERE a.attrelid = p_leaf::regclass AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '') AS c;
  -- These fire in the replica role too, and may do what no rollback takes back; rules may write elsewhere.
  IF EXISTS (SELECT FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid WHERE t.tgrelid = p_leaf::regclass AND NOT t.tgisinternal
      AND t.tgenabled IN ('A', 'R') AND p.pronamespace <> 'portage'::regnamespace)
    OR EXISTS (SELECT FROM pg_rewrite w WHERE w.ev_class = p_leaf::regclass AND w.ev_enabled IN ('A', 'R')) THEN RETURN NULL;
  END IF;
  BEGIN
    BEGIN
      PERFORM set_config('session_replication_role', 'replica', true);
    EXCEPTION WHEN insufficient_privilege THEN
      v_replica := false;
      IF EXISTS (SELECT FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid WHERE t.tgrelid = p_leaf::regclass AND NOT t.tgisinternal
          AND t.tgenabled <> 'D' AND p.pronamespace <> 'portage'::regnamespace)
        OR EXISTS (SELECT FROM pg_rewrite w WHERE w.ev_class = p_leaf::regclass AND w.ev_enabled <> 'D') THEN RETURN NULL;
      END IF;
    END;
    EXECUTE format('SELECT t.ctid, %s FROM ONLY %s AS t WHERE t.ctid = ANY ($1) ORDER BY 2 LIMIT 1 FOR UPDATE SKIP LOCKED', coalesce(v_sizes, '0'), p_leaf)
      INTO v_ctid, v_size USING p_rows::tid[];
    IF v_size > ${SMALL_ROW} THEN
      BEGIN
        EXECUTE format('UPDATE ONLY %s AS t SET %s WHERE t.ctid = $1 RETURNING t.ctid, %s', p_leaf, v_shortened, v_sizes) INTO STRICT v_ctid, v_size USING v_ctid;
        v_seq := (SELECT last_value + 1 FROM portage.seq);
      EXCEPTION WHEN OTHERS THEN ${BLAME}
      END;
    END IF;
    IF v_size <= ${SMALL_ROW} THEN
      EXECUTE format('SELECT ROW(t.*)::text FROM ONLY %s AS t WHERE t.ctid = $1', p_leaf) INTO v_row USING v_ctid;
    END IF;
    PERFORM set_config('role', v_role, true);
    IF v_row IS NOT NULL AND v_column IS NOT NULL THEN
      BEGIN
        EXECUTE format('UPDATE ONLY %s AS t SET %s = %2$s WHERE t.ctid = $1 RETURNING t.ctid', p_leaf, v_column) INTO STRICT v_ctid USING v_ctid;
        v_written := 1;
      EXCEPTION WHEN OTHERS THEN ${BLAME}
      END;
    END IF;
    IF v_ctid IS NOT NULL AND v_replica THEN
      BEGIN
        EXECUTE format('DELETE FROM ONLY %s AS t WHERE t.ctid = $1', p_leaf) USING v_ctid;
        GET DIAGNOSTICS v_rows = ROW_COUNT;
      EXCEPTION WHEN OTHERS THEN ${BLAME}
      END;
      IF v_rows = 0 THEN
        -- A role that may only insert.
        PERFORM set_config('role', v_self, true);
        EXECUTE format('DELETE FROM ONLY %s AS t WHERE t.ctid = $1', p_leaf) USING v_ctid;
        PERFORM set_config('role', v_role, true);
      END IF;
    END IF;
    IF v_ctid IS NULL OR v_replica AND v_row IS NOT NULL THEN
      BEGIN
        IF v_ctid IS NULL THEN EXECUTE format('INSERT INTO %s (%s) OVERRIDING SYSTEM VALUE SELECT %s', p_leaf, v_columns, v_samples);
        ELSE EXECUTE format('INSERT INTO %s (%s) OVERRIDING SYSTEM VALUE SELECT %s FROM (SELECT $1::%1$s AS r) AS x', p_leaf, v_columns, v_members) USING v_row;
        END IF;
        v_written := 1;
      EXCEPTION WHEN OTHERS THEN ${BLAME}
      END;
    END IF;
    PERFORM set_config('role', v_self, true);
    -- The setting is this transaction's own; the table holds what other sessions missed as well.
    IF coalesce(current_setting('portage.missed', true), '') <> v_before THEN
      SELECT coalesce(v_problem, m.reason) INTO v_problem FROM portage.missed m WHERE m.id > v_first ORDER BY m.id LIMIT 1;
    END IF;
    IF v_problem IS NULL AND v_written = 1
      AND NOT EXISTS (SELECT FROM portage.changelog c WHERE c.seq >= v_seq AND c.xid = pg_current_xact_id() AND c.row IS NOT NULL) THEN
      v_problem := 'the trigger did not see the row that was written';
    END IF;
    RAISE EXCEPTION USING ERRCODE = 'PT003', MESSAGE = coalesce(v_problem, '');
  EXCEPTION
    WHEN SQLSTATE 'PT003' THEN RETURN nullif(SQLERRM, '');
    WHEN OTHERS THEN ${BLAME}
      RETURN v_problem;
  END;
END $f$`;

/** Rehearses as ourselves and as each role that may write; raises PT004 with what is wrong. */
const REHEARSE_AS_ALL = `
CREATE OR REPLACE FUNCTION portage.rehearse_as_all(p_leaf text, p_rows text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $f$
DECLARE
  v_role text;
  v_problem text;
BEGIN
  FOR v_role IN SELECT NULL UNION ALL (SELECT r.rolname FROM pg_catalog.pg_roles r WHERE NOT r.rolsuper AND r.rolname !~ '^pg_' AND r.rolname <> current_user
    AND pg_catalog.has_table_privilege(r.oid, p_leaf, 'INSERT, UPDATE, DELETE') AND pg_catalog.pg_has_role(current_user, r.oid, 'MEMBER') ORDER BY 1 LIMIT ${REHEARSED_ROLES}) LOOP
    v_problem := portage.rehearse(p_leaf, v_role, p_rows);
    IF v_problem IS NOT NULL THEN
      RAISE EXCEPTION USING ERRCODE = '${REFUSED}', MESSAGE = format('portage: a write%s fails in the trigger: %s', ' as ' || v_role, v_problem);
    END IF;
  END LOOP;
END $f$`;

/**
 * Rehearses a trigger on one partition and takes it away again: only this partition is locked, and that of the root, which holds all their
 * locks at once, is created when it is known to work.
 */
const TRY = `
CREATE OR REPLACE FUNCTION portage.try_trigger(p_definition text, p_function text, p_trigger text, p_leaf text, p_rows text) RETURNS int
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $f$
BEGIN
  BEGIN
    EXECUTE p_definition;
    PERFORM portage.attach_leaf('', p_function, p_trigger, p_leaf, 'leaf');
    PERFORM portage.rehearse_as_all(p_leaf, p_rows);
    RAISE EXCEPTION USING ERRCODE = 'PT003';
  EXCEPTION WHEN SQLSTATE 'PT003' THEN RETURN 1;
  END;
END $f$`;

export const REHEARSAL_FUNCTIONS: readonly string[] = [READ_IMAGES, PREPARE, REHEARSE, REHEARSE_AS_ALL, TRY];
