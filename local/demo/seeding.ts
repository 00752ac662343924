import { Client } from 'pg';

import { seedCampaigns } from '../../examples/campaigns/generator/seed.ts';
import type { Size } from '../../examples/campaigns/generator/size.ts';

/** The login of the job that bypasses the client; it is not the application's, and so it is locked out before the end. */
const LEGACY = { user: 'nightly_job', password: 'nightly-job' } as const;

/** Fills the empty database, and gives the bypassing job its login. */
export async function seedDatabase(
  url: string,
  options: { readonly seed: number; readonly scale: number; readonly onProgress: (done: number, all: number) => void },
): Promise<Size> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    // A seeding that was killed halfway left tables behind; nothing of worth is in them yet.
    await client.query('DROP SCHEMA public CASCADE');
    await client.query('CREATE SCHEMA public');
    const size = await seedCampaigns(client, options);
    await client.query(`DROP ROLE IF EXISTS ${LEGACY.user}`);
    await client.query(`CREATE ROLE ${LEGACY.user} LOGIN PASSWORD '${LEGACY.password}'`);
    await client.query(`GRANT USAGE ON SCHEMA public TO ${LEGACY.user}`);
    await client.query(`GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO ${LEGACY.user}`);
    return size;
  } finally {
    await client.end();
  }
}

/** The same database under the bypassing job's login. */
export function legacyUrl(url: string): string {
  const legacy = new URL(url);
  legacy.username = LEGACY.user;
  legacy.password = LEGACY.password;
  return legacy.href;
}
