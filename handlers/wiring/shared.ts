import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { RDSClient } from '@aws-sdk/client-rds';
import { RDSDataClient } from '@aws-sdk/client-rds-data';
import { S3Client } from '@aws-sdk/client-s3';
import { SFNClient } from '@aws-sdk/client-sfn';
import { createDataApiSource } from '../../src/adapters/postgres/connection/data-api.ts';
import type { SqlSource } from '../../src/domain/ports/source.ts';
import { reader } from './environment.ts';

/** What ports are built from: environment variables, and clients that several ports share. */
export interface Shared {
  /** A variable of the environment; a missing one is an error that names it. */
  value(name: string): string;
  dynamo(): DynamoDBClient;
  s3(): S3Client;
  cloudwatch(): CloudWatchClient;
  rds(): RDSClient;
  states(): SFNClient;
  /** SQL on a cluster that has the source's database. */
  sqlOf(clusterArn: string, secretArn: string): SqlSource;
}

/** The shared pieces of one process. The SDK finds endpoints by itself. */
export function createShared(environment: NodeJS.ProcessEnv): Shared {
  const value = reader(environment);
  const data = once(() => withoutLogger(new RDSDataClient({})));
  return {
    value,
    dynamo: once(() => withoutLogger(new DynamoDBClient({}))),
    s3: once(() => new S3Client({})),
    cloudwatch: once(() => new CloudWatchClient({})),
    rds: once(() => new RDSClient({})),
    states: once(() => new SFNClient({})),
    sqlOf: (resourceArn, secretArn) =>
      createDataApiSource({ client: data(), resourceArn, secretArn, database: value('PORTAGE_DATABASE') }),
  };
}

function once<Client extends object>(create: () => Client): () => Client {
  let client: Client | null = null;
  return () => (client ??= create());
}

/** The SDK's own logger copies every response although nothing is logged: with pages of a thousand items, a tenth of the work. */
function withoutLogger<Client extends { readonly middlewareStack: { remove(name: string): boolean } }>(
  client: Client,
): Client {
  client.middlewareStack.remove('loggerMiddleware');
  return client;
}
