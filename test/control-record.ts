import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { takeDynamoDb } from './engine/dynamodb.ts';
import { createControlTable } from '../src/adapters/control/control-table.ts';
import type { ControlTable } from '../src/domain/ports/control.ts';

export interface ControlOnDynamoDb {
  readonly endpoint: string;
  readonly documents: DynamoDBDocumentClient;
  /** An empty control table of its own. */
  fresh(name?: string): Promise<ControlTable>;
  stop(): Promise<void>;
}

/** Control tables on DynamoDB Local. */
export async function startControl(): Promise<ControlOnDynamoDb> {
  const engine = await takeDynamoDb();
  const client = new DynamoDBClient({
    endpoint: engine.endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  });
  const documents = DynamoDBDocumentClient.from(client);
  let tables = 0;
  return {
    endpoint: engine.endpoint,
    documents,
    async fresh(tableName = `control-${(tables += 1)}`) {
      await client.send(
        new CreateTableCommand({
          TableName: tableName,
          BillingMode: 'PAY_PER_REQUEST',
          KeySchema: [
            { AttributeName: 'PK', KeyType: 'HASH' },
            { AttributeName: 'SK', KeyType: 'RANGE' },
          ],
          AttributeDefinitions: [
            { AttributeName: 'PK', AttributeType: 'S' },
            { AttributeName: 'SK', AttributeType: 'S' },
          ],
        }),
      );
      return createControlTable({ client: documents, tableName });
    },
    async stop() {
      client.destroy();
      await engine.stop();
    },
  };
}
