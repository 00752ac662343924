import * as z from 'zod';
import type { Mapping } from '../../../domain/mapping/mapping.ts';
import type { Sql } from '../../../domain/ports/source.ts';
import { relationsOf } from '../sql/relation.ts';

const identity = z.array(z.string());
/** Identity up to which the rows of a table are in the changelog. */
export const reachedIdentity = z
  .string()
  .transform((text) => identity.parse(JSON.parse(text)))
  .nullable();

const capturedLeaf = z.object({
  /** Its present name; the one that it had where it is gone. */
  leaf: z.string(),
  /** The name that it was registered with. */
  registered: z.string(),
  relation: z.string(),
  carried: z.boolean(),
  carriedTo: reachedIdentity,
  /** The table still has the trigger that it was registered with: it has not left the mapped table in between. */
  intact: z.boolean(),
});

export type CapturedLeaf = z.infer<typeof capturedLeaf>;

/** The tables on which capture was installed, each by its trigger, so that a renamed one is found. */
export async function capturedLeaves(sql: Sql): Promise<readonly CapturedLeaf[]> {
  return z.array(capturedLeaf).parse(
    await sql.query(
      `SELECT coalesce(k.leaf, c.leaf) AS leaf, c.leaf AS registered, c.relation, c.carried, c.carried_to AS "carriedTo", k.leaf IS NOT NULL AS intact
       FROM portage.captured AS c LEFT JOIN (
         SELECT t.oid, '"' || replace(n.nspname, '"', '""') || '"."' || replace(r.relname, '"', '""') || '"' AS leaf
         FROM pg_catalog.pg_trigger AS t JOIN pg_catalog.pg_class AS r ON r.oid = t.tgrelid JOIN pg_catalog.pg_namespace AS n ON n.oid = r.relnamespace
       ) AS k ON k.oid = c.trigger ORDER BY c.leaf`,
    ),
  );
}

/**
 * The entries of pg_inherits that lead up from the table `oid`, each with its xmin: an entry that was removed and made again has another.
 * So a child that left with NO INHERIT, kept its trigger, and came back is found.
 */
export function linksSql(oid: string): string {
  return (
    `(WITH RECURSIVE up (oid) AS (SELECT ${oid} UNION SELECT i.inhparent FROM up JOIN pg_catalog.pg_inherits AS i ON i.inhrelid = up.oid)` +
    ` SELECT coalesce(string_agg(i.inhrelid || '>' || i.inhparent || '@' || i.xmin::text, ' ' ORDER BY i.inhrelid, i.inhparent), '')` +
    ` FROM up JOIN pg_catalog.pg_inherits AS i ON i.inhrelid = up.oid)`
  );
}

/** The mapped tables as JSON, for statements: name to quoted name. */
function rootsOf(mapping: Mapping): string {
  return JSON.stringify(Object.fromEntries(relationsOf(mapping).map(({ name, root }) => [name, root])));
}

const lostLeaf = z.object({ table: z.string(), leaf: z.string() });

/**
 * Partitions and children that were captured and have left their table since, also those that are back where what was deleted meanwhile is
 * unknown: partitions, which lost their trigger, and children that were written anew, as TRUNCATE does.
 * One statement, so that a table that is adopted or renamed at this moment is not taken for lost.
 */
export async function lostLeaves(sql: Sql, mapping: Mapping): Promise<readonly z.infer<typeof lostLeaf>[]> {
  const lost = await sql.query(
    `SELECT c.relation AS "table", c.leaf FROM json_each_text(CAST(:roots AS json)) AS r (relation, root)
     JOIN portage.captured AS c ON c.relation = r.relation AND c.leaf <> r.root
     LEFT JOIN pg_catalog.pg_trigger AS t ON t.oid = c.trigger
     WHERE NOT EXISTS (
       WITH RECURSIVE up (oid) AS (
         SELECT t.tgrelid UNION SELECT i.inhparent FROM up JOIN pg_catalog.pg_inherits AS i ON i.inhrelid = up.oid)
       SELECT 1 FROM up WHERE up.oid = to_regclass(r.root))
     OR EXISTS (
       SELECT 1 FROM portage.links AS l JOIN portage.storage AS s ON s.leaf = l.leaf JOIN pg_catalog.pg_class AS k ON k.oid = l.leaf
       WHERE l.leaf = t.tgrelid AND k.relfilenode <> s.filenode AND l.links <> ${linksSql('l.leaf')})
     ORDER BY c.leaf`,
    { roots: rootsOf(mapping) },
  );
  return z
    .array(lostLeaf)
    .parse(lost)
    .map(({ table, leaf }) => ({ table, leaf: readableLeaf(leaf) }));
}

/** `schema.table` for people. */
export function readableLeaf(leaf: string): string {
  return leaf.slice(1, -1).replace('"."', '.').replaceAll('""', '"');
}

const replacedColumn = z.object({
  table: z.string(),
  column: z.string(),
  type: z.string(),
  presentType: z.string(),
  sameColumn: z.boolean(),
});

/** A column that has the name of a captured one, and is another or of another type. */
export interface ReplacedColumn {
  readonly table: string;
  readonly column: string;
  readonly detail: string;
}

/** Columns that were dropped and added again, or whose precision was changed, since capture was installed. Types by id: their text depends on the search path. */
export async function replacedColumns(sql: Sql, mapping: Mapping): Promise<readonly ReplacedColumn[]> {
  const found = await sql.query(
    `SELECT s.relation AS "table", s.name AS "column", s.type, format_type(a.atttypid, a.atttypmod) AS "presentType", a.attnum = s.number AS "sameColumn"
     FROM json_each_text(CAST(:roots AS json)) AS r (relation, root) JOIN portage.shape AS s ON s.relation = r.relation
     JOIN pg_catalog.pg_attribute AS a ON a.attrelid = to_regclass(r.root) AND a.attname = s.name AND NOT a.attisdropped
     WHERE (a.attnum, a.atttypid, a.atttypmod) <> (s.number, s.type_id, s.type_mod) ORDER BY s.relation, s.number`,
    { roots: rootsOf(mapping) },
  );
  return z
    .array(replacedColumn)
    .parse(found)
    .map(({ table, column, type, presentType, sameColumn }) => ({
      table,
      column,
      detail: sameColumn
        ? `column ${column} was ${type}, is ${presentType}`
        : `column ${column} was dropped and added again`,
    }));
}
