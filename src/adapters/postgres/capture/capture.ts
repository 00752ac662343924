import type { Catalogue } from '../../../domain/catalogue/catalogue.ts';
import { CaptureRefused } from '../../../domain/errors.ts';
import type { Mapping } from '../../../domain/mapping/mapping.ts';
import type { Sql, SqlSource } from '../../../domain/ports/source.ts';
import { readCatalogue } from '../catalogue/read-catalogue.ts';
import { capturedLeaves } from './captured-leaves.ts';
import { capturedPlan, isInstalled, SCHEMA_COMMENT, schemaPortage } from './is-installed.ts';
import { INSTALL_FUNCTIONS, installTable } from '../installation/install-table.ts';
import { withLocks } from '../connection/lock-retry.ts';
import { paced } from '../connection/paced.ts';
import { repeated } from '../connection/repeated.ts';
import { dropTriggers, LEAVES_WITH_TRIGGERS, removeCapture } from '../removal/remove-capture.ts';
import { restartStorage, REWRITE_TABLES } from '../schema-watch/rewritten-columns.ts';
import { followDdl, stopFollowing } from '../schema-watch/event-trigger.ts';
import { quoteLiteral } from '../sql/quote.ts';
import { type Relation, relationsOf } from '../sql/relation.ts';
import { FUNCTIONS, INDEX, SCHEMA } from './schema.ts';
import { functionName, triggerFunction, triggerName, TRUNCATE_TRIGGER } from './trigger-function.ts';

export interface InstallOptions {
  /** The plan's name: capture of another plan is then refused, because it would be taken off. */
  readonly plan?: string;
  /** Capture new partitions and children at once where the role may make event triggers; else the watch does. True unless given. */
  readonly follow?: boolean;
}

/**
 * Installs or updates capture on every mapped table. Idempotent, and never holds a lock for long.
 * Once it returns, every committed change is in the changelog, except those of transactions that
 * began earlier (`openWriters`).
 *
 * @throws CaptureRefused where a table's rehearsal fails, or another plan's tables are captured; a first installation that fails leaves nothing behind
 * @throws LockTimeout where a table is locked by others all the time
 */
export async function installCapture(
  sql: SqlSource,
  mapping: Mapping,
  generation: number,
  { plan, follow = true }: InstallOptions = {},
): Promise<void> {
  const before = await schemaPortage(sql);
  if (before === 'foreign')
    throw new CaptureRefused({
      relation: 'this database',
      reason: 'it has a schema portage of its own, which the removal of capture would drop; rename that schema',
    });
  const other = await capturedPlan(sql);
  if (plan !== undefined && other !== null && other !== plan)
    throw new CaptureRefused({
      relation: 'this database',
      reason: `the plan ${other} is being migrated, and one database holds the capture of one plan. Finish that migration first, or end it with \`portage capture remove\``,
    });
  try {
    await install(sql, mapping, generation, { plan, follow });
  } catch (error) {
    // The first error is the one to report; what is left is taken away by the next call.
    if (before === 'absent') await removeCapture(sql).catch(() => {});
    throw error;
  }
}

async function install(
  sql: SqlSource,
  mapping: Mapping,
  generation: number,
  { plan, follow }: { readonly plan: string | undefined; readonly follow: boolean },
): Promise<void> {
  // Or it would adopt what is about to be installed.
  await repeated(() => stopFollowing(sql));
  for (const statement of [...SCHEMA, ...REWRITE_TABLES, ...FUNCTIONS, ...INSTALL_FUNCTIONS])
    await repeated(() => sql.query(statement));
  await repeated(() => createIndex(sql));
  for (const statement of GRANTS) await repeated(() => sql.query(statement));
  const comment = `${SCHEMA_COMMENT} in progress, generation ${Math.trunc(generation)}${plan === undefined ? '' : `, plan ${plan}`}`;
  await repeated(() => sql.query(`COMMENT ON SCHEMA portage IS ${quoteLiteral(comment)}`));
  await paced(relationsOf(mapping), async (relation) => {
    const name = functionName(relation);
    const trigger = { name, definition: triggerFunction(mapping, relation, name) };
    await repeated(() => installTable(sql, mapping, relation, trigger));
  });
  await repeated(() => removeStrayTriggers(sql, relationsOf(mapping)));
  // The load that follows reads every column.
  await repeated(() => sql.query('DELETE FROM portage.carry'));
  await repeated(() => restartStorage(sql, mapping));
  if (follow)
    await repeated(async () => {
      // Of an attempt whose answer was lost.
      await stopFollowing(sql);
      await followDdl(sql);
    });
  await repeated(() => sql.query('SELECT portage.admit() AS admitted'));
  // Written last and durably: transactions that are open now count as older writers, and
  // `portage.mark` accepts only this generation from here on.
  await repeated(() =>
    sql.query(
      `WITH s AS MATERIALIZED (SELECT set_config('synchronous_commit', 'on', true) AS ok)
     INSERT INTO portage.generation (generation) SELECT CAST(:generation AS int) FROM s WHERE s.ok IS NOT NULL
     ON CONFLICT (one) DO UPDATE SET generation = excluded.generation`,
      { generation: Math.trunc(generation) },
    ),
  );
}

