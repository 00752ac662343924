import type { Mapping } from '../../../domain/mapping/mapping.ts';
import type { LeafState, ReadSourceState } from '../../../domain/ports/source-state.ts';
import type { Sql } from '../../../domain/ports/source.ts';
import { relationsOf } from '../sql/relation.ts';

const STATE = `
  WITH RECURSIVE tree AS (
    SELECT to_regclass(r.value)::oid AS oid FROM json_array_elements_text(CAST(:roots AS json)) AS r
    UNION
    SELECT i.inhrelid FROM tree t JOIN pg_catalog.pg_inherits i ON i.inhparent = t.oid
  )
  SELECT n.nspname || '.' || c.relname AS leaf, pg_relation_filenode(c.oid)::text AS storage,
    (SELECT md5(string_agg(concat_ws(' ', a.attnum, a.attname, a.atttypid, a.atttypmod, a.attnotnull), ',' ORDER BY a.attnum))
      FROM pg_catalog.pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped) AS columns,
    (SELECT string_agg(g.tgname::text || ' ' || g.tgenabled::text, ', ' ORDER BY g.tgname) FROM pg_catalog.pg_trigger g
      WHERE g.tgrelid = c.oid AND g.tgname IN ('portage_capture', 'portage_truncate')) AS capture
  FROM tree JOIN pg_catalog.pg_class c ON c.oid = tree.oid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  ORDER BY 1`;

/** The state of every table that holds mapped rows, from pg_catalog. */
export function createSourceState(sql: Sql, mapping: Mapping): ReadSourceState {
  const roots = JSON.stringify(relationsOf(mapping).map(({ root }) => root));
  return async () => {
    const rows = await sql.query(STATE, { roots });
    return Object.fromEntries(
      rows.map(({ leaf, columns, storage, capture }): [string, LeafState] => [
        String(leaf),
        { columns: String(columns), storage: String(storage), capture: String(capture) },
      ]),
    );
  };
}
