import * as z from 'zod';
import { canCarryAgain, type RewrittenColumn } from '../../../domain/ddl/rewrites.ts';
import { usedColumns } from '../../../domain/ddl/schema-changes.ts';
import type { Mapping } from '../../../domain/mapping/mapping.ts';
import type { Sql, SqlSource } from '../../../domain/ports/source.ts';
import { sqlstateOf } from '../connection/statement-failed.ts';
import { linksSql } from '../capture/captured-leaves.ts';
import { relationsOf } from '../sql/relation.ts';

/**
 * What tells that DDL changed values and fired no row trigger: the storage of each captured table, the catalogue row of each mapped column by
 * its xmin, and the labels of all enums.
 */
export const REWRITE_TABLES: readonly string[] = [
  'CREATE TABLE IF NOT EXISTS portage.storage (leaf oid PRIMARY KEY, relation text NOT NULL, filenode oid NOT NULL)',
  `CREATE TABLE IF NOT EXISTS portage.attribute (
     relation text, name text, number int NOT NULL, root oid NOT NULL, version text NOT NULL, PRIMARY KEY (relation, name))`,
  'CREATE TABLE IF NOT EXISTS portage.label (oid oid PRIMARY KEY, label text NOT NULL)',
];

/** The captured tables as they are now. */
const LEAVES = `
  SELECT k.oid AS leaf, c.relation, k.relfilenode AS filenode FROM portage.captured AS c
  JOIN pg_catalog.pg_trigger AS t ON t.oid = c.trigger JOIN pg_catalog.pg_class AS k ON k.oid = t.tgrelid`;

/** Tables with a part that has been written anew: by ALTER TABLE, but also by VACUUM FULL and CLUSTER, which change no value. */
const MOVED = `SELECT n.relation FROM (${LEAVES}) AS n JOIN portage.storage AS s ON s.leaf = n.leaf WHERE s.filenode <> n.filenode`;

/** Columns whose catalogue row has been written since: by a change of type, as USING makes it, but also of a default, say. */
const ALTERED = `
  SELECT b.relation, b.name, a.xmin::text AS version FROM portage.attribute AS b
  JOIN pg_catalog.pg_attribute AS a ON a.attrelid = b.root AND a.attnum = b.number WHERE a.xmin::text <> b.version`;

/** ALTER TABLE that rewrites values does both in one transaction; each statement below has one snapshot, so that it sees both or neither. */
const REWRITTEN = `SELECT w.relation AS "table", w.name AS "column" FROM (${ALTERED}) AS w WHERE w.relation IN (${MOVED}) ORDER BY 1, 2`;

const RENAMED = `
  WITH RECURSIVE renamed AS (
    SELECT e.enumtypid AS type, l.label AS former, e.enumlabel::text AS present FROM pg_catalog.pg_enum AS e JOIN portage.label AS l ON l.oid = e.oid
    WHERE l.label <> e.enumlabel),
  parts (relation, name, type) AS (
    SELECT b.relation, b.name, a.atttypid FROM portage.attribute AS b JOIN pg_catalog.pg_attribute AS a ON a.attrelid = b.root AND a.attnum = b.number
    WHERE EXISTS (SELECT FROM renamed)
    UNION SELECT p.relation, p.name, o.oid FROM parts AS p JOIN pg_catalog.pg_type AS t ON t.oid = p.type
    JOIN LATERAL (SELECT t.typbasetype AS oid UNION ALL SELECT t.typelem UNION ALL
      SELECT m.atttypid FROM pg_catalog.pg_attribute AS m WHERE m.attrelid = t.typrelid AND t.typrelid <> 0 AND m.attnum > 0 AND NOT m.attisdropped) AS o ON o.oid <> 0)
  SELECT DISTINCT p.relation AS "table", p.name AS "column", r.former, r.present FROM parts AS p JOIN renamed AS r ON r.type = p.type ORDER BY 1, 2, 3`;

const SERIALIZATION_FAILURE = '40001';

const rewrittenRow = z.object({ table: z.string(), column: z.string() });
const renamedRow = rewrittenRow.extend({ former: z.string(), present: z.string() });

/**
 * Keeps what is not known yet, and what has changed without a rewrite. To be called before the rows of the tables are read for the
 * target, so that every later rewrite is found.
 */
