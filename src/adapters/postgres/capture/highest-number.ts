import type { Sql } from '../../../domain/ports/source.ts';
import { quoteIdentifier, quoteQualified } from '../sql/quote.ts';

/** The highest number that a column holds, or that its sequence has handed out. */
export async function highestNumber(
  sql: Sql,
  { schema, table, column }: { readonly schema: string; readonly table: string; readonly column: string },
): Promise<bigint> {
  const [row = {}] = await sql.query(
    `SELECT greatest(0, (SELECT max(t.${quoteIdentifier(column)}) FROM ${quoteQualified(schema, table)} AS t), (${SEQUENCE}))::numeric(38,0)::text AS highest`,
    { schema, table, column },
  );
  return BigInt(String(row['highest'] ?? 0));
}

/** Owned by the column (serial, identity), or named in its default. */
const SEQUENCE = `
  SELECT max(s.last_value) FROM pg_catalog.pg_namespace n
  JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid
  JOIN pg_catalog.pg_class q ON q.relkind = 'S' JOIN pg_catalog.pg_namespace qn ON qn.oid = q.relnamespace
  JOIN pg_catalog.pg_sequences s ON s.schemaname = qn.nspname AND s.sequencename = q.relname
  WHERE n.nspname = :schema AND c.relname = :table AND a.attname = :column AND (
    EXISTS (SELECT 1 FROM pg_catalog.pg_depend d WHERE d.objid = q.oid AND d.refobjid = c.oid AND d.refobjsubid = a.attnum AND d.deptype IN ('a', 'i'))
    OR EXISTS (SELECT 1 FROM pg_catalog.pg_attrdef e JOIN pg_catalog.pg_depend d ON d.objid = e.oid AND d.refobjid = q.oid
      WHERE e.adrelid = c.oid AND e.adnum = a.attnum))`;
