import type { Sql, SqlRow, SqlSource } from '../../../domain/ports/source.ts';
import { isInstalled } from '../capture/is-installed.ts';
import { restoreLogins } from '../capture/logins.ts';
import { withLocks } from '../connection/lock-retry.ts';
import { stopFollowing } from '../schema-watch/event-trigger.ts';
import { paced } from '../connection/paced.ts';
import { dollarQuote, quoteIdentifier } from '../sql/quote.ts';

/** Removes capture from the source, including the changelog and everything in it. */
export async function removeCapture(sql: SqlSource): Promise<void> {
  if (!(await isInstalled(sql))) return;
  // The schema that is about to be dropped holds the list of locked-out roles.
  await restoreLogins(sql);
  await stopFollowing(sql);
  await dropTriggers(sql, await sql.query(LEAVES_WITH_TRIGGERS));
  await dropTableFunctions(sql);
  await withLocks(sql, 'schema portage', async (tx) => {
    await tx.query('DROP SCHEMA IF EXISTS portage CASCADE');
  });
}

/** Drops these triggers, rows of `LEAVES_WITH_TRIGGERS`, table by table; of a partitioned table, which drops a clone in each partition, one at a time. */
export async function dropTriggers(sql: SqlSource, triggers: readonly SqlRow[]): Promise<void> {
  const groups = new Map<string, SqlRow[]>();
  for (const row of triggers) {
    const { leaf, trigger, partitioned } = row;
    const key = JSON.stringify(partitioned === true ? [leaf, trigger] : [leaf]);
    groups.set(key, [...(groups.get(key) ?? []), row]);
  }
  await paced([...groups.values()], async (group) => {
    const leaf = String(group[0]?.['leaf']);
    const drops = group.map(({ trigger }) => `DROP TRIGGER IF EXISTS ${quoteIdentifier(String(trigger))} ON ${leaf};`);
    // DROP TRIGGER locks partitions before their root; statements lock the root first, and would be the victims of a deadlock.
    const body = `BEGIN LOCK TABLE ONLY ${leaf} IN ACCESS EXCLUSIVE MODE; ${drops.join(' ')} END`;
    await withLocks(sql, leaf, async (tx) => {
      await tx.query(`DO ${dollarQuote(body)}`);
    });
  });
}

/** Functions that one statement drops: hundreds at once would go out as one burst of invalidation messages. */
const FUNCTIONS_AT_ONCE = 10;

/** Drops the trigger functions of the tables, whose triggers are gone. Every session searches its cached plans for each function that is dropped. */
async function dropTableFunctions(sql: Sql): Promise<void> {
  const rows = await sql.query(
    `SELECT p.oid::regprocedure::text AS name FROM pg_catalog.pg_proc p
     WHERE p.pronamespace = to_regnamespace('portage') AND p.proname ~ '^capture_' AND NOT EXISTS (SELECT FROM pg_catalog.pg_trigger t WHERE t.tgfoid = p.oid)`,
  );
  const names = rows.map((row) => String(row['name']));
  const batches = Array.from({ length: Math.ceil(names.length / FUNCTIONS_AT_ONCE) }, (_, n) =>
    names.slice(n * FUNCTIONS_AT_ONCE, (n + 1) * FUNCTIONS_AT_ONCE),
  );
  await paced(batches, async (batch) => {
    await sql.query(`DROP FUNCTION IF EXISTS ${batch.join(', ')}`);
  });
}

/** The triggers of capture that are not clones of others: table (`leaf`) and name (`trigger`). */
export const LEAVES_WITH_TRIGGERS = `
  SELECT t.oid, p.proname::text AS function, c.relkind = 'p' AS partitioned,
    '"' || replace(n.nspname, '"', '""') || '"."' || replace(c.relname, '"', '""') || '"' AS leaf, t.tgname::text AS trigger
  FROM pg_catalog.pg_trigger t JOIN pg_catalog.pg_proc p ON p.oid = t.tgfoid
  JOIN pg_catalog.pg_class c ON c.oid = t.tgrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  WHERE p.pronamespace = to_regnamespace('portage') AND t.tgparentid = 0 ORDER BY leaf`;