export async function recordStorage(sql: Sql, mapping: Mapping): Promise<void> {
  const used = usedColumns(mapping, mapping.catalogue);
  const roots = JSON.stringify(relationsOf(mapping).map(({ name, root }) => [name, root, [...(used.get(name) ?? [])]]));
  await sql.query(
    `INSERT INTO portage.attribute (relation, name, number, root, version)
     SELECT r.value ->> 0, a.attname, a.attnum, a.attrelid, a.xmin::text FROM json_array_elements(CAST(:roots AS json)) AS r
     JOIN pg_catalog.pg_attribute AS a ON a.attrelid = to_regclass(r.value ->> 1) AND a.attnum > 0 AND NOT a.attisdropped
       AND a.attname IN (SELECT u.value FROM json_array_elements_text(r.value -> 2) AS u)
     ON CONFLICT (relation, name) DO NOTHING`,
    { roots },
  );
  await sql.query(
    `INSERT INTO portage.storage (leaf, relation, filenode) SELECT n.leaf, n.relation, n.filenode FROM (${LEAVES}) AS n ON CONFLICT (leaf) DO NOTHING`,
  );
  await sql.query(
    `INSERT INTO portage.links (leaf, links) SELECT n.leaf, ${linksSql('n.leaf')} FROM (${LEAVES}) AS n ON CONFLICT (leaf) DO NOTHING`,
  );
  await sql.query(
    `INSERT INTO portage.label (oid, label) SELECT e.oid, e.enumlabel FROM pg_catalog.pg_enum AS e
     WHERE NOT EXISTS (SELECT FROM portage.label AS l WHERE l.oid = e.oid) ON CONFLICT (oid) DO NOTHING`,
  );
  await sql.query(
    `UPDATE portage.attribute AS b SET version = w.version FROM (${ALTERED}) AS w
     WHERE w.relation = b.relation AND w.name = b.name AND b.relation NOT IN (${MOVED})`,
  );
  await sql.query(
    `UPDATE portage.storage AS s SET filenode = n.filenode FROM (${LEAVES}) AS n
     WHERE n.leaf = s.leaf AND n.filenode <> s.filenode AND s.relation NOT IN (SELECT w.relation FROM (${ALTERED}) AS w)
       AND NOT EXISTS (SELECT 1 FROM portage.links AS l WHERE l.leaf = s.leaf AND l.links <> ${linksSql('l.leaf')})`,
  );
}

/** Forgets what an earlier generation has kept: the load that follows reads every row. */
export async function restartStorage(sql: Sql, mapping: Mapping): Promise<void> {
  await sql.query(
    'WITH a AS (DELETE FROM portage.attribute), s AS (DELETE FROM portage.storage), l AS (DELETE FROM portage.links) DELETE FROM portage.label',
  );
  await recordStorage(sql, mapping);
}

/** One look: `recordStorage`, then the columns that were rewritten. */
export async function readRewrites(sql: Sql, mapping: Mapping): Promise<readonly RewrittenColumn[]> {
  await recordStorage(sql, mapping);
  return rewrittenColumns(sql);
}

/** Mapped columns whose values DDL may have changed, though they have their name and type. */
async function rewrittenColumns(sql: Sql): Promise<readonly RewrittenColumn[]> {
  const rewritten = z.array(rewrittenRow).parse(await sql.query(REWRITTEN));
  const renamed = z.array(renamedRow).parse(await sql.query(RENAMED));
  return [
    ...rewritten.map(({ table, column }) => ({
      table,
      column,
      detail: `the values of column ${column} were rewritten`,
    })),
    ...renamed.map(({ table, column, former, present }) => ({
      table,
      column,
      detail: `the label ${former} of column ${column} was renamed to ${present}`,
    })),
  ];
}

/**
 * Lists the rows of those of these tables to be carried again that left their parent and came back. Away from it, their rows count as
 * deleted where they were written, and nothing tells which.
 */
export async function carryReturned(sql: Sql, leaves: readonly string[]): Promise<void> {
  await sql.query(
    `WITH n AS MATERIALIZED (SELECT p.leaf, p.registered, ${linksSql('p.leaf')} AS links
       FROM (SELECT t.tgrelid AS leaf, c.leaf AS registered FROM portage.captured AS c JOIN pg_catalog.pg_trigger AS t ON t.oid = c.trigger
         WHERE t.tgrelid IN (SELECT to_regclass(value)::oid FROM json_array_elements_text(CAST(:leaves AS json)))) AS p),
     returned AS (UPDATE portage.links AS l SET links = n.links FROM n WHERE n.leaf = l.leaf AND n.links <> l.links RETURNING n.registered)
     UPDATE portage.captured SET carried = false, carried_to = NULL WHERE leaf IN (SELECT registered FROM returned)`,
    { leaves: JSON.stringify(leaves) },
  );
}

/** Lists the rows of rewritten tables to be carried again; nothing while a column forbids that, which halts. */
export async function carryAgain(sql: SqlSource, mapping: Mapping): Promise<void> {
  const tx = await sql.begin();
  try {
    // One snapshot: what is kept is what was judged. A rewrite in between is found by the next look, and carried or halted on then.
    await tx.query('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ');
    const found = await rewrittenColumns(tx);
    const tables = JSON.stringify([...new Set(found.map(({ table }) => table))]);
    const chosen = 'IN (SELECT value FROM json_array_elements_text(CAST(:tables AS json)))';
    if (found.length > 0 && found.every((column) => canCarryAgain(mapping, column)))
      await tx.query(
        `WITH a AS (UPDATE portage.attribute AS b SET version = w.version FROM (${ALTERED}) AS w WHERE w.relation = b.relation AND w.name = b.name AND b.relation ${chosen}),
         s AS (UPDATE portage.storage AS s SET filenode = n.filenode FROM (${LEAVES}) AS n WHERE n.leaf = s.leaf AND s.relation ${chosen}),
         l AS (UPDATE portage.label AS l SET label = e.enumlabel FROM pg_catalog.pg_enum AS e WHERE e.oid = l.oid AND e.enumlabel <> l.label)
         UPDATE portage.captured SET carried = false, carried_to = NULL WHERE relation ${chosen}`,
        { tables },
      );
    await tx.commit();
  } catch (error) {
    await tx.rollback().catch(() => {});
    // Another look has just listed them.
    if (sqlstateOf(error) !== SERIALIZATION_FAILURE) throw error;
  }
}
