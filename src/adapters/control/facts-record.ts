import { createHash } from 'node:crypto';
import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { type DynamoDBDocumentClient, GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod';
import { EpochMoved } from '../../domain/errors.ts';
import type { GenerationFacts } from '../../domain/ports/control.ts';
import { pack, unpack } from './packing.ts';

const head = z.object({ parts: z.number(), digest: z.string() });

// Checks only the outline, because the mapping compiler checks the catalogue against the plan.
const facts = z.custom<GenerationFacts>(
  (value) =>
    z.object({ generation: z.number(), catalogue: z.looseObject({}), shards: z.looseObject({}) }).safeParse(value)
      .success,
);

/**
 * Writes the pieces first, under the digest of the whole, then the head that names them, so that no
 * reader sees a mixture.
 */
export async function saveFacts(
  client: DynamoDBDocumentClient,
  tableName: string,
  value: GenerationFacts,
  after?: number,
): Promise<void> {
  const PK = `FACTS#${value.generation}`;
  const parts = pack(value);
  const digest = createHash('sha256').update(Buffer.concat(parts)).digest('hex');
  for (const [index, part] of parts.entries()) {
    await client.send(new PutCommand({ TableName: tableName, Item: { PK, SK: `PART#${digest}#${index}`, part } }));
  }
  const { mappingRevision = 0 } = value;
  const Item = { PK, SK: 'HEAD', parts: parts.length, digest, mappingRevision };
  try {
    await client.send(
      new PutCommand({
        TableName: tableName,
        Item,
        ...(after === undefined
          ? {}
          : {
              // The SDK repeats a request whose response is lost, and then finds its own digest.
              ConditionExpression:
                'mappingRevision = :after OR digest = :digest OR (:after = :zero AND attribute_not_exists(mappingRevision))',
              ExpressionAttributeValues: { ':after': after, ':digest': digest, ':zero': 0 },
            }),
      }),
    );
  } catch (error) {
    if (!(error instanceof ConditionalCheckFailedException)) throw error;
    throw new EpochMoved({ of: 'mapping revision', expected: after ?? 0, found: null }, { cause: error });
  }
}

/** Reads the facts of a generation with strong consistency; null if none are saved yet. */
export async function readFacts(
  client: DynamoDBDocumentClient,
  tableName: string,
  generation: number,
): Promise<GenerationFacts | null> {
  const PK = `FACTS#${generation}`;
  const get = async (SK: string): Promise<Record<string, unknown> | undefined> =>
    (await client.send(new GetCommand({ TableName: tableName, Key: { PK, SK }, ConsistentRead: true }))).Item;
  const headItem = await get('HEAD');
  if (headItem === undefined) return null;
  const { parts, digest } = head.parse(headItem);
  const pieces = await Promise.all(Array.from({ length: parts }, (_, index) => get(`PART#${digest}#${index}`)));
  return facts.parse(unpack(pieces.map((piece) => z.instanceof(Uint8Array).parse(piece?.['part']))));
}
