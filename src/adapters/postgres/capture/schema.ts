import { INCARNATION } from './flush.ts';
import { SCHEMA_COMMENT } from './is-installed.ts';
import { PART_CHARACTERS } from '../sql/split-text.ts';

/**
 * Everything that capture creates in the source. All of it is in the schema `portage`, so that
 * dropping the schema removes it completely. The Data API accepts one statement per call, so these
 * are separate; each is idempotent.
 */
export const SCHEMA: readonly string[] = [
  // At once with its comment, which tells it from an application's own.
  `DO $$ BEGIN
     IF to_regnamespace('portage') IS NULL THEN CREATE SCHEMA portage; COMMENT ON SCHEMA portage IS '${SCHEMA_COMMENT}'; END IF;
   END $$`,
  // CACHE other than 1 would hand out numbers that do not follow the order of commits (RACE-64).
  'CREATE SEQUENCE IF NOT EXISTS portage.seq AS bigint CACHE 1 NO CYCLE',
  // Tells lastval() what the application's own sequence gave; see RECORD. It takes any number, and nobody reads it otherwise.
  'CREATE SEQUENCE IF NOT EXISTS portage.echo AS bigint MINVALUE -9223372036854775808 MAXVALUE 9223372036854775807 CYCLE',
  'GRANT SELECT ON SEQUENCE portage.echo TO PUBLIC',
  `CREATE TABLE IF NOT EXISTS portage.changelog (
     seq bigint PRIMARY KEY, txn text, xid xid8 NOT NULL,
     relation text COLLATE "C" NOT NULL, pk text COLLATE "C" NOT NULL,
     old_key text, row text, at timestamptz NOT NULL DEFAULT clock_timestamp())`,
  // A mark counts only for the change of its own transaction, so that nobody can mark the change of another.
  'CREATE TABLE IF NOT EXISTS portage.done (seq bigint, xid xid8, txn text, PRIMARY KEY (seq, xid))',
  // A row for each durable commit; `portage.flush` adds it, the sweeper deletes it.
  // It has a key, because rows of a table without one cannot be deleted where a publication covers all tables.
  `CREATE TABLE IF NOT EXISTS portage.flushed (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), at timestamptz NOT NULL)`,
  `CREATE TABLE IF NOT EXISTS portage.parked (
     seq bigint PRIMARY KEY, reason text NOT NULL, at timestamptz NOT NULL DEFAULT clock_timestamp())`,
  // Changes that the trigger could not record; their statements went on.
  `CREATE TABLE IF NOT EXISTS portage.missed (
     id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, operation text NOT NULL, relation text NOT NULL, pk text, old_key text,
     reason text NOT NULL, at timestamptz NOT NULL DEFAULT clock_timestamp())`,
  // Everything up to `seq` is discharged and no open transaction can add to it; see portage.advance().
  `CREATE TABLE IF NOT EXISTS portage.horizon (
     one boolean PRIMARY KEY DEFAULT true CHECK (one), seq bigint NOT NULL DEFAULT 0,
     candidate bigint NOT NULL DEFAULT 0, candidate_xmax xid8 NOT NULL DEFAULT '0')`,
  'INSERT INTO portage.horizon DEFAULT VALUES ON CONFLICT DO NOTHING',
  // Marks of an older generation are refused (RACE-59): the load of the newer one may have read those rows already.
  'CREATE TABLE IF NOT EXISTS portage.generation (one boolean PRIMARY KEY DEFAULT true CHECK (one), generation int NOT NULL)',
  // A partition that was detached and attached again has another trigger: PostgreSQL clones it anew.
  `CREATE TABLE IF NOT EXISTS portage.captured (
     leaf text PRIMARY KEY, relation text NOT NULL, function text NOT NULL, trigger oid,
     carried boolean NOT NULL DEFAULT true, carried_to text)`,
  // The columns of each mapped table when its capture was installed.
  `CREATE TABLE IF NOT EXISTS portage.shape (
     relation text, name text, number int NOT NULL, type text NOT NULL, type_id oid NOT NULL, type_mod int NOT NULL, PRIMARY KEY (relation, name))`,
  // Tables of which a new column is being carried: the identity that was reached, and, once all rows are in the changelog, the number up to which.
  'CREATE TABLE IF NOT EXISTS portage.carry (leaf text PRIMARY KEY, relation text NOT NULL, carried_to text, recorded_to bigint)',
  // How each captured table hung on its parents when its rows were carried last; see linksSql.
  'CREATE TABLE IF NOT EXISTS portage.links (leaf oid PRIMARY KEY, links text NOT NULL)',
  'CREATE TABLE IF NOT EXISTS portage.locked_out (role text PRIMARY KEY)',
  // Roles to which portage.admit() granted something; a grant by hand stays.
  'CREATE TABLE IF NOT EXISTS portage.admitted (role oid PRIMARY KEY)',
];

