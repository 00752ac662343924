import type { Plan } from '../../../domain/plan/plan.ts';
import type { SourceFacts, SignInFacts } from '../../../domain/assess/prerequisites.ts';
import type { Sql } from '../../../domain/ports/source.ts';

/** Reads what the login that asks may do in the source of a plan. */
export async function readSourceFacts(sql: Pick<Sql, 'query'>, { source, entities }: Plan): Promise<SourceFacts> {
  const tables = [...new Set(Object.values(entities).map(({ from }) => from))];
  const [row] = await sql.query(
    `SELECT current_setting('server_version_num')::int / 10000 AS version, pg_is_in_recovery() AS recovering, current_user::text AS login,
      has_database_privilege(current_database(), 'CREATE') AS creates,
      (SELECT coalesce(json_agg(c.relname ORDER BY c.relname), '[]') FROM pg_class c
        WHERE c.relnamespace = (SELECT n.oid FROM pg_namespace n WHERE n.nspname = :schema) AND c.relkind IN ('r', 'p')
          AND c.relname IN (SELECT json_array_elements_text(:tables::json)) AND NOT pg_has_role(c.relowner, 'USAGE'))::text AS foreign_tables`,
    { schema: source.schema, tables: JSON.stringify(tables) },
  );
  return {
    version: Number(row?.['version']),
    recovering: row?.['recovering'] === true,
    login: String(row?.['login']),
    createsSchemas: row?.['creates'] === true,
    foreignTables: JSON.parse(String(row?.['foreign_tables'])),
  };
}

/** Reads what the login of the sign-in trigger may do with the table of users; it is the one that asks. */
export async function readSignInFacts(sql: Pick<Sql, 'query'>, { source, auth }: Plan): Promise<SignInFacts> {
  const columns = auth === undefined ? [] : [auth.username, auth.email, auth.passwordHash];
  const [row] = await sql.query(
    `SELECT current_user::text AS login,
      coalesce(bool_and(has_column_privilege(c.oid, a.attnum, 'SELECT')) FILTER (WHERE a.attname IN (SELECT json_array_elements_text(:columns::json))), false) AS reads,
      coalesce(bool_or(has_any_column_privilege(c.oid, 'INSERT, UPDATE') OR has_table_privilege(c.oid, 'DELETE, TRUNCATE')), false) AS writes
      FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
      WHERE c.relname = :table AND c.relnamespace = (SELECT n.oid FROM pg_namespace n WHERE n.nspname = :schema)`,
    { schema: source.schema, table: auth?.from ?? '', columns: JSON.stringify(columns) },
  );
  return { login: String(row?.['login']), reads: row?.['reads'] === true, writes: row?.['writes'] === true };
}
