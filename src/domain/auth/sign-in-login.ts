import type { Plan } from '../plan/plan.ts';

/** The login of PostgreSQL by which the sign-in trigger reads users. It belongs to Portage, so the decommission does not lock it out. */
export const SIGN_IN_LOGIN = 'portage_sign_in';

/** The statements that make this login: it may read three columns of the table of users, and nothing else. */
export function signInLoginStatements({ auth, source }: Plan): readonly string[] {
  if (auth === undefined) return [];
  const columns = [...new Set([auth.username, auth.email, auth.passwordHash])].map(quoted).join(', ');
  const [schema, table, login] = [quoted(source.schema), quoted(auth.from), SIGN_IN_LOGIN];
  return [
    `CREATE ROLE ${login} LOGIN PASSWORD '…'`,
    `GRANT USAGE ON SCHEMA ${schema} TO ${login}`,
    `GRANT SELECT (${columns}) ON ${schema}.${table} TO ${login}`,
  ];
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
