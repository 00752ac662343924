import type { AttributeValue as SdkValue, QueryCommandInput } from '@aws-sdk/client-dynamodb';
import * as z from 'zod';
import type { ItemCursor, ItemQuery } from '../../domain/ports/table.ts';
import { valueToSdk } from './attribute-values.ts';

const cursor = z.record(z.string(), z.object({ S: z.string() }));

/** All keys are strings, so a cursor is a small JSON object. */
export function toCursor(key: Record<string, SdkValue> | undefined): ItemCursor | null {
  return key === undefined ? null : JSON.stringify(cursor.parse(key));
}

export function fromCursor(after: ItemCursor | null): { ExclusiveStartKey?: Record<string, SdkValue> } {
  return after === null ? {} : { ExclusiveStartKey: cursor.parse(JSON.parse(after)) };
}

/**
 * Translates a domain query to DynamoDB's. Tombstones have no index keys; in the base table they
 * are filtered out here (rule b).
 */
export function toQueryInput(tableName: string, query: ItemQuery): QueryCommandInput {
  const { index, sk } = query;
  const names: Record<string, string> = { '#pk': `${index ?? ''}PK` };
  const values: Record<string, SdkValue> = { ':pk': { S: query.pk } };
  const keys = ['#pk = :pk'];
  if (sk !== null) {
    names['#sk'] = `${index ?? ''}SK`;
    if ('prefix' in sk) {
      keys.push('begins_with(#sk, :sk)');
      values[':sk'] = { S: sk.prefix };
    } else {
      keys.push('#sk BETWEEN :from AND :to');
      values[':from'] = { S: sk.from };
      values[':to'] = { S: sk.to };
    }
  }
  const filters: string[] = [];
  if (index === null) {
    names['#d'] = '_d';
    filters.push('attribute_not_exists(#d)');
  }
  Object.entries(query.filter ?? {}).forEach(([name, value], position) => {
    names[`#f${position}`] = name;
    values[`:f${position}`] = valueToSdk(value);
    filters.push(`#f${position} = :f${position}`);
  });
  return {
    TableName: tableName,
    ...(index === null ? {} : { IndexName: index }),
    KeyConditionExpression: keys.join(' AND '),
    ...(filters.length === 0 ? {} : { FilterExpression: filters.join(' AND ') }),
    ExpressionAttributeNames: names,
    ExpressionAttributeValues: values,
    ScanIndexForward: query.order === 'asc',
    ...(query.limit === null ? {} : { Limit: query.limit }),
    ConsistentRead: query.consistent && index === null,
    ReturnConsumedCapacity: 'TOTAL',
    ...fromCursor(query.after),
  };
}
