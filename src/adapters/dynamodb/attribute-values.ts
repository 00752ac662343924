import type { AttributeValue as SdkValue } from '@aws-sdk/client-dynamodb';
import type { AttributeValue, Item } from '../../domain/item.ts';

/**
 * The SDK's type of an item; it differs in mutability and in value types that the mapping never
 * creates.
 */
export function toSdk(item: Item): Record<string, SdkValue> {
  return Object.fromEntries(Object.entries(item).map(([name, value]) => [name, valueToSdk(value)]));
}

export function valueToSdk(value: AttributeValue): SdkValue {
  if ('L' in value) return { L: value.L.map(valueToSdk) };
  if ('M' in value) return { M: toSdk(value.M) };
  return value;
}

/**
 * Converts the SDK's item to the domain's. Sets, which no plan writes, become lists, so that an
 * item from elsewhere stays visible.
 */
export function fromSdk(item: Readonly<Record<string, SdkValue>>): Item {
  return Object.fromEntries(Object.entries(item).map(([name, value]) => [name, valueFromSdk(value)]));
}

function valueFromSdk(value: SdkValue): AttributeValue {
  if (value.S !== undefined) return { S: value.S };
  if (value.N !== undefined) return { N: value.N };
  if (value.BOOL !== undefined) return { BOOL: value.BOOL };
  if (value.B !== undefined) return { B: value.B };
  if (value.L !== undefined) return { L: value.L.map(valueFromSdk) };
  if (value.M !== undefined) return { M: fromSdk(value.M) };
  if (value.SS !== undefined) return { L: value.SS.map((S) => ({ S })) };
  if (value.NS !== undefined) return { L: value.NS.map((N) => ({ N })) };
  if (value.BS !== undefined) return { L: value.BS.map((B) => ({ B })) };
  return { NULL: true };
}
