import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { z } from 'zod';
import type { Plan } from '../../src/domain/plan/plan.ts';
import { startDataApi } from '../data-api/server.ts';
import { startDynamoDb } from '../dynamodb/dynamodb.ts';
import { startPostgres } from '../postgres/server.ts';
import { startS3 } from '../s3/s3.ts';
import { createTables } from '../stack/tables.ts';

/** Where the engines are: all that another process needs to reach them. */
export const engineFacts = z.object({
  connectionString: z.string(),
  dataApi: z.string(),
  dynamoDb: z.string(),
  s3: z.string(),
});
export type EngineFacts = z.infer<typeof engineFacts>;

export const CONTROL = 'control';
export const BUCKET = 'bodies';

export interface Engines {
  readonly facts: EngineFacts;
  /** PostgreSQL dies like a machine that loses its power, and comes back on the same port. */
  crashPostgres(): Promise<void>;
  stop(): Promise<void>;
}

/** The engines that hold data, without functions and state machines: for tests and benchmarks of the protocol. */
export async function startEngines(options: {
  readonly plan: Plan;
  /** What the source begins with. */
  readonly schema: string;
  readonly fsync?: boolean;
}): Promise<Engines> {
  const root = mkdtempSync(join(tmpdir(), 'portage-engines-'));
  const database = { dataDir: join(root, 'postgres'), database: 'app', fsync: options.fsync ?? false };
  const [first, dynamoDb, s3] = await Promise.all([
    startPostgres(database),
    startDynamoDb({ storage: 'memory', logFile: join(root, 'dynamodb', 'log') }),
    startS3({ directory: join(root, 's3'), buckets: [BUCKET] }),
  ]);
  let postgres = first;
  const api = await startDataApi({
    clusters: {
      resolve: () => ({ httpEndpointEnabled: true, address: { host: postgres.host, port: postgres.port } }),
      secret: () => ({ user: 'postgres', password: 'portage' }),
    },
  });
  await createTables(
    dynamoDb.endpoint,
    { table: options.plan.table.name, control: CONTROL },
    options.plan.table.indexes,
  );
  const psql = new Client({ connectionString: postgres.connectionString });
  await psql.connect();
  await psql.query(options.schema);
  await psql.end();
  return {
    facts: {
      connectionString: postgres.connectionString,
      dataApi: api.endpoint,
      dynamoDb: dynamoDb.endpoint,
      s3: s3.endpoint,
    },
    crashPostgres: async () => {
      process.kill(postgres.pid, 'SIGKILL');
      postgres = await startPostgres({ ...database, port: postgres.port });
    },
    stop: async () => {
      await Promise.all([api.stop(), s3.stop(), dynamoDb.stop()]);
      await postgres.stop();
      rmSync(root, { recursive: true, force: true });
    },
  };
}
