import type { Client } from 'pg';

/** The login of the job that bypasses the client; it is not the application's, and so it is locked out before the end. */
const LEGACY = { user: 'nightly_job', password: 'nightly-job' } as const;

export async function createLegacyLogin(client: Client, schemas: readonly string[]): Promise<void> {
  const found = await client.query('SELECT 1 FROM pg_roles WHERE rolname = $1', [LEGACY.user]);
  if (found.rowCount === 0) await client.query(`CREATE ROLE ${LEGACY.user} LOGIN PASSWORD '${LEGACY.password}'`);
  for (const schema of schemas.map((name) => client.escapeIdentifier(name))) {
    await client.query(`GRANT USAGE ON SCHEMA ${schema} TO ${LEGACY.user}`);
    await client.query(`GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA ${schema} TO ${LEGACY.user}`);
    // The application's triggers run as the role that writes.
    await client.query(`GRANT USAGE ON ALL SEQUENCES IN SCHEMA ${schema} TO ${LEGACY.user}`);
  }
}

/** The same database under the bypassing job's login. */
export function legacyUrl(url: string): string {
  const legacy = new URL(url);
  legacy.username = LEGACY.user;
  legacy.password = LEGACY.password;
  return legacy.href;
}
