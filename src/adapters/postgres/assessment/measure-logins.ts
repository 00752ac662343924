import * as z from 'zod';
import type { Facts, LoginFacts } from '../../../domain/assess/facts.ts';
import { SIGN_IN_LOGIN } from '../../../domain/auth/sign-in-login.ts';
import { HASH_COST } from '../../../domain/plan/hash-cost.ts';
import type { Catalogue } from '../../../domain/catalogue/catalogue.ts';
import { findColumn, findTable } from '../../../domain/catalogue/tables.ts';
import type { Plan } from '../../../domain/plan/plan.ts';
import type { Sql } from '../../../domain/ports/source.ts';
import { OTHER_LOGINS } from '../capture/logins.ts';
import { quoteIdentifier, quoteQualified } from '../sql/quote.ts';

const login = z.object({ role: z.string(), writes: z.boolean(), alters: z.boolean(), ends: z.boolean() });

/** The logins that the decommission locks out, each with what the login used lacks for that. */
export async function measureLogins(sql: Sql, schema: string): Promise<readonly LoginFacts[]> {
  const rows = z.array(login).parse(await sql.query(LOGINS, { schema }));
  return rows.map(({ role, writes, alters, ends }) => ({
    role,
    writes,
    lacks: [...(alters ? [] : ['ALTER ROLE']), ...(ends ? [] : ['ending its sessions'])],
  }));
}

/** Whether the sign-in trigger's login is there. */
export async function hasSignInLogin(sql: Sql): Promise<boolean> {
  const rows = await sql.query('SELECT FROM pg_catalog.pg_roles WHERE rolcanlogin AND rolname = :login', {
    login: SIGN_IN_LOGIN,
  });
  return rows.length > 0;
}

/** The rules of ALTER ROLE and pg_terminate_backend: from PostgreSQL 16 on CREATEROLE needs the admin option on the role as well. */
const LOGINS = `
  SELECT r.rolname::text AS role,
    EXISTS (SELECT 1 FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace AND n.nspname = :schema
      WHERE c.relkind IN ('r', 'p', 'v') AND (pg_catalog.has_table_privilege(r.oid, c.oid, 'INSERT, UPDATE, DELETE')
        OR pg_catalog.has_any_column_privilege(r.oid, c.oid, 'INSERT, UPDATE'))) AS writes,
    me.rolsuper OR (me.rolcreaterole AND NOT r.rolsuper AND CASE WHEN current_setting('server_version_num')::int < 160000
      THEN NOT r.rolreplication ELSE pg_catalog.pg_has_role(r.oid, 'USAGE WITH ADMIN OPTION') END) AS alters,
    me.rolsuper OR (NOT r.rolsuper AND (pg_catalog.pg_has_role(r.oid, 'USAGE') OR pg_catalog.pg_has_role('pg_signal_backend', 'USAGE'))) AS ends
  FROM (SELECT * FROM pg_catalog.pg_roles WHERE ${OTHER_LOGINS}) AS r
  CROSS JOIN (SELECT rolsuper, rolcreaterole FROM pg_catalog.pg_roles WHERE rolname = current_user) AS me ORDER BY 1`;

/** The beginnings of the users' password hashes, most frequent first; null if the plan names no column of the source. */
export async function measureHashes(sql: Sql, { auth }: Plan, catalogue: Catalogue): Promise<Facts['hashes'] | null> {
  const table = auth === undefined ? null : findTable(catalogue, auth.from);
  if (auth === undefined || table === null || findColumn(table, auth.passwordHash) === null) return null;
  const hash = `t.${quoteIdentifier(auth.passwordHash)}::text`;
  const rows = await sql.query(
    `SELECT coalesce(substring(${hash} FROM :cost), '') AS cost, count(*)::float8 AS users
     FROM ${quoteQualified(table.schema, table.name)} AS t WHERE ${hash} IS NOT NULL GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 20`,
    { cost: HASH_COST.source },
  );
  return rows.map((row) => ({ cost: String(row['cost']), users: Number(row['users']) }));
}
