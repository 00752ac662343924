import * as z from 'zod';
import { usedColumns } from '../../../domain/ddl/schema-changes.ts';
import type { Mapping } from '../../../domain/mapping/mapping.ts';
import { CAPTURE_STATES, type LeafState, type ReadSourceState } from '../../../domain/ports/source-state.ts';
import type { Sql } from '../../../domain/ports/source.ts';
import { relationsOf } from '../sql/relation.ts';
import { CAPTURE_TRIGGER, TRUNCATE_TRIGGER } from '../capture/trigger-function.ts';

const captureState = z.enum(CAPTURE_STATES);

const STATE = `
  WITH RECURSIVE tree AS (
    SELECT to_regclass(r.value ->> 0)::oid AS oid, r.value -> 1 AS used FROM json_array_elements(CAST(:roots AS json)) AS r
    UNION ALL
    SELECT i.inhrelid, t.used FROM tree t JOIN pg_catalog.pg_inherits i ON i.inhparent = t.oid
    JOIN pg_catalog.pg_class k ON k.oid = i.inhrelid AND k.relpersistence <> 't'
  )
  SELECT n.nspname || '.' || c.relname AS leaf, pg_relation_filenode(c.oid)::text AS storage,
    (SELECT md5(string_agg(concat_ws(' ', a.attname, a.atttypid, a.atttypmod, a.attnotnull), ',' ORDER BY a.attname))
      FROM pg_catalog.pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
      AND a.attname IN (SELECT u.value FROM json_array_elements_text(tree.used) AS u)) AS columns,
    (SELECT CASE WHEN bool_or(starts_with(g.tgname::text, '${CAPTURE_TRIGGER}')) THEN CASE WHEN bool_or(g.tgname = '${TRUNCATE_TRIGGER}') THEN 'all' ELSE 'rows' END
      ELSE 'none' END FROM pg_catalog.pg_trigger g WHERE g.tgrelid = c.oid AND g.tgenabled = 'A') AS capture
  FROM tree JOIN pg_catalog.pg_class c ON c.oid = tree.oid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  ORDER BY 1`;

/** The state of every table that holds mapped rows, from pg_catalog. */
export function createSourceState(sql: Sql, mapping: Mapping): ReadSourceState {
  const used = usedColumns(mapping, mapping.catalogue);
  // A run goes on while the mapping gets columns.
  for (const { table, column } of mapping.carried) used.get(table)?.delete(column);
  const roots = JSON.stringify(relationsOf(mapping).map(({ root, name }) => [root, [...(used.get(name) ?? [])]]));
  return async () => {
    const rows = await sql.query(STATE, { roots });
    return Object.fromEntries(
      rows.map(({ leaf, columns, storage, capture }): [string, LeafState] => [
        String(leaf),
        { columns: String(columns), storage: String(storage), capture: captureState.parse(capture) },
      ]),
    );
  };
}
