import { createHash } from 'node:crypto';
import type { Mapping } from '../../../domain/mapping/mapping.ts';
import { dollarQuote, quoteIdentifier, quoteLiteral } from '../sql/quote.ts';
import { identityText, isPartitioned, oldKeyImage, type Relation, rowImage, sameIdentity } from '../sql/relation.ts';

/** Names of the triggers that capture puts on the application's tables; those of partitioned tables end with a hash. */
export const CAPTURE_TRIGGER = 'portage_capture';
export const TRUNCATE_TRIGGER = 'portage_truncate';
export const FENCE_TRIGGER = 'portage_fence';

/**
 * Output settings that could affect an image are pinned while the trigger runs, and so is the
 * search path (RACE-71). Where row security would hide rows from the trigger, it fails instead of
 * taking them for deleted. A session keeps the plan of the trigger's query: one that was made while
 * the table was small must not scan it when it has grown.
 */
const PINNED = `SET search_path = pg_catalog, pg_temp SET "TimeZone" = 'UTC' SET "DateStyle" = 'ISO, YMD'
  SET "IntervalStyle" = 'postgres' SET bytea_output = 'hex' SET extra_float_digits = 1 SET row_security = off SET enable_seqscan = off`;

/** A kept plan locks every partition, so a lock on one of them would block the writes to all others. */
const PLANNED_ANEW = 'SET plan_cache_mode = force_custom_plan';

/**
 * A hash of the table's name, so that another plan cannot reuse this function for another table.
 */
export function functionName({ name }: Relation): string {
  return `portage.capture_${hashOf(name)}`;
}

/**
 * The name of a table's trigger. A partitioned table has one of its own, because ATTACH PARTITION clones it to the new partition, and would
 * fail on a table that is captured by itself and has a trigger of that name.
 */
export function triggerName(relation: Relation): string {
  return isPartitioned(relation) ? `${CAPTURE_TRIGGER}_${hashOf(relation.name)}` : CAPTURE_TRIGGER;
}

function hashOf(name: string): string {
  return createHash('sha256').update(name).digest('hex').slice(0, 12);
}

/**
 * Appends one changelog row per touched key, with the row's present state: an application's trigger
 * may have changed it since (RACE-57). The image expression appears once, to stay below the Data
 * API's 65,536 characters of SQL. An error of the trigger's own does not fail the application's
 * statement: the change is recorded as missed, and the sweeper repairs the row by its key. Images
 * are computed in a block that writes nothing, because its subtransaction then needs no xid. Only a
 * transaction's first row is written in a protected block: from then on the transaction's lock
 * prevents a DROP or ALTER of the changelog. Serialization failures and deadlocks are the
 * application's own and are raised.
 *
 * Every session keeps a plan for each expression of PL/pgSQL, once for each table, as long as it lives, and searches all of them at each
 * invalidation of a table. So there are four; `RETURN NULL` would be another, a variable is not.
 */
export function triggerFunction(mapping: Mapping, relation: Relation, name: string): string {
  const column = quoteIdentifier;
  const moved = relation.identity.map((key) => `old.${column(key)} IS DISTINCT FROM new.${column(key)}`).join(' OR ');
  const keys = relation.identity.map(
    (key) => `CASE p.pass WHEN 1 THEN old.${column(key)} ELSE new.${column(key)} END AS ${column(key)}`,
  );
  // Pass 1: the key that the row had, after a DELETE or a change of key. Pass 2: the key that it has.
  const touched = `
    FROM (VALUES (1), (2)) AS p (pass), LATERAL (SELECT ${keys.join(', ')}) AS k
    WHERE CASE p.pass WHEN 1 THEN TG_OP = 'DELETE' OR TG_OP = 'UPDATE' AND (${moved}) ELSE TG_OP <> 'DELETE' END`;
  // Rows of identity and image.
  const changes = (image: string): string =>
    `ARRAY(SELECT ARRAY[${identityText(relation, 'k')}, ${image}] ${touched} ORDER BY p.pass)`;
  const old = `CASE WHEN TG_OP <> 'INSERT' THEN ${oldKeyImage(mapping, relation, 'old')} END`;
  // The identity has the columns by which a table is partitioned. PostgreSQL plans for the values of OLD and NEW, and leaves out the partitions
  // that they exclude; of `k` it would know them only when it has made a plan for all.
  const pruning = isPartitioned(relation)
    ? relation.identity.map(
        (key) => ` AND (t.${column(key)} = old.${column(key)} OR t.${column(key)} = new.${column(key)})`,
      )
    : [];
  const row = `(SELECT ${rowImage(mapping, relation, 't')} FROM ${relation.root} AS t WHERE ${sameIdentity(relation, 't', 'k')}${pruning.join('')})`;
  const relationName = quoteLiteral(relation.name);
  const record = (isFirst: boolean): string =>
    `v_count := portage.record(${relationName}, v_changes, v_old, ${String(isFirst)})`;
  const miss = (isRecording: boolean): string => `
        BEGIN
          v_count := portage.miss(TG_OP, ${relationName}, v_changes, v_old, v_error, ${String(isRecording)});
        EXCEPTION WHEN OTHERS THEN
          -- A dual write of this transaction must know that its images are not all.
          PERFORM set_config('portage.missed', '1', true);
          RAISE WARNING 'portage: capture is damaged, a change of % is recorded nowhere: %', ${relationName}, v_error;
        END;
        RETURN v_nothing;`;
  const body = `
    DECLARE
      v_changes text[];
      v_old text;
      v_error text;
      v_count int;
      v_nothing record;
    BEGIN
      BEGIN
        SELECT ${changes(row)}, ${old} INTO v_changes, v_old;
      EXCEPTION
        WHEN serialization_failure OR deadlock_detected THEN RAISE;
        WHEN OTHERS THEN
        v_error := SQLSTATE || ' ' || SQLERRM;
        ${unlessItFails(`v_changes := ${changes('NULL')}`)}
        ${unlessItFails(`v_old := ${old}`)}
        ${miss(false)}
      END;
      IF current_setting('portage.recorded', true) = pg_current_xact_id()::text THEN
        ${record(false)};
        RETURN v_nothing;
      END IF;
      BEGIN
        ${record(true)};
      EXCEPTION
        WHEN serialization_failure OR deadlock_detected THEN RAISE;
        WHEN OTHERS THEN
        v_error := SQLSTATE || ' ' || SQLERRM;
        ${miss(true)}
      END;
      RETURN v_nothing;
    END `;
  const settings = isPartitioned(relation) ? `${PINNED} ${PLANNED_ANEW}` : PINNED;
  return `CREATE OR REPLACE FUNCTION ${name}() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER ${settings} AS ${dollarQuote(body)}`;
}

/** A statement whose own error changes nothing. */
function unlessItFails(statement: string): string {
  return `
        BEGIN
          ${statement};
        EXCEPTION
          WHEN serialization_failure OR deadlock_detected THEN RAISE;
          WHEN OTHERS THEN NULL;
        END;`;
}
