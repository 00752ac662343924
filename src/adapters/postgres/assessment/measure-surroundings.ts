import * as z from 'zod';
import type { SurroundingFacts } from '../../../domain/assess/facts.ts';
import type { Sql } from '../../../domain/ports/source.ts';
import { schemaPortage } from '../capture/is-installed.ts';
import { ROOTS } from '../catalogue/roots.ts';

const cast = z.object({
  table: z.string(),
  column: z.string(),
  type: z.string(),
  function: z.string(),
  reads: z.boolean(),
});

/** What is around the tables of a schema and would get in the way of capture, or capture in its way. */
export async function measureSurroundings(sql: Sql, schema: string): Promise<SurroundingFacts> {
  return {
    foreignPortage: (await schemaPortage(sql)) === 'foreign',
    publications: (await sql.query(PUBLICATIONS)).map((row) => String(row['name'])),
    subscribed: (await sql.query(SUBSCRIBED))[0]?.['subscribed'] === true,
    subscriptions: (await sql.query(SUBSCRIPTIONS)).map((row) => String(row['name'])),
    unchecked: (await sql.query(ENCODING))[0]?.['encoding'] === 'SQL_ASCII',
    casts: z.array(cast).parse(await sql.query(CASTS, { schema })),
  };
}

/** Those by which others replicate into this database. */
const SUBSCRIPTIONS = `
  SELECT s.subname::text AS name FROM pg_catalog.pg_subscription s JOIN pg_catalog.pg_database d ON d.oid = s.subdbid
  WHERE d.datname = current_database() ORDER BY 1`;

const ENCODING = `SELECT current_setting('server_encoding') AS encoding`;

const PUBLICATIONS = `SELECT pubname::text AS name FROM pg_catalog.pg_publication WHERE puballtables ORDER BY 1`;

const SUBSCRIBED = `SELECT EXISTS (SELECT FROM pg_catalog.pg_replication_slots WHERE slot_type = 'logical' AND database = current_database()) AS subscribed`;

/** Casts to text by functions of the database's own: those of extensions are in C. Of arrays the elements are cast, of domains the base type. */
const CASTS = `
  WITH roots AS (${ROOTS})
  SELECT r.relname::text AS "table", a.attname::text AS "column", pg_catalog.format_type(k.castsource, NULL) AS type, k.castfunc::regprocedure::text AS "function",
    p.prosrc ~* '[[:<:]](from|join|perform)[[:>:]]' OR coalesce(pg_catalog.pg_get_function_sqlbody(p.oid) ~* '[[:<:]](from|join)[[:>:]]', false) AS reads
  FROM roots r JOIN pg_catalog.pg_attribute a ON a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped
  JOIN pg_catalog.pg_type t ON t.oid = a.atttypid LEFT JOIN pg_catalog.pg_type e ON e.oid = t.typelem AND t.typcategory = 'A'
  JOIN pg_catalog.pg_cast k ON k.castmethod = 'f' AND k.casttarget = 'text'::regtype
    AND k.castsource IN (t.oid, e.oid, CASE t.typtype WHEN 'd' THEN t.typbasetype END, CASE e.typtype WHEN 'd' THEN e.typbasetype END)
  JOIN pg_catalog.pg_proc p ON p.oid = k.castfunc JOIN pg_catalog.pg_language l ON l.oid = p.prolang
  WHERE l.lanname NOT IN ('c', 'internal') ORDER BY r.relname, a.attnum`;
