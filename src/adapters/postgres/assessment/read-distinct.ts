import type { DistinctCounts } from '../../../domain/statements/served/sizes.ts';
import type { Sql } from '../../../domain/ports/source.ts';

/** PostgreSQL's own estimates of distinct values per column (`pg_stats`), for the tables of a schema that were analysed. */
export async function readDistinct(sql: Sql, schema: string): Promise<DistinctCounts> {
  const rows = await sql.query(
    `SELECT tablename::text AS table, attname::text AS column, n_distinct::float8 AS n FROM pg_stats
     WHERE schemaname = :schema ORDER BY tablename, attname, inherited`,
    { schema },
  );
  const counts: Record<string, Record<string, number>> = {};
  for (const row of rows) {
    const table = (counts[String(row['table'])] ??= {});
    table[String(row['column'])] = Number(row['n']);
  }
  return counts;
}
