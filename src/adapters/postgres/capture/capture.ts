import { createHash } from 'node:crypto';
import type { Mapping } from '../../../domain/mapping/mapping.ts';
import type { Sql, SqlSource } from '../../../domain/ports/source.ts';
import { isInstalled } from './is-installed.ts';
import { withLocks } from '../connection/lock-retry.ts';
import { restoreLogins } from './logins.ts';
import { quoteIdentifier, quoteLiteral } from '../sql/quote.ts';
import { identityText, oldKeyImage, type Relation, relationsOf, rowImage, sameIdentity } from '../sql/relation.ts';
import { FUNCTIONS, INDEX, SCHEMA } from './schema.ts';

const TRIGGER = 'portage_capture';
const TRUNCATE = 'portage_truncate';

/**
 * Output settings that could affect an image are pinned while the trigger runs, and so is the
 * search path (RACE-71).
 */
const PINNED = `SET search_path = pg_catalog, pg_temp SET "TimeZone" = 'UTC' SET "DateStyle" = 'ISO, YMD'
  SET "IntervalStyle" = 'postgres' SET bytea_output = 'hex' SET extra_float_digits = 1`;

/**
 * Installs or updates capture on every mapped table. Idempotent, and never holds a lock for long.
 * Once it returns, every committed change is in the changelog, except those of transactions that
 * began earlier (`olderWriters`).
 */
export async function installCapture(sql: SqlSource, mapping: Mapping, generation: number): Promise<void> {
  for (const statement of [...SCHEMA, ...FUNCTIONS]) await sql.query(statement);
  const [index] = await sql.query(`SELECT to_regclass('portage.changelog_key') IS NOT NULL AS there`);
  if (index?.['there'] !== true) {
    await withLocks(sql, 'portage.changelog', async (tx) => {
      await tx.query(INDEX);
    });
  }
  await sql.query('REVOKE ALL ON FUNCTION portage.record(text, text, text, text) FROM PUBLIC');
  await sql.query('GRANT USAGE ON SCHEMA portage TO PUBLIC');
  await sql.query(
    `COMMENT ON SCHEMA portage IS 'capture of a migration in progress, generation ${Math.trunc(generation)}'`,
  );
  for (const relation of relationsOf(mapping)) {
    const name = functionName(relation);
    await sql.query(triggerFunction(mapping, relation, name));
    await sql.query(`REVOKE ALL ON FUNCTION ${name}() FROM PUBLIC`);
    for (const leaf of relation.table.leaves) {
      await withLocks(sql, leaf, async (tx) => {
        const on = quotedLeaf(leaf);
        // CREATE OR REPLACE, because a DROP would also block readers.
        await tx.query(
          `CREATE OR REPLACE TRIGGER ${TRIGGER} AFTER INSERT OR UPDATE OR DELETE ON ${on} FOR EACH ROW EXECUTE FUNCTION ${name}()`,
        );
        await tx.query(
          `CREATE OR REPLACE TRIGGER ${TRUNCATE} BEFORE TRUNCATE ON ${on} FOR EACH STATEMENT EXECUTE FUNCTION portage.refuse()`,
        );
        // ALWAYS: sessions in the replica role write rows too.
        await tx.query(`ALTER TABLE ${on} ENABLE ALWAYS TRIGGER ${TRIGGER}, ENABLE ALWAYS TRIGGER ${TRUNCATE}`);
        await tx.query(
          `INSERT INTO portage.captured (leaf, relation, function) VALUES (:leaf, :relation, :name)
           ON CONFLICT (leaf) DO UPDATE SET relation = excluded.relation, function = excluded.function`,
          { leaf: on, relation: relation.name, name },
        );
      });
    }
  }
  // Last, and durable with all that came before: whoever is open now is an older writer, whoever marks from now on needs this generation.
  await sql.query(
    `WITH s AS MATERIALIZED (SELECT set_config('synchronous_commit', 'on', true) AS ok)
     INSERT INTO portage.generation (generation) SELECT CAST(:generation AS int) FROM s WHERE s.ok IS NOT NULL
     ON CONFLICT (one) DO UPDATE SET generation = excluded.generation`,
    { generation: Math.trunc(generation) },
  );
}

/** Marks every change there is as discharged, durably. */
export async function dischargeChanges(sql: Sql): Promise<void> {
  await sql.query(
    `WITH s AS MATERIALIZED (SELECT set_config('synchronous_commit', 'on', true) AS ok)
     INSERT INTO portage.done (seq) SELECT c.seq FROM portage.changelog AS c, s WHERE s.ok IS NOT NULL ON CONFLICT DO NOTHING`,
  );
}

/** Removes capture from the source, including the changelog and everything in it. */
export async function removeCapture(sql: SqlSource): Promise<void> {
  if (!(await isInstalled(sql))) return;
  // The schema that is about to be dropped holds the list of locked-out roles.
  await restoreLogins(sql);
  const leaves = await sql.query(LEAVES_WITH_TRIGGERS);
  for (const leaf of new Set(leaves.map((row) => String(row['leaf'])))) {
    await withLocks(sql, leaf, async (tx) => {
      for (const row of leaves.filter((candidate) => candidate['leaf'] === leaf)) {
        await tx.query(`DROP TRIGGER IF EXISTS ${quoteIdentifier(String(row['trigger']))} ON ${leaf}`);
      }
    });
  }
  await withLocks(sql, 'schema portage', async (tx) => {
    await tx.query('DROP SCHEMA IF EXISTS portage CASCADE');
  });
}