/** Not in SCHEMA: CREATE INDEX IF NOT EXISTS waits for writers of the changelog, and blocks others, even where the index exists. */
export const INDEX = 'CREATE INDEX changelog_key ON portage.changelog (relation, pk, seq)';

/**
 * Records the rows of identity and image that one change touches; the first is under the key that the row had. Transaction-local settings
 * carry the images to the writer: reading the changelog back would conflict under SERIALIZABLE (RACE-65). `portage.recorded` tells the
 * trigger that this transaction holds its lock of the changelog.
 *
 * lastval() tells what the session's last nextval gave, which here is that of `portage.seq`. So `portage.echo` is used last, and set to what
 * lastval() told before: an application that asks it gets its own number.
 */
const RECORD = `
CREATE OR REPLACE FUNCTION portage.record(p_relation text, p_changes text[], p_old text, p_first boolean) RETURNS int
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $f$
DECLARE
  v_txn text := nullif(current_setting('portage.txn', true), '');
  v_seq bigint;
  v_old text := p_old;
  v_count int;
  v_last bigint;
BEGIN
  BEGIN
    v_last := lastval();
  EXCEPTION WHEN OTHERS THEN NULL; -- the session has used no sequence yet, or one that is not ours to read
  END;
  -- Only the first row of a transaction is written in a protected block, after which MISS needs the number.
  IF p_first AND v_last IS NOT NULL THEN PERFORM setval('portage.echo', v_last); END IF;
  FOR i IN 1 .. array_length(p_changes, 1) LOOP
    v_seq := nextval('portage.seq');
    INSERT INTO portage.changelog (seq, txn, xid, relation, pk, old_key, row)
    VALUES (v_seq, v_txn, pg_current_xact_id(), p_relation, p_changes[i][1], v_old, p_changes[i][2]);
    IF v_txn IS NOT NULL THEN
      v_count := current_setting('portage.count')::int + 1;
      PERFORM set_config('portage.count', v_count::text, true);
      IF v_count <= 100 THEN
        PERFORM set_config('portage.images', current_setting('portage.images') || json_build_object('seq', v_seq, 'relation', p_relation,
          'pk', p_changes[i][1]::json, 'oldKey', v_old::json, 'row', p_changes[i][2]::json)::text || E'\\n', true);
      ELSE
        PERFORM set_config('portage.images', '', true);
      END IF;
    END IF;
    v_old := NULL;
  END LOOP;
  IF v_last IS NOT NULL THEN
    PERFORM nextval('portage.echo');
    PERFORM setval('portage.echo', v_last);
  END IF;
  IF p_first THEN PERFORM set_config('portage.recorded', pg_current_xact_id()::text, true); END IF;
  RETURN 1;
END $f$`;

/**
 * Keeps a change that the trigger could not record, for the sweeper: without its keys where those are unknown. A dual write with such a
 * change commits in PostgreSQL only. It uses a sequence as well, so lastval() is restored as in RECORD, but in protected blocks: where capture
 * is damaged, keeping the gap matters more. `p_recording`: RECORD failed before, and has left what lastval() told in `portage.echo`.
 */
