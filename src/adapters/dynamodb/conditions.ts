import type { AttributeValue as SdkValue } from '@aws-sdk/client-dynamodb';
import type { Item } from '../../domain/item.ts';

export interface Condition {
  readonly ConditionExpression: string;
  readonly ExpressionAttributeNames: Record<string, string>;
  readonly ExpressionAttributeValues?: Record<string, SdkValue>;
}

/**
 * `newer` (rule b). An item without `_v` is nobody's and gives way (RACE-74); one whose `_v` is not a number is refused, for
 * DynamoDB finds no order between the types.
 */
export function ifNewer(item: Item): Condition {
  return {
    ConditionExpression: 'attribute_not_exists(#v) OR #v < :v',
    ExpressionAttributeNames: { '#v': '_v' },
    ExpressionAttributeValues: { ':v': { N: versionText(item) } },
  };
}

/** Rule c: version and writer are still those that were seen; null stands for an absent attribute. */
export function ifUnchanged(seen: { readonly version: number | null; readonly txn: string | null }): Condition {
  const values: Record<string, SdkValue> = {};
  if (seen.version !== null) values[':v'] = { N: String(seen.version) };
  if (seen.txn !== null) values[':t'] = { S: seen.txn };
  return {
    ConditionExpression: [
      seen.version === null ? 'attribute_not_exists(#v)' : '#v = :v',
      seen.txn === null ? 'attribute_not_exists(#t)' : '#t = :t',
    ].join(' AND '),
    ExpressionAttributeNames: { '#v': '_v', '#t': '_t' },
    ...(Object.keys(values).length === 0 ? {} : { ExpressionAttributeValues: values }),
  };
}

function versionText(item: Item): string {
  const version = item['_v'];
  if (version === undefined || !('N' in version)) throw new TypeError('an item without _v was about to be written');
  return version.N;
}
