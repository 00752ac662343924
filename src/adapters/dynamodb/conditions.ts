import type { AttributeValue as SdkValue } from '@aws-sdk/client-dynamodb';
import type { Item } from '../../domain/item.ts';

export interface Condition {
  readonly ConditionExpression: string;
  readonly ExpressionAttributeNames: Record<string, string>;
  readonly ExpressionAttributeValues?: Record<string, SdkValue>;
}

/**
 * `newer` (rule b). An item without `_v` was not written by Portage and is replaced (RACE-74). An item whose `_v` is not a
 * number refuses the write, because DynamoDB does not order values of different types.
 */
export function ifNewer(item: Item): Condition {
  return {
    ConditionExpression: 'attribute_not_exists(#v) OR #v < :v',
    ExpressionAttributeNames: { '#v': '_v' },
    ExpressionAttributeValues: { ':v': { N: versionText(item) } },
  };
}

/** Rule c: version and writer are unchanged since they were read; null stands for an absent attribute. */
export function ifUnchanged(expected: { readonly version: number | null; readonly txn: string | null }): Condition {
  const values: Record<string, SdkValue> = {};
  if (expected.version !== null) values[':v'] = { N: String(expected.version) };
  if (expected.txn !== null) values[':t'] = { S: expected.txn };
  return {
    ConditionExpression: [
      expected.version === null ? 'attribute_not_exists(#v)' : '#v = :v',
      expected.txn === null ? 'attribute_not_exists(#t)' : '#t = :t',
    ].join(' AND '),
    ExpressionAttributeNames: { '#v': '_v', '#t': '_t' },
    ...(Object.keys(values).length === 0 ? {} : { ExpressionAttributeValues: values }),
  };
}

function versionText(item: Item): string {
  const version = item['_v'];
  if (version === undefined || !('N' in version)) throw new TypeError('cannot write an item without _v');
  return version.N;
}