async function createIndex(sql: SqlSource): Promise<void> {
  const [index] = await sql.query(`SELECT to_regclass('portage.changelog_key') IS NOT NULL AS there`);
  if (index?.['there'] === true) return;
  await withLocks(sql, 'portage.changelog', async (tx) => {
    await tx.query(INDEX);
  });
}

const GRANTS: readonly string[] = [
  'REVOKE ALL ON FUNCTION portage.record(text, text[], text, boolean), portage.miss(text, text, text[], text, text, boolean) FROM PUBLIC',
  'GRANT USAGE ON SCHEMA portage TO PUBLIC',
  // As by default, which a database may have changed.
  'GRANT EXECUTE ON FUNCTION portage.begin_write(text, int, int), portage.collect(int), portage.collected(int), portage.status(text) TO PUBLIC',
];

/** Marks every change so far as done, durably, and forgets those that capture missed: the load that follows covers them. */
export async function dischargeChanges(sql: Sql): Promise<void> {
  await sql.query(
    `WITH s AS MATERIALIZED (SELECT set_config('synchronous_commit', 'on', true) AS ok)
     , missed AS (DELETE FROM portage.missed AS m USING s WHERE s.ok IS NOT NULL)
     INSERT INTO portage.done (seq, xid) SELECT c.seq, c.xid FROM portage.changelog AS c, s WHERE s.ok IS NOT NULL ON CONFLICT DO NOTHING`,
  );
}

/** Takes capture off tables that an earlier generation captured and this one does not: left out of the plan, renamed, detached. */
async function removeStrayTriggers(sql: SqlSource, relations: readonly Relation[]): Promise<void> {
  await sql.query(
    `DELETE FROM portage.captured WHERE relation NOT IN (SELECT value FROM json_array_elements_text(CAST(:names AS json)))`,
    { names: JSON.stringify(relations.map(({ name }) => name)) },
  );
  const captured = new Set((await capturedLeaves(sql)).map(({ leaf }) => leaf));
  const leaves = await sql.query(STRAY_TRIGGERS);
  await dropTriggers(
    sql,
    leaves.filter((row) => !captured.has(String(row['leaf'])) || row['replaced'] === true),
  );
}

/** The triggers of capture, and whether the table is captured by another: it was captured by itself before it became a partition. */
const STRAY_TRIGGERS = `
  SELECT s.*, s.function ~ '^capture_' AND s.oid NOT IN (SELECT c.trigger FROM portage.captured c WHERE c.trigger IS NOT NULL) AS replaced
  FROM (${LEAVES_WITH_TRIGGERS}) AS s`;

/**
 * What makes capture incomplete: tables without an enabled trigger, a sequence with a cache. Empty when capture is complete. Only tables that
 * `known` has already count, since one that has joined later may not have been adopted yet; all of them if it is not given.
 */
export async function captureGaps(sql: Sql, mapping: Mapping, known?: Catalogue): Promise<readonly string[]> {
  if (!(await isInstalled(sql))) return ['capture is not installed'];
  const enabled = await sql.query(
    `SELECT n.nspname || '.' || c.relname AS leaf, t.tgname::text AS trigger FROM pg_catalog.pg_trigger t
     JOIN pg_catalog.pg_class c ON c.oid = t.tgrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
     WHERE t.tgfoid IN (SELECT p.oid FROM pg_catalog.pg_proc p WHERE p.pronamespace = to_regnamespace('portage')) AND t.tgenabled = 'A'`,
  );
  const enabledTriggers = new Set(enabled.map((row) => `${String(row['leaf'])} ${String(row['trigger'])}`));
  const relations = relationsOf(mapping);
  const { tables } = await readCatalogue(sql, relations[0]?.table.schema ?? 'public');
  const gaps = relations.flatMap((relation) =>
    (tables[relation.name]?.leaves ?? [])
      .filter((leaf) => known?.tables[relation.name]?.leaves.includes(leaf) ?? known === undefined)
      .flatMap((leaf) =>
        [triggerName(relation), TRUNCATE_TRIGGER]
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
    AND l.relation IN (SELECT to_regclass(leaf)::oid FROM portage.captured UNION SELECT t.tgrelid FROM portage.captured JOIN pg_catalog.pg_trigger t ON t.oid = trigger)
    AND l.pid IS DISTINCT FROM pg_backend_pid()`;
