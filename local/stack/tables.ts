import {
  CreateTableCommand,
  type CreateTableCommandInput,
  DynamoDBClient,
  ResourceInUseException,
} from '@aws-sdk/client-dynamodb';
import { REGION } from '../aws/lambda/function-context.ts';
import { CREDENTIALS } from '../process/credentials.ts';
import type { ResourceNames } from './names.ts';

/** Creates the application table and the control table as infra/data.ts does on AWS; those that exist stay as they are. */
export async function createTables(
  endpoint: string,
  names: Pick<ResourceNames, 'table' | 'control'>,
  indexes: readonly string[],
): Promise<void> {
  const client = new DynamoDBClient({ endpoint, region: REGION, credentials: CREDENTIALS });
  try {
    await Promise.all([create(client, tableOf(names.table, indexes)), create(client, tableOf(names.control, []))]);
  } finally {
    client.destroy();
  }
}

async function create(client: DynamoDBClient, table: CreateTableCommandInput): Promise<void> {
  try {
    await client.send(new CreateTableCommand(table));
  } catch (error) {
    if (!(error instanceof ResourceInUseException)) throw error;
  }
}

function tableOf(TableName: string, indexes: readonly string[]): CreateTableCommandInput {
  return {
    TableName,
    BillingMode: 'PAY_PER_REQUEST',
    KeySchema: keys(''),
    AttributeDefinitions: ['', ...indexes]
      .flatMap((prefix) => [`${prefix}PK`, `${prefix}SK`])
      .map((AttributeName) => ({ AttributeName, AttributeType: 'S' })),
    ...(indexes.length === 0
      ? {}
      : {
          GlobalSecondaryIndexes: indexes.map((IndexName) => ({
            IndexName,
            KeySchema: keys(IndexName),
            Projection: { ProjectionType: 'ALL' },
          })),
        }),
  };
}

function keys(prefix: string): NonNullable<CreateTableCommandInput['KeySchema']> {
  return [
    { AttributeName: `${prefix}PK`, KeyType: 'HASH' },
    { AttributeName: `${prefix}SK`, KeyType: 'RANGE' },
  ];
}
