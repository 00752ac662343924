import type { Plan } from '../../../domain/plan/plan.ts';
import type { OwnerFacts, SignInFacts } from '../../../domain/prerequisites/prerequisites.ts';
import type { Sql } from '../../../domain/ports/source.ts';
import { measureRights } from './measure-source.ts';

/** Reads what the login that asks may do in the source of a plan. */
export async function readOwnerFacts(sql: Sql, { source, entities }: Plan): Promise<OwnerFacts> {
  const [row] = await sql.query(
    `SELECT current_setting('server_version_num')::int / 10000 AS version, pg_is_in_recovery() AS recovering, current_user::text AS login,
      has_database_privilege(current_database(), 'CREATE') AS creates`,
  );
  const mapped = new Set(Object.values(entities).map(({ from }) => from));
  const rights = await measureRights(sql, source.schema);
  return {
    version: Number(row?.['version']),
    recovering: row?.['recovering'] === true,
    login: String(row?.['login']),
    createsSchemas: row?.['creates'] === true,
    foreignTables: rights
      .filter(({ table, lacks }) => mapped.has(table) && lacks.includes('ownership'))
      .map(({ table }) => table),
  };
}

/** Reads what the login of the sign-in trigger may do with the table of users; it is the one that asks. */
export async function readSignInFacts(sql: Sql, { source, auth }: Plan): Promise<SignInFacts> {
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
