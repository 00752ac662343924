import {
  BatchGetItemCommand,
  ConditionalCheckFailedException,
  type DynamoDBClient,
  PutItemCommand,
  QueryCommand,
  ScanCommand,
} from '@aws-sdk/client-dynamodb';
import { PRICES } from '../../domain/assess/prices.ts';
import { DeadlineExceeded } from '../../domain/errors.ts';
import type { Item, ItemKey } from '../../domain/item.ts';
import type { Metrics } from '../../domain/ports/metrics.ts';
import type { PutOutcome, Table } from '../../domain/ports/table.ts';
import { ifUnchanged, type Condition, ifNewer } from './conditions.ts';
import { translate, translated } from '../sdk/translated.ts';
import { backOff, type Deadline, deadlineIn, enforceDeadlines, withDeadline } from './deadline.ts';
import { BATCH, insertBatch } from './insert.ts';
import { fromSdk, toSdk } from './attribute-values.ts';
import { fromCursor, toCursor, toQueryInput } from './query.ts';
import { transact } from './transact.ts';
import { takeItems } from './wire-items.ts';

export interface TableOptions {
  readonly client: DynamoDBClient;
  readonly tableName: string;
  readonly controlTableName: string;
  /** T in milliseconds: no request to the table lasts longer (rule d). */
  readonly deadlineMs: number;
  readonly metrics: Metrics;
}

/** Maximum number of keys in one BatchGetItem. */
const KEYS = 100;

/** Time limit of one scan page, in milliseconds. */
const SCAN_MS = 20_000;

/** The application table. */
export function createTable({ client, tableName, controlTableName, deadlineMs, metrics }: TableOptions): Table {
  enforceDeadlines(client);
  const read = (operation: string) => (units: number) => {
    metrics.count('ReadUnits', units, { Operation: operation });
    metrics.count('SpendDollars', (units / 1e6) * PRICES.readUnits);
  };
  const wrote = (operation: string) => (units: number) => {
    metrics.count('WriteUnits', units, { Operation: operation });
    metrics.count('SpendDollars', (units / 1e6) * PRICES.writeUnits);
  };

  return {
    insertAbsent: async (items) => {
      const batches = Array.from({ length: Math.ceil(items.length / BATCH) }, (_, n) =>
        items.slice(n * BATCH, (n + 1) * BATCH),
      );
      const outcomes = await Promise.all(
        batches.map((batch) => insertBatch(client, tableName, batch, deadlineIn(deadlineMs), wrote('Insert'))),
      );
      return outcomes.flat();
    },
    putNewer: (item) => put(item, ifNewer(item)),
    putIfSeen: (item, seen) => put(item, ifUnchanged(seen)),
    transact: (items, intent, token) =>
      transact(
        client,
        { table: tableName, control: controlTableName },
        { items, intent, token },
        deadlineIn(deadlineMs),
        wrote('Transact'),
      ),
    get: async (keys, { consistent }) => {
      const deadline = deadlineIn(deadlineMs);
      const batches = Array.from({ length: Math.ceil(keys.length / KEYS) }, (_, n) =>
        keys.slice(n * KEYS, (n + 1) * KEYS),
      );
      return (await Promise.all(batches.map((batch) => get(batch, consistent, deadline)))).flat();
    },
    query: async (query) => {
      const command = new QueryCommand(toQueryInput(tableName, query));
      const page = await translated('DynamoDB', 'Query', () =>
        withDeadline(deadlineIn(deadlineMs), 'Query', (options) => client.send(command, options)),
      );
      const rcu = page.ConsumedCapacity?.CapacityUnits ?? 0;
      read('Query')(rcu);
      const items = (page.Items ?? []).map(fromSdk);
      return { items, next: toCursor(page.LastEvaluatedKey), scanned: page.ScannedCount ?? items.length, rcu };
    },
    scan: async (segment, segments, after) => {
      const command = new ScanCommand({
        TableName: tableName,
        Segment: segment,
        TotalSegments: segments,
        ReturnConsumedCapacity: 'TOTAL',
        ...fromCursor(after),
      });
      const taken = takeItems(command);
      // A late response to a read is harmless, and a page of a busy table may take longer than the deadline of a write.
      const deadline = deadlineIn(Math.max(deadlineMs, SCAN_MS));
      const page = await translated('DynamoDB', 'Scan', () =>
        withDeadline(deadline, 'Scan', (options) => client.send(command, options)),
      );
      const rcu = page.ConsumedCapacity?.CapacityUnits ?? 0;
      read('Scan')(rcu);
      return { items: taken.items, next: toCursor(page.LastEvaluatedKey), scanned: taken.items.length, rcu };
    },
  };

  async function put(item: Item, condition: Condition): Promise<PutOutcome> {
    const command = new PutItemCommand({
      TableName: tableName,
      Item: toSdk(item),
      ...condition,
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
      ReturnConsumedCapacity: 'TOTAL',
    });
    try {
      const answer = await withDeadline(deadlineIn(deadlineMs), 'PutItem', (options) => client.send(command, options));
      wrote('Put')(answer.ConsumedCapacity?.CapacityUnits ?? 0);
      return { kind: 'written' };
    } catch (error) {
      if (error instanceof ConditionalCheckFailedException)
        return { kind: 'refused', present: fromSdk(error.Item ?? {}) };
      throw translate(error, 'DynamoDB', 'PutItem');
    }
  }

  async function get(keys: readonly ItemKey[], consistent: boolean, deadline: Deadline): Promise<Item[]> {
    const items: Item[] = [];
    let open = keys.map(({ PK, SK }) => ({ PK: { S: PK }, SK: { S: SK } }));
    for (let tries = 0; open.length > 0; tries++) {
      const command = new BatchGetItemCommand({
        RequestItems: { [tableName]: { Keys: open, ConsistentRead: consistent } },
        ReturnConsumedCapacity: 'TOTAL',
      });
      const answer = await translated('DynamoDB', 'BatchGetItem', () =>
        withDeadline(deadline, 'BatchGetItem', (options) => client.send(command, options)),
      );
      read('Get')((answer.ConsumedCapacity ?? []).reduce((sum, { CapacityUnits }) => sum + (CapacityUnits ?? 0), 0));
      items.push(...(answer.Responses?.[tableName] ?? []).map(fromSdk));
      open = (answer.UnprocessedKeys?.[tableName]?.Keys ?? []).flatMap(({ PK, SK }) =>
        PK?.S === undefined || SK?.S === undefined ? [] : [{ PK: { S: PK.S }, SK: { S: SK.S } }],
      );
      if (open.length > 0 && !(await backOff(tries, deadline))) {
        throw new DeadlineExceeded({ operation: 'BatchGetItem', deadlineMs });
      }
    }
    return items;
  }
}