const MISS = `
CREATE OR REPLACE FUNCTION portage.miss(p_operation text, p_relation text, p_changes text[], p_old text, p_reason text, p_recording boolean) RETURNS int
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $f$
DECLARE
  v_last bigint;
BEGIN
  BEGIN
    v_last := lastval();
    IF p_recording AND v_last = currval('portage.seq') THEN v_last := currval('portage.echo'); END IF;
  EXCEPTION WHEN OTHERS THEN NULL;
  END;
  INSERT INTO portage.missed (operation, relation, pk, old_key, reason)
    SELECT p_operation, p_relation, k.pk, p_old, left(p_reason, 2000) FROM unnest(coalesce(p_changes[:][1:1], ARRAY[NULL::text])) AS k (pk);
  PERFORM set_config('portage.missed', (coalesce(nullif(current_setting('portage.missed', true), ''), '0')::int + 1)::text, true);
  IF v_last IS NOT NULL THEN
    BEGIN
      PERFORM nextval('portage.echo');
      PERFORM setval('portage.echo', v_last);
    EXCEPTION WHEN OTHERS THEN NULL;
    END;
  END IF;
  RETURN 1;
END $f$`;

/** Step 1 of a dual write. Returns the write's id, so that a statement can depend on this call. */
const BEGIN = `
CREATE OR REPLACE FUNCTION portage.begin_write(p_txn text, p_lock_ms int, p_idle_ms int) RETURNS text
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $f$
BEGIN
  -- Once per transaction: a second call must not forget what has been collected.
  IF current_setting('portage.txn', true) IS DISTINCT FROM p_txn THEN
    PERFORM set_config('synchronous_commit', 'on', true),
      set_config('lock_timeout', p_lock_ms::text, true),
      set_config('idle_in_transaction_session_timeout', p_idle_ms::text, true),
      set_config('portage.txn', p_txn, true), set_config('portage.count', '0', true), set_config('portage.images', '', true),
      set_config('portage.missed', '0', true);
  END IF;
  RETURN p_txn;
END $f$`;

/**
 * End of step 1: deferred constraints now (RACE-72), then what has been collected. The application's deferred triggers run in here, with its
 * own search path and settings: so this function sets none.
 */
const COLLECT = `
CREATE OR REPLACE FUNCTION portage.collect(p_from int) RETURNS TABLE (part int, body text)
LANGUAGE plpgsql AS $f$
BEGIN
  IF p_from OPERATOR(pg_catalog.=) 0 THEN SET CONSTRAINTS ALL IMMEDIATE; END IF;
  RETURN QUERY SELECT c.part, c.body FROM portage.collected(p_from) AS c;
END $f$`;

/**
 * A head {xid, count, missed, parts} as part -1 and the images in parts of PART_CHARACTERS, at most twelve a call (docs/aws-limits.md); the
 * caller asks for further parts from where the last response ended.
 */
const COLLECTED = `
CREATE OR REPLACE FUNCTION portage.collected(p_from int) RETURNS TABLE (part int, body text)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $f$
DECLARE
  v_images text := current_setting('portage.images');
BEGIN
  IF p_from = 0 THEN
    RETURN QUERY SELECT -1, json_build_object('xid', pg_current_xact_id_if_assigned()::text,
      'count', current_setting('portage.count')::int, 'missed', current_setting('portage.missed')::int, 'parts', (length(v_images) + ${PART_CHARACTERS - 1}) / ${PART_CHARACTERS})::text;
  END IF;
  RETURN QUERY SELECT i, substr(v_images, i * ${PART_CHARACTERS} + 1, ${PART_CHARACTERS})
    FROM generate_series(p_from, least(p_from + 11, (length(v_images) + ${PART_CHARACTERS - 1}) / ${PART_CHARACTERS} - 1)) AS i;
END $f$`;

/**
 * Inserts this transaction's done marks, which commit or roll back with its rows (RACE-25), and returns the generation in which marks count.
 * They name the transaction that is open here: a mark for the change of another has no effect. Reading the changelog instead would conflict
 * under SERIALIZABLE (RACE-65).
 */
const MARK = `
CREATE OR REPLACE FUNCTION portage.mark(p_txn text, p_seqs text, p_generation int) RETURNS int
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $f$
  INSERT INTO portage.done (seq, xid, txn) SELECT value::bigint, pg_current_xact_id(), p_txn FROM json_array_elements_text(p_seqs::json)
    WHERE EXISTS (SELECT 1 FROM portage.generation AS g WHERE g.generation = p_generation);
  SELECT generation FROM portage.generation;
$f$`;

