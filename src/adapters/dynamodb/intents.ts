import {
  DeleteItemCommand,
  type DynamoDBClient,
  GetItemCommand,
  QueryCommand,
  type AttributeValue as SdkValue,
} from '@aws-sdk/client-dynamodb';
import * as z from 'zod';
import type { Intent, Intents } from '../../domain/ports/table.ts';
import { translated } from '../sdk/translated.ts';

/** One partition of intents would cap the write rate (RACE-75). */
const PARTITIONS = 16;

const writes = z.array(
  z.object({
    relation: z.string(),
    pk: z.array(z.string()),
    key: z.object({ PK: z.string(), SK: z.string() }),
    seq: z.number(),
  }),
);
const storedIntent = z.object({
  SK: z.object({ S: z.string() }),
  generation: z.object({ N: z.string() }),
  xid: z.object({ S: z.string() }),
  at: z.object({ S: z.string() }),
  writes: z.object({ S: z.string() }),
});

export interface IntentsOptions {
  readonly client: DynamoDBClient;
  readonly controlTableName: string;
}

/** Intents of dual writes in flight: rows of the control table, by txn. */
export function createIntents({ client, controlTableName }: IntentsOptions): Intents {
  const TableName = controlTableName;
  return {
    get: async (txn) => {
      const command = new GetItemCommand({ TableName, Key: intentKey(txn), ConsistentRead: true });
      const { Item } = await translated('DynamoDB', 'GetItem', () => client.send(command));
      return Item === undefined ? null : parse(Item);
    },
    delete: async (txn) => {
      await translated('DynamoDB', 'DeleteItem', () =>
        client.send(new DeleteItemCommand({ TableName, Key: intentKey(txn) })),
      );
    },
    list: async () => {
      const partitions = await Promise.all(Array.from({ length: PARTITIONS }, (_, n) => partition(n)));
      return partitions.flat();
    },
  };

  async function partition(n: number): Promise<Intent[]> {
    const intents: Intent[] = [];
    let ExclusiveStartKey: Record<string, SdkValue> | undefined;
    do {
      const command: QueryCommand = new QueryCommand({
        TableName,
        ConsistentRead: true,
        KeyConditionExpression: 'PK = :pk',
        ExpressionAttributeValues: { ':pk': { S: `INTENT#${n}` } },
        ...(ExclusiveStartKey === undefined ? {} : { ExclusiveStartKey }),
      });
      const page = await translated('DynamoDB', 'Query', () => client.send(command));
      intents.push(...(page.Items ?? []).map(parse));
      ExclusiveStartKey = page.LastEvaluatedKey;
    } while (ExclusiveStartKey !== undefined);
    return intents;
  }
}

/** The whole item that the dual write's transaction puts. */
export function intentItem(intent: Intent): Record<string, SdkValue> {
  return {
    ...intentKey(intent.txn),
    generation: { N: String(intent.generation) },
    xid: { S: intent.xid },
    at: { S: intent.at },
    writes: { S: JSON.stringify(intent.writes) },
  };
}

function intentKey(txn: string): { readonly PK: { S: string }; readonly SK: { S: string } } {
  return { PK: { S: `INTENT#${partitionOf(txn)}` }, SK: { S: txn } };
}

/** Any even distribution works, as long as it never changes. */
function partitionOf(txn: string): number {
  let sum = 0;
  for (const character of txn) sum = (sum * 31 + (character.codePointAt(0) ?? 0)) % 65_521;
  return sum % PARTITIONS;
}

function parse(item: Record<string, SdkValue>): Intent {
  const { SK, generation, xid, at, writes: text } = storedIntent.parse(item);
  return {
    txn: SK.S,
    generation: Number(generation.N),
    xid: xid.S,
    at: at.S,
    writes: writes.parse(JSON.parse(text.S)),
  };
}
