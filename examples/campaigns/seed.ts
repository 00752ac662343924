import { Client } from 'pg';

import { seedCampaigns } from './generator/seed.ts';

/** `tsx examples/campaigns/seed.ts postgres://… [scale] [seed]`: the reference application's data in a database of your own. */
const [url, scale = '1', seed = '1'] = process.argv.slice(2);
if (url === undefined) {
  process.stderr.write('Usage: tsx examples/campaigns/seed.ts postgres://user:password@host/database [scale] [seed]\n');
  process.exit(1);
}
const client = new Client({ connectionString: url });
await client.connect();
const size = await seedCampaigns(client, { seed: Number(seed), scale: Number(scale) });
await client.end();
process.stdout.write(`${JSON.stringify(size)}\n`);