/** Writes a row and returns the server's incarnation: the commit of this call is durable, and all that was written before it. */
const FLUSH = `
CREATE OR REPLACE FUNCTION portage.flush() RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $f$
BEGIN
  PERFORM set_config('synchronous_commit', 'on', true);
  INSERT INTO portage.flushed (at) VALUES (clock_timestamp());
  RETURN ${INCARNATION};
END $f$`;

/**
 * Lets those call the SECURITY DEFINER functions of a dual write who may write to a captured table, or to a table or view of its schema, and
 * owners use the trigger functions of their tables. What it granted it takes back once the reason is gone, so that a role can be dropped.
 * Called when capture is installed, and by the sweeper for grants that came later.
 */
const ADMIT = `
CREATE OR REPLACE FUNCTION portage.admit() RETURNS int
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $f$
DECLARE
  v_function regprocedure;
  v_role record;
  v_granted int := 0;
BEGIN
  FOREACH v_function IN ARRAY ARRAY['portage.mark(text, text, int)', 'portage.flush()']::regprocedure[] LOOP
    FOR v_role IN
      -- Materialized: found once, not once for each table that it is compared with.
      WITH schemas AS MATERIALIZED (SELECT DISTINCT l.relnamespace FROM portage.captured c JOIN pg_class l ON l.oid = to_regclass(c.leaf)),
        writable AS (SELECT k.relacl, k.relowner, k.oid FROM pg_class k WHERE k.relkind IN ('r', 'p', 'v') AND k.relnamespace IN (SELECT s.relnamespace FROM schemas s)),
        grants AS (SELECT a.grantee, a.privilege_type FROM writable w, aclexplode(coalesce(w.relacl, acldefault('r', w.relowner))) AS a
          UNION ALL SELECT a.grantee, a.privilege_type FROM writable w JOIN pg_attribute t ON t.attrelid = w.oid, aclexplode(t.attacl) AS a),
        due AS (SELECT DISTINCT grantee FROM grants WHERE privilege_type IN ('INSERT', 'UPDATE', 'DELETE')
          UNION SELECT r.oid FROM pg_roles r WHERE r.rolname = 'pg_write_all_data'),
        held AS (SELECT a.grantee FROM pg_proc p, aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) AS a WHERE p.oid = v_function)
      SELECT grantee, true AS add FROM due WHERE grantee NOT IN (SELECT grantee FROM held)
      UNION ALL SELECT 0, false WHERE 0 IN (SELECT grantee FROM held) AND 0 NOT IN (SELECT grantee FROM due)
      UNION ALL SELECT h.grantee, false FROM held h JOIN portage.admitted a ON a.role = h.grantee WHERE h.grantee NOT IN (SELECT grantee FROM due)
    LOOP
      EXECUTE format(CASE WHEN v_role.add THEN 'GRANT EXECUTE ON FUNCTION %s TO %s' ELSE 'REVOKE ALL ON FUNCTION %s FROM %s' END,
        v_function, CASE WHEN v_role.grantee = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(v_role.grantee)) END);
      IF v_role.add THEN INSERT INTO portage.admitted (role) VALUES (v_role.grantee) ON CONFLICT DO NOTHING; END IF;
      v_granted := v_granted + 1;
    END LOOP;
  END LOOP;
  DELETE FROM portage.admitted WHERE role NOT IN
    (SELECT a.grantee FROM pg_proc p, aclexplode(p.proacl) AS a WHERE p.oid = 'portage.mark(text, text, int)'::regprocedure);
  FOR v_role IN
    -- Those of the levels above a partition too: each of them makes partitions.
    WITH owners AS (SELECT DISTINCT p.oid AS function, k.relowner AS owner FROM portage.captured c
        CROSS JOIN LATERAL (SELECT to_regclass(c.leaf) AS oid UNION SELECT a.relid FROM pg_partition_ancestors(to_regclass(c.leaf)) AS a (relid)) AS l
        JOIN pg_class k ON k.oid = l.oid
        JOIN pg_proc p ON p.oid = to_regprocedure(c.function || '()') WHERE p.proowner <> k.relowner),
      held AS (SELECT p.oid AS function, a.grantee AS owner FROM pg_proc p, aclexplode(p.proacl) AS a
        WHERE p.oid IN (SELECT to_regprocedure(c.function || '()') FROM portage.captured c) AND a.grantee <> p.proowner)
    SELECT o.*, true AS add FROM (SELECT * FROM owners EXCEPT SELECT * FROM held) AS o UNION ALL SELECT h.*, false FROM (SELECT * FROM held EXCEPT SELECT * FROM owners) AS h
  LOOP
    EXECUTE format(CASE WHEN v_role.add THEN 'GRANT EXECUTE ON FUNCTION %s TO %s' ELSE 'REVOKE ALL ON FUNCTION %s FROM %s' END,
      v_role.function::regprocedure, quote_ident(pg_get_userbyid(v_role.owner)));
    v_granted := v_granted + 1;
  END LOOP;
  RETURN v_granted;
END $f$`;

