import type { AskedStatement } from '../../../domain/statements/statement.ts';
import type { Sql } from '../../../domain/ports/source.ts';
import { isPortageError } from '../../../domain/errors.ts';
import { AdaptiveBatchSize } from '../connection/adaptive-batch.ts';
import { sqlstateOf } from '../connection/statement-failed.ts';
import { quoteQualified } from '../sql/quote.ts';

/** What pg_stat_statements holds of this database, or why it cannot be read, with the remedy. */
export type StatementStatistics =
  | {
      readonly ok: true;
      readonly statements: readonly AskedStatement[];
      /** When counting began; null before PostgreSQL 14. */
      readonly since: string | null;
      /** Calls of other roles' statements, whose text this login may not see. */
      readonly hidden: number;
    }
  | { readonly ok: false; readonly reason: string };

/** Statements in one answer: the Data API limits one to 1 MB. */
const PAGE = 200;
/** Characters of one statement; a longer one does not parse. */
const LONGEST = 200_000;
const HIDDEN = '<insufficient privilege>';
const INSTALL =
  'add pg_stat_statements to shared_preload_libraries (Aurora and RDS: in the parameter group, where it is the default), restart, CREATE EXTENSION pg_stat_statements';

/** Reads the statements that the database has been asked since its statistics began. */
export async function readStatements(sql: Sql): Promise<StatementStatistics> {
  const [extension] = await sql.query(
    `SELECT n.nspname::text AS schema FROM pg_extension AS e JOIN pg_namespace AS n ON n.oid = e.extnamespace
     WHERE e.extname = 'pg_stat_statements'`,
  );
  if (extension === undefined) return { ok: false, reason: `pg_stat_statements is not installed: ${INSTALL}` };
  const named = (name: string) => quoteQualified(String(extension['schema']), name);
  try {
    const read = await readPages(sql, named('pg_stat_statements'));
    return { ok: true, ...read, since: await readSince(sql, named('pg_stat_statements_info')) };
  } catch (error) {
    if (!isPortageError(error) || error.name === 'SourceUnavailable') throw error;
    if (sqlstateOf(error) === '42501')
      return { ok: false, reason: 'this login may not read pg_stat_statements: GRANT pg_read_all_stats to it' };
    if (sqlstateOf(error) === '55000')
      return { ok: false, reason: `the library of pg_stat_statements is not loaded: ${INSTALL}` };
    return { ok: false, reason: `pg_stat_statements: ${error.message}` };
  }
}

async function readPages(sql: Sql, view: string): Promise<{ statements: readonly AskedStatement[]; hidden: number }> {
  const statements: AskedStatement[] = [];
  const pages = new AdaptiveBatchSize(PAGE, PAGE);
  let hidden = 0;
  let offset = 0;
  await pages.fetchAll('statements', Number.MAX_SAFE_INTEGER, async (size) => {
    const rows = await sql.query(
      `SELECT left(s.query, ${LONGEST})::text AS query, sum(s.calls)::float8 AS calls, sum(s.rows)::float8 AS rows
       FROM ${view} AS s JOIN pg_database AS d ON d.oid = s.dbid
       WHERE d.datname = current_database() GROUP BY s.query ORDER BY sum(s.calls) DESC, s.query LIMIT ${size} OFFSET ${offset}`,
    );
    offset += rows.length;
    for (const { query, calls, rows: returned } of rows) {
      if (query === HIDDEN) hidden += Number(calls);
      else if (typeof query === 'string')
        statements.push({ text: query, calls: Number(calls), rows: Number(returned) });
    }
    return { progress: rows.length, cut: false, exhausted: rows.length < size };
  });
  return { statements, hidden };
}

async function readSince(sql: Sql, info: string): Promise<string | null> {
  const [found] = await sql.query(`SELECT to_regclass(:name)::text AS name`, { name: info });
  if (found?.['name'] === null || found === undefined) return null;
  const [row] = await sql.query(
    `SELECT to_char(stats_reset AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI') AS since FROM ${info}`,
  );
  return typeof row?.['since'] === 'string' ? row['since'] : null;
}
