-- Removes Portage's capture from a database without Portage: psql --file=remove-capture.sql "$DATABASE_URL"
-- Run it as the role that installed capture. Allowed in every mode before complete; see remove-capture.md for what it costs. Waits at most 300 ms for each lock, so that the
-- application does not queue behind it for longer, and tries again. Do not run it inside a transaction (psql -1).

\set ON_ERROR_STOP on

SET lock_timeout = '300ms';

-- An application may have a schema of that name too: capture's has this comment.
DO $$
BEGIN
  IF to_regnamespace('portage') IS NULL THEN RETURN; END IF;
  IF coalesce(obj_description(to_regnamespace('portage'), 'pg_namespace'), '') NOT LIKE 'capture of a migration%' THEN
    RAISE EXCEPTION 'the schema portage is not capture''s: nothing was removed';
  END IF;
END $$;

-- Roles that the grace period before the deletion locked out.
DO $$
DECLARE v_role text;
BEGIN
  IF to_regclass('portage.locked_out') IS NULL THEN RETURN; END IF;
  FOR v_role IN SELECT role FROM portage.locked_out LOOP EXECUTE format('ALTER ROLE %I LOGIN', v_role); END LOOP;
END $$;

-- The event trigger by which capture follows DDL. Its function goes with the schema, and takes it along where this role may not drop it.
DO $$
BEGIN
  DROP EVENT TRIGGER IF EXISTS portage_follow;
EXCEPTION WHEN insufficient_privilege THEN NULL;
END $$;

-- Triggers, one table at a time, each in a transaction of its own. All sessions handle what the DDL invalidates: pauses keep them from doing
-- so all at once.
DO $$
DECLARE v_table regclass; v_only name; v_trigger name; v_begun timestamptz;
BEGIN
  -- Of a partitioned table one at a time: a trigger goes from all partitions at once.
  FOR v_table, v_only IN SELECT DISTINCT t.tgrelid::regclass, CASE WHEN c.relkind = 'p' THEN t.tgname END
    FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid JOIN pg_class c ON c.oid = t.tgrelid
    WHERE p.pronamespace = to_regnamespace('portage') AND t.tgparentid = 0 LOOP
    FOR v_try IN 1..200 LOOP
      BEGIN
        -- DROP TRIGGER locks partitions before their root; statements lock the root first, and would be the victims of a deadlock.
        EXECUTE format('LOCK TABLE ONLY %s IN ACCESS EXCLUSIVE MODE', v_table);
        v_begun := clock_timestamp();
        FOR v_trigger IN SELECT t.tgname FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid
          WHERE p.pronamespace = to_regnamespace('portage') AND t.tgparentid = 0 AND t.tgrelid = v_table
          AND (v_only IS NULL OR t.tgname = v_only) LOOP
          EXECUTE format('DROP TRIGGER IF EXISTS %I ON %s', v_trigger, v_table);
        END LOOP;
        EXIT;
      EXCEPTION WHEN lock_not_available OR deadlock_detected THEN PERFORM pg_sleep(0.05 + random() * 0.1);
      END;
    END LOOP;
    COMMIT;
    PERFORM pg_sleep(2 * extract(epoch FROM clock_timestamp() - v_begun));
  END LOOP;
END $$;

-- The trigger functions of the tables, ten at a time: every session searches its cached plans for each function that is dropped.
DO $$
DECLARE v_function regprocedure; v_count int := 0;
BEGIN
  IF to_regnamespace('portage') IS NULL THEN RETURN; END IF;
  FOR v_function IN SELECT p.oid::regprocedure FROM pg_proc p WHERE p.pronamespace = to_regnamespace('portage') AND p.proname ~ '^capture_'
    AND NOT EXISTS (SELECT FROM pg_trigger t WHERE t.tgfoid = p.oid) LOOP
    EXECUTE format('DROP FUNCTION IF EXISTS %s', v_function);
    v_count := v_count + 1;
    CONTINUE WHEN v_count % 10 <> 0;
    COMMIT;
    PERFORM pg_sleep(0.03);
  END LOOP;
END $$;

-- The changelog and everything else: all of it is in this schema.
DO $$
BEGIN
  FOR v_try IN 1..200 LOOP
    BEGIN
      DROP SCHEMA IF EXISTS portage CASCADE;
      RETURN;
    EXCEPTION WHEN lock_not_available OR deadlock_detected THEN PERFORM pg_sleep(0.05 + random() * 0.1);
    END;
  END LOOP;
  RAISE EXCEPTION 'capture is still installed: its tables were locked by others all the time; run this file again';
END $$;

RESET lock_timeout;
