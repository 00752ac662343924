import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { type DynamoDBDocumentClient, GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod';
import { EpochMoved } from '../../domain/errors.ts';
import { INITIAL_MODE, type ModeState, MODES } from '../../domain/mode/modes.ts';

const KEY = { PK: 'MODE', SK: 'MODE' };

const modeState = z.object({
  mode: z.enum(MODES),
  readPercent: z.number(),
  epoch: z.number(),
  generation: z.number(),
  stoppedFrom: z.enum(MODES).nullable(),
  // Absent in records of older versions.
  mappingRevision: z.number().default(0),
});

/** Reads the mode with strong consistency. */
export async function readMode(client: DynamoDBDocumentClient, tableName: string): Promise<ModeState> {
  const { Item } = await client.send(new GetCommand({ TableName: tableName, Key: KEY, ConsistentRead: true }));
  return Item === undefined ? INITIAL_MODE : modeState.parse(Item);
}

/**
 * Writes a move, conditional on the epoch. When the SDK retries, it finds its own write and treats
 * it as success.
 */
export async function moveMode(
  client: DynamoDBDocumentClient,
  tableName: string,
  from: ModeState,
  to: Omit<ModeState, 'epoch'>,
): Promise<ModeState> {
  const next: ModeState = { ...to, epoch: from.epoch + 1 };
  const condition =
    from.epoch === 0
      ? { ConditionExpression: 'attribute_not_exists(PK)' }
      : { ConditionExpression: 'epoch = :epoch', ExpressionAttributeValues: { ':epoch': from.epoch } };
  const nonce = crypto.randomUUID();
  try {
    await client.send(new PutCommand({ TableName: tableName, Item: { ...KEY, ...next, nonce }, ...condition }));
    return next;
  } catch (error) {
    if (!(error instanceof ConditionalCheckFailedException)) throw error;
    const { Item } = await client.send(new GetCommand({ TableName: tableName, Key: KEY, ConsistentRead: true }));
    if (Item?.['nonce'] === nonce) return next;
    const found = Item === undefined ? null : modeState.parse(Item).epoch;
    throw new EpochMoved({ of: 'epoch', expected: from.epoch, found }, { cause: error });
  }
}