/** 'future' means that PostgreSQL does not know the transaction yet: it was rewound. */
const STATUS = `
CREATE OR REPLACE FUNCTION portage.status(p_xid text) RETURNS text
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $f$
BEGIN
  RETURN coalesce(pg_xact_status(p_xid::xid8), 'unknown');
EXCEPTION WHEN invalid_parameter_value THEN RETURN 'future';
END $f$`;

/**
 * Moves the horizon below which nobody has to look for unmarked rows. A number is taken after its transaction has got its xid,
 * so rows up to a sequence value seen together with a snapshot's xmax are settled once no older transaction is left. An idle
 * transaction only delays this; nothing is skipped (RACE-11, RACE-67).
 */
const ADVANCE = `
CREATE OR REPLACE FUNCTION portage.advance() RETURNS bigint
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $f$
DECLARE
  v portage.horizon;
  v_undone bigint;
  v_reached bigint;
BEGIN
  PERFORM set_config('synchronous_commit', 'on', true);
  SELECT * INTO v FROM portage.horizon FOR UPDATE SKIP LOCKED;
  IF NOT FOUND THEN RETURN NULL; END IF;
  IF v.candidate_xmax <= pg_snapshot_xmin(pg_current_snapshot()) THEN
    SELECT min(c.seq) INTO v_undone FROM portage.changelog c
      WHERE c.seq > v.seq AND c.seq <= v.candidate AND NOT EXISTS (SELECT 1 FROM portage.done d WHERE d.seq = c.seq AND d.xid = c.xid);
    -- In this order: whoever took a number up to v_reached has an xid below the xmax of a snapshot taken after it was read.
    SELECT CASE WHEN is_called THEN last_value ELSE 0 END INTO v_reached FROM portage.seq;
    UPDATE portage.horizon SET seq = greatest(v.seq, coalesce(v_undone - 1, v.candidate)), candidate = v_reached,
      candidate_xmax = pg_snapshot_xmax(pg_current_snapshot());
  END IF;
  RETURN (SELECT seq FROM portage.horizon);
END $f$`;

/** A partition or child (argument `leaf`) that has left its table may be truncated: it is no longer migrated. */
const REFUSE = `
CREATE OR REPLACE FUNCTION portage.refuse() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $f$
BEGIN
  IF TG_OP = 'TRUNCATE' THEN
    IF TG_NARGS > 0 AND TG_ARGV[0] = 'leaf' AND NOT EXISTS (SELECT FROM pg_inherits i WHERE i.inhrelid = TG_RELID) THEN RETURN NULL; END IF;
    RAISE EXCEPTION 'portage: % cannot be truncated while it is being migrated: a TRUNCATE leaves no row images', TG_TABLE_NAME
      USING ERRCODE = 'PT001', HINT = 'Use DELETE, or stop the migration first.';
  END IF;
  RAISE EXCEPTION 'portage: % takes no more writes, the migration is about to complete', TG_TABLE_NAME
    USING ERRCODE = 'PT002', HINT = 'Retry in a moment through the migrated client.';
END $f$`;

export const FUNCTIONS: readonly string[] = [
  RECORD,
  MISS,
  BEGIN,
  COLLECTED,
  COLLECT,
  MARK,
  FLUSH,
  ADMIT,
  STATUS,
  ADVANCE,
  REFUSE,
];
