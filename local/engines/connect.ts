import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { RDSDataClient } from '@aws-sdk/client-rds-data';
import { S3Client } from '@aws-sdk/client-s3';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { createControlTable } from '../../src/adapters/control/control-table.ts';
import { createIntents } from '../../src/adapters/dynamodb/intents.ts';
import { createTable } from '../../src/adapters/dynamodb/table.ts';
import { createDataApiSource } from '../../src/adapters/postgres/connection/data-api.ts';
import { createPgSource } from '../../src/adapters/postgres/connection/pg-source.ts';
import { createBodies } from '../../src/adapters/s3/bodies.ts';
import { createDocuments } from '../../src/adapters/s3/documents.ts';
import type { Plan } from '../../src/domain/plan/plan.ts';
import type { Bodies, Documents } from '../../src/domain/ports/bodies.ts';
import type { ControlTable } from '../../src/domain/ports/control.ts';
import type { Metrics } from '../../src/domain/ports/metrics.ts';
import type { SqlSource } from '../../src/domain/ports/source.ts';
import type { Intents, Table } from '../../src/domain/ports/table.ts';
import { REGION } from '../aws/account.ts';
import { CREDENTIALS } from '../process/credentials.ts';
import { BUCKET, CONTROL, type ConnectionInfo } from './connection-info.ts';

/** The two ways into PostgreSQL. */
export const WAYS = ['data-api', 'pg'] as const;
export type Way = (typeof WAYS)[number];

export interface Connected {
  readonly sources: Readonly<Record<Way, SqlSource>>;
  readonly table: Table;
  readonly intents: Intents;
  readonly bodies: Bodies;
  readonly documents: Documents;
  readonly control: ControlTable;
  readonly dynamo: DynamoDBClient;
  close(): Promise<void>;
}

/** Every adapter of the client on one set of engines. */
export function connect(info: ConnectionInfo, plan: Plan, metrics: Metrics): Connected {
  const region = { region: REGION, credentials: CREDENTIALS };
  const dynamo = new DynamoDBClient({ ...region, endpoint: info.dynamoDb });
  const data = new RDSDataClient({ ...region, endpoint: info.dataApi });
  const objects = new S3Client({
    ...region,
    endpoint: info.s3,
    forcePathStyle: true,
    requestChecksumCalculation: 'WHEN_REQUIRED',
  });
  const pg = createPgSource({ connection: { connectionString: info.connectionString } });
  const sources = {
    'data-api': createDataApiSource({
      client: data,
      resourceArn: 'arn:cluster',
      secretArn: 'arn:secret',
      database: 'app',
    }),
    pg,
  };
  return {
    sources,
    table: createTable({
      client: dynamo,
      tableName: plan.table.name,
      controlTableName: CONTROL,
      deadlineMs: plan.writes.deadlineSeconds * 1000,
      metrics,
    }),
    intents: createIntents({ client: dynamo, controlTableName: CONTROL }),
    bodies: createBodies({
      client: objects,
      bucket: BUCKET,
      encryption: info.bucketKey === null ? 'AES256' : 'aws:kms',
    }),
    documents: createDocuments({ client: objects, bucket: BUCKET }),
    control: createControlTable({ client: DynamoDBDocumentClient.from(dynamo), tableName: CONTROL }),
    dynamo,
    close: async () => {
      for (const client of [dynamo, data, objects]) client.destroy();
      await pg.close();
    },
  };
}
