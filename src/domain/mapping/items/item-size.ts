import type { AttributeValue, Item } from '../../item.ts';

/** DynamoDB's limit on bytes of one item. */
export const MAX_ITEM_BYTES = 409_600;

/**
 * Bytes of an item by DynamoDB's rules: names and values in UTF-8, 3 for a list or map and 1 per
 * element.
 */
export function itemBytes(item: Item): number {
  let bytes = 0;
  for (const name in item) {
    const value = item[name];
    if (value !== undefined) bytes += Buffer.byteLength(name) + valueBytes(value);
  }
  return bytes;
}

function valueBytes(value: AttributeValue): number {
  if ('S' in value) return Buffer.byteLength(value.S);
  if ('N' in value) return numberBytes(value.N);
  if ('B' in value) return value.B.byteLength;
  if ('L' in value) return value.L.reduce((sum, element) => sum + 1 + valueBytes(element), 3);
  if ('M' in value)
    return Object.entries(value.M).reduce(
      (sum, [name, member]) => sum + 1 + Buffer.byteLength(name) + valueBytes(member),
      3,
    );
  return 1;
}

/** One byte for two significant digits, one for the exponent, one for a minus; at most 21. */
function numberBytes(text: string): number {
  let [first, last, digits] = [0, 0, 0];
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (unit === SMALL_E || unit === LARGE_E) break;
    if (unit < ZERO || unit > NINE) continue;
    digits += 1;
    if (unit === ZERO) continue;
    if (first === 0) first = digits;
    last = digits;
  }
  const significant = first === 0 ? 0 : last - first + 1;
  return Math.min(21, Math.ceil(significant / 2) + 1 + (text.startsWith('-') ? 1 : 0));
}

const [ZERO, NINE, LARGE_E, SMALL_E] = [0x30, 0x39, 0x45, 0x65];
