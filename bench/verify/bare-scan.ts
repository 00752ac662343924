import { DynamoDBClient, ScanCommand } from '@aws-sdk/client-dynamodb';

/** As many at a time as the verify machine allows its segments. */
const AT_ONCE = 4;

export interface BareScan {
  readonly ms: number;
  readonly items: number;
  /** The least that reading everything once can cost, eventually consistent. */
  readonly leastUnits: number;
}

/**
 * Reads a whole table with the SDK and does nothing with it. DynamoDB Local reads all that is left of a segment for each page: segments of about
 * a page suit it best, and AWS does not mind.
 */
export async function scanBare(endpoint: string, TableName: string, segments: number): Promise<BareScan> {
  const client = new DynamoDBClient({ endpoint });
  let [next, items, leastUnits] = [0, 0, 0];
  const worker = async (): Promise<void> => {
    while (next < segments) {
      const Segment = next++;
      let ExclusiveStartKey: Awaited<ReturnType<typeof page>>['LastEvaluatedKey'];
      do {
        const answer = await page(Segment, ExclusiveStartKey);
        items += answer.Items?.length ?? 0;
        leastUnits += answer.ConsumedCapacity?.CapacityUnits ?? 0;
        ExclusiveStartKey = answer.LastEvaluatedKey;
      } while (ExclusiveStartKey !== undefined);
    }
  };
  const page = (Segment: number, ExclusiveStartKey: Parameters<typeof keyed>[0]) =>
    client.send(
      new ScanCommand({
        TableName,
        Segment,
        TotalSegments: segments,
        ReturnConsumedCapacity: 'TOTAL',
        ...keyed(ExclusiveStartKey),
      }),
    );
  const began = performance.now();
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  const ms = performance.now() - began;
  client.destroy();
  return { ms, items, leastUnits };
}

type Key = NonNullable<ConstructorParameters<typeof ScanCommand>[0]['ExclusiveStartKey']>;

function keyed(key: Key | undefined): { readonly ExclusiveStartKey?: Key } {
  return key === undefined ? {} : { ExclusiveStartKey: key };
}