/** What makes capture incomplete: tables without an enabled trigger, a sequence with a cache. Empty when capture is complete. */
export async function captureGaps(sql: Sql, mapping: Mapping): Promise<readonly string[]> {
  if (!(await isInstalled(sql))) return ['capture is not installed'];
  const enabled = await sql.query(
    `SELECT n.nspname || '.' || c.relname AS leaf, t.tgname::text AS trigger FROM pg_catalog.pg_trigger t
     JOIN pg_catalog.pg_class c ON c.oid = t.tgrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
     WHERE t.tgname IN ('${TRIGGER}', '${TRUNCATE}') AND t.tgenabled = 'A'`,
  );
  const enabledTriggers = new Set(enabled.map((row) => `${String(row['leaf'])} ${String(row['trigger'])}`));
  const gaps = relationsOf(mapping).flatMap(({ table }) =>
    table.leaves.flatMap((leaf) =>
      [TRIGGER, TRUNCATE]
        .filter((name) => !enabledTriggers.has(`${leaf} ${name}`))
        .map((name) => `${leaf} has no enabled trigger ${name}`),
    ),
  );
  const cache = await sql.query(
    `SELECT cache_size::int AS size FROM pg_catalog.pg_sequences WHERE schemaname = 'portage' AND sequencename = 'seq'`,
  );
  return cache[0]?.['size'] === 1
    ? gaps
    : [...gaps, 'portage.seq has a cache, its numbers do not follow the order of commits'];
}

/**
 * Writers of mapped tables that are open now, as tokens; ask `stillOpen` until none is left before reading with a new
 * generation. By their locks, so that an idle transaction elsewhere delays nothing.
 */
export async function openWriters(sql: Sql): Promise<readonly string[]> {
  const rows = await sql.query(OPEN_WRITERS);
  return rows.map((row) => String(row['writer']));
}

export async function stillOpen(sql: Sql, writers: readonly string[]): Promise<readonly string[]> {
  const open = new Set(await openWriters(sql));
  return writers.filter((writer) => open.has(writer));
}

/** Virtual transaction ids are never used twice in a server's incarnation; prepared transactions keep their locks and are seen as well. */
export const OPEN_WRITERS = `
  SELECT DISTINCT l.virtualtransaction AS writer FROM pg_catalog.pg_locks l
  WHERE l.locktype = 'relation' AND l.granted AND l.mode IN ('RowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock')
    AND l.database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database())
    AND l.relation IN (SELECT to_regclass(leaf)::oid FROM portage.captured)
    AND l.pid IS DISTINCT FROM pg_backend_pid()`;

const LEAVES_WITH_TRIGGERS = `
  SELECT quote_ident(n.nspname) || '.' || quote_ident(c.relname) AS leaf, t.tgname::text AS trigger
  FROM pg_catalog.pg_trigger t JOIN pg_catalog.pg_proc p ON p.oid = t.tgfoid
  JOIN pg_catalog.pg_class c ON c.oid = t.tgrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  WHERE p.pronamespace = to_regnamespace('portage') ORDER BY 1`;

/** `schema.table` of the catalogue, quoted. */
export function quotedLeaf(leaf: string): string {
  const dot = leaf.indexOf('.');
  return `${quoteIdentifier(leaf.slice(0, dot))}.${quoteIdentifier(leaf.slice(dot + 1))}`;
}

/** Of the table's own name, so that another plan never turns one table's function into another's under its writers. */
export function functionName({ name }: Relation): string {
  return `portage.capture_${createHash('sha256').update(name).digest('hex').slice(0, 12)}`;
}

/**
 * One changelog row per touched key, with what stands under it now: an application's trigger may have changed it since (RACE-57).
 * The image stands in the text once, for all cases: the Data API takes 65,536 characters of SQL.
 */
export function triggerFunction(mapping: Mapping, relation: Relation, name: string): string {
  const moved = relation.identity.map(
    (column) => `old.${quoteIdentifier(column)} IS DISTINCT FROM new.${quoteIdentifier(column)}`,
  );
  return `CREATE OR REPLACE FUNCTION ${name}() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER ${PINNED} AS $capture$
    DECLARE
      v_moved boolean := false;
      v_old text;
      v_key record;
    BEGIN
      IF TG_OP = 'UPDATE' THEN v_moved := ${moved.join(' OR ')}; END IF;
      IF TG_OP <> 'INSERT' THEN v_old := ${oldKeyImage(mapping, relation, 'old')}; END IF;
      -- Turn 1 is the key that a row left, turn 2 the one under which it stands.
      FOR v_turn IN (CASE WHEN TG_OP = 'DELETE' OR v_moved THEN 1 ELSE 2 END) .. (CASE WHEN TG_OP = 'DELETE' THEN 1 ELSE 2 END) LOOP
        IF v_turn = 1 THEN v_key := old; ELSE v_key := new; END IF;
        PERFORM portage.record(${quoteLiteral(relation.name)}, ${identityText(relation, 'v_key')},
          CASE WHEN v_turn = 1 OR NOT v_moved THEN v_old END,
          (SELECT ${rowImage(mapping, relation, 't')} FROM ${relation.root} AS t WHERE ${sameIdentity(relation, 't', 'v_key')}));
      END LOOP;
      RETURN NULL;
    END $capture$`;
}
