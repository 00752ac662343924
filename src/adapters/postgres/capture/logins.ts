import { SIGN_IN_LOGIN } from '../../../domain/auth/sign-in-login.ts';
import type { SqlSource } from '../../../domain/ports/source.ts';
import { isInstalled } from './is-installed.ts';
import { quoteIdentifier } from '../sql/quote.ts';

/** Logins of `pg_catalog.pg_roles` that are neither Portage's nor the service's. */
export const OTHER_LOGINS = `rolcanlogin AND rolname <> current_user AND rolname <> session_user AND rolname <> '${SIGN_IN_LOGIN}' AND rolname !~ '^(pg_|rds)'`;

/**
 * Revokes the login of every role except Portage's, the service's and those of `keep`, and ends
 * their sessions. Hidden readers and writers become visible while a rollback still loses nothing.
 * The roles are recorded first, so that `restoreLogins` can undo this even after a crash.
 */
export async function lockOutLogins(sql: SqlSource, keep: readonly string[]): Promise<readonly string[]> {
  const rows = await sql.query(
    `SELECT rolname::text AS role FROM pg_catalog.pg_roles WHERE ${OTHER_LOGINS}
     AND rolname NOT IN (SELECT value FROM json_array_elements_text(CAST(:keep AS json))) ORDER BY 1`,
    { keep: JSON.stringify(keep) },
  );
  const roles = rows.map((row) => String(row['role']));
  for (const role of roles) {
    await sql.query('INSERT INTO portage.locked_out (role) VALUES (:role) ON CONFLICT DO NOTHING', { role });
    await sql.query(`ALTER ROLE ${quoteIdentifier(role)} NOLOGIN`);
    await sql.query(`SELECT pg_terminate_backend(pid) FROM pg_catalog.pg_stat_activity WHERE usename = :role`, {
      role,
    });
  }
  return roles;
}

/** Restores the logins; does nothing if capture is not installed. */
export async function restoreLogins(sql: SqlSource): Promise<readonly string[]> {
  if (!(await isInstalled(sql))) return [];
  // An installation that did not get far.
  const [found] = await sql.query(`SELECT to_regclass('portage.locked_out') IS NOT NULL AS there`);
  if (found?.['there'] !== true) return [];
  const rows = await sql.query('SELECT role FROM portage.locked_out ORDER BY 1');
  const roles = rows.map((row) => String(row['role']));
  for (const role of roles) {
    await sql.query(`ALTER ROLE ${quoteIdentifier(role)} LOGIN`);
    await sql.query('DELETE FROM portage.locked_out WHERE role = :role', { role });
  }
  return roles;
}
