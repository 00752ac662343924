import {
  ExecuteStatementCommand,
  type ExecuteStatementCommandInput,
  type ExecuteStatementCommandOutput,
  RDSDataClient,
  type SqlParameter,
} from '@aws-sdk/client-rds-data';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Cluster } from '../../../../local/aws/data-api/clusters.ts';
import { startDataApi } from '../../../../local/aws/data-api/server.ts';
import type { DataApiLimits } from '../../../../local/aws/data-api/service.ts';
import { type Postgres, startPostgres } from '../../../../local/postgres/server.ts';

export const TARGET = { resourceArn: 'arn:cluster', secretArn: 'arn:secret', database: 'campaigns' };

export interface Harness {
  readonly client: RDSDataClient;
  readonly postgres: Postgres;
  /** Further clusters by ARN; the tests may add some. */
  readonly clusters: Map<string, Cluster>;
  execute(sql: string, more?: Partial<ExecuteStatementCommandInput>): Promise<ExecuteStatementCommandOutput>;
  /** The rows through formattedRecords. */
  rows(sql: string, parameters?: SqlParameter[], more?: Partial<ExecuteStatementCommandInput>): Promise<unknown>;
  stop(): Promise<void>;
}

/** A PostgreSQL, a Data API in front of it, and AWS's client; no retries, so that a test sees the first answer. */
export async function startHarness(limits: Partial<DataApiLimits> = {}): Promise<Harness> {
  const root = mkdtempSync(join(tmpdir(), 'portage-data-api-'));
  const postgres = await startPostgres({ dataDir: join(root, 'data'), database: TARGET.database, fsync: false });
  const address = { host: postgres.host, port: postgres.port };
  const clusters = new Map<string, Cluster>([[TARGET.resourceArn, { httpEndpointEnabled: true, address }]]);
  const api = await startDataApi({
    clusters: {
      resolve: (arn) => clusters.get(arn) ?? null,
      secret: (arn) => (arn === TARGET.secretArn ? { user: 'postgres', password: 'portage' } : null),
    },
    limits,
  });
  const client = new RDSDataClient({
    endpoint: api.endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    maxAttempts: 1,
  });
  const execute: Harness['execute'] = (sql, more) =>
    client.send(new ExecuteStatementCommand({ ...TARGET, sql, ...more }));
  return {
    client,
    postgres,
    clusters,
    execute,
    rows: async (sql, parameters = [], more = {}) => {
      const { formattedRecords } = await execute(sql, { parameters, formatRecordsAs: 'JSON', ...more });
      return JSON.parse(formattedRecords ?? 'null');
    },
    stop: async () => {
      client.destroy();
      await api.stop();
      await postgres.stop();
      rmSync(root, { recursive: true, force: true });
    },
  };
}
