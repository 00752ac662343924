import {
  CreateTableCommand,
  DynamoDBClient,
  type KeySchemaElement,
  ResourceInUseException,
  UpdateTimeToLiveCommand,
} from '@aws-sdk/client-dynamodb';
import { REGION } from '../aws/account.ts';
import { CREDENTIALS } from '../process/credentials.ts';
import type { DeployedTable, TableKeys } from '../template/deployment.ts';

export type TableSpecification = Omit<DeployedTable, 'kind' | 'logicalId' | 'arn' | 'key'>;

/** Creates tables; those that exist stay as they are. */
export async function createTables(endpoint: string, tables: readonly TableSpecification[]): Promise<void> {
  const client = new DynamoDBClient({ endpoint, region: REGION, credentials: CREDENTIALS });
  try {
    await Promise.all(tables.map((table) => create(client, table)));
  } finally {
    client.destroy();
  }
}

async function create(client: DynamoDBClient, table: TableSpecification): Promise<void> {
  const { name: TableName, attributeTypes, keys, indexes, streamView, expiry } = table;
  const attributes = Object.entries(attributeTypes);
  try {
    await client.send(
      new CreateTableCommand({
        TableName,
        BillingMode: 'PAY_PER_REQUEST',
        KeySchema: schemaOf(keys),
        AttributeDefinitions: attributes.map(([AttributeName, AttributeType]) => ({ AttributeName, AttributeType })),
        ...(indexes.length === 0
          ? {}
          : {
              GlobalSecondaryIndexes: indexes.map((index) => ({
                IndexName: index.name,
                KeySchema: schemaOf(index),
                Projection: {
                  ProjectionType: index.projection.type,
                  ...(index.projection.type === 'INCLUDE'
                    ? { NonKeyAttributes: [...index.projection.attributes] }
                    : {}),
                },
              })),
            }),
        ...(streamView === null ? {} : { StreamSpecification: { StreamEnabled: true, StreamViewType: streamView } }),
      }),
    );
  } catch (error) {
    if (error instanceof ResourceInUseException) return;
    throw error;
  }
  if (expiry === null) return;
  const TimeToLiveSpecification = { AttributeName: expiry, Enabled: true };
  await client.send(new UpdateTimeToLiveCommand({ TableName, TimeToLiveSpecification }));
}

function schemaOf({ partitionKey, sortKey }: TableKeys): KeySchemaElement[] {
  return [
    { AttributeName: partitionKey, KeyType: 'HASH' },
    ...(sortKey === null ? [] : [{ AttributeName: sortKey, KeyType: 'RANGE' } as const]),
  ];
}
