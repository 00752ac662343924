import type { AttributeValue, Item } from '../item.ts';

/** Size of an item as DynamoDB counts it: names and values in UTF-8, 3 bytes per list or map and 1 per element. */
export function itemBytes(item: Item): number {
  let bytes = 0;
  for (const [name, value] of Object.entries(item)) bytes += Buffer.byteLength(name) + valueBytes(value);
  return bytes;
}

function valueBytes(value: AttributeValue): number {
  if ('S' in value) return Buffer.byteLength(value.S);
  // Two digits a byte, plus one, and one for the sign: the most that a number can take.
  if ('N' in value) return Math.ceil(value.N.length / 2) + 2;
  if ('B' in value) return value.B.byteLength;
  if ('L' in value) return value.L.reduce((sum, element) => sum + valueBytes(element) + 1, 3);
  if ('M' in value) return Object.values(value.M).length + itemBytes(value.M) + 3;
  return 1;
}
