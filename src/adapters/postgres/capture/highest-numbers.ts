import type { Sql } from '../../../domain/ports/source.ts';
import type { Counter } from '../../../domain/progress/counters.ts';
import { quoteIdentifier, quoteQualified } from '../sql/quote.ts';

/** The Data API takes 65,536 characters of SQL; each column adds a few hundred. */
const AT_ONCE = 150;

/** For each column, the highest number that it holds or that its sequence has handed out; one query for many. */
export async function highestNumbers(sql: Sql, counters: readonly Counter[]): Promise<readonly bigint[]> {
  const highest: bigint[] = [];
  for (let at = 0; at < counters.length; at += AT_ONCE) {
    const some = counters.slice(at, at + AT_ONCE);
    const held = some.map(
      ({ schema, table, column }, n) =>
        `SELECT ${n + 1} AS n, max(t.${quoteIdentifier(column)})::numeric AS highest FROM ${quoteQualified(schema, table)} AS t`,
    );
    const rows = await sql.query(
      `WITH held AS (${held.join(' UNION ALL ')}), sequences AS MATERIALIZED (${SEQUENCES})
       SELECT held.n::int AS n, greatest(0, held.highest, (SELECT max(s.last) FROM sequences AS s WHERE s.n = held.n))::numeric(38,0)::text AS highest
       FROM held ORDER BY held.n`,
      { columns: JSON.stringify(some.map(({ schema, table, column }) => [quoteQualified(schema, table), column])) },
    );
    highest.push(...rows.map((row) => BigInt(String(row['highest']))));
  }
  return highest;
}

/** Owned by the column (serial, identity), or named in its default. */
const SEQUENCES = `
  SELECT k.n, pg_catalog.pg_sequence_last_value(q.oid) AS last
  FROM json_array_elements(CAST(:columns AS json)) WITH ORDINALITY AS k(v, n)
  JOIN pg_catalog.pg_attribute a ON a.attrelid = to_regclass(k.v ->> 0) AND a.attname = k.v ->> 1
  JOIN LATERAL (
    SELECT d.objid FROM pg_catalog.pg_depend d WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.refclassid = 'pg_catalog.pg_class'::regclass
      AND d.refobjid = a.attrelid AND d.refobjsubid = a.attnum AND d.deptype IN ('a', 'i')
    UNION
    SELECT d.refobjid FROM pg_catalog.pg_attrdef e JOIN pg_catalog.pg_depend d ON d.classid = 'pg_catalog.pg_attrdef'::regclass AND d.objid = e.oid
      AND d.refclassid = 'pg_catalog.pg_class'::regclass WHERE e.adrelid = a.attrelid AND e.adnum = a.attnum
  ) AS o ON true
  JOIN pg_catalog.pg_class q ON q.oid = o.objid AND q.relkind = 'S'`;
