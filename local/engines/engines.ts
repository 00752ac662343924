import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import type { Plan } from '../../src/domain/plan/plan.ts';
import { startDataApi } from '../aws/data-api/server.ts';
import { type DynamoDb, startDynamoDb } from '../aws/dynamodb/dynamodb.ts';
import type { Part } from '../process/part.ts';
import { startPostgres } from '../postgres/server.ts';
import { startS3 } from '../aws/s3/s3.ts';
import { createTables } from '../stack/tables.ts';
import { planTables } from './plan-tables.ts';
import { BUCKET, CONTROL, type ConnectionInfo } from './connection-info.ts';

export interface Engines {
  readonly connectionInfo: ConnectionInfo;
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
  /** ARN of a key of KMS that encrypts the bucket. */
  readonly bucketKey?: string | null;
  /** Where to get DynamoDB Local from; otherwise one is started. */
  readonly dynamoDb?: () => Promise<Part | DynamoDb>;
}): Promise<Engines> {
  const root = mkdtempSync(join(tmpdir(), 'portage-engines-'));
  const { bucketKey = null } = options;
  const database = { dataDir: join(root, 'postgres'), database: 'app', fsync: options.fsync ?? false };
  const [first, dynamoDb, s3] = await Promise.all([
    startPostgres(database),
    options.dynamoDb?.() ?? startDynamoDb({ storage: 'memory', logFile: join(root, 'dynamodb', 'log') }),
    startS3({
      directory: join(root, 's3'),
      buckets: [BUCKET],
      keys: bucketKey === null ? {} : { [BUCKET]: bucketKey },
    }),
  ]);
  let postgres = first;
  // Neither outlives a process that ends without stopping them.
  const end = (): void => {
    for (const pid of [postgres.pid, ...('pid' in dynamoDb ? [dynamoDb.pid] : [])]) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // It has ended already.
      }
    }
  };
  process.once('exit', end);
  const api = await startDataApi({
    clusters: {
      resolve: () => ({ httpEndpointEnabled: true, address: { host: postgres.host, port: postgres.port } }),
      secret: () => ({ user: 'postgres', password: 'portage' }),
    },
  });
  const { name: table, indexes } = options.plan.table;
  await createTables(dynamoDb.endpoint, planTables({ table, control: CONTROL }, indexes));
  const psql = new Client({ connectionString: postgres.connectionString });
  await psql.connect();
  await psql.query(options.schema);
  await psql.end();
  return {
    connectionInfo: {
      connectionString: postgres.connectionString,
      dataApi: api.endpoint,
      dynamoDb: dynamoDb.endpoint,
      s3: s3.endpoint,
      bucketKey,
    },
    crashPostgres: async () => {
      process.kill(postgres.pid, 'SIGKILL');
      postgres = await startPostgres({ ...database, port: postgres.port });
    },
    stop: async () => {
      await Promise.all([api.stop(), s3.stop(), dynamoDb.stop()]);
      await postgres.stop();
      process.off('exit', end);
      rmSync(root, { recursive: true, force: true });
    },
  };
}
