import type { AttributeValue } from '../../item.ts';
import { plainNumber } from './dynamo-number.ts';

/**
 * Prints a map or list as PostgreSQL prints jsonb: names ordered by length in bytes, then by bytes,
 * with `, ` and `: ` as separators. Null for an attribute that does not encode a jsonb value.
 */
export function jsonbOf(value: AttributeValue): string | null {
  if ('S' in value) return JSON.stringify(value.S);
  if ('N' in value) return plainNumber(value.N);
  if ('BOOL' in value) return String(value.BOOL);
  if ('NULL' in value) return 'null';
  if ('L' in value) {
    const elements = value.L.map(jsonbOf);
    return elements.includes(null) ? null : `[${elements.join(', ')}]`;
  }
  if (!('M' in value)) return null;
  const members = Object.entries(value.M)
    .sort(([left], [right]) => compareNames(left, right))
    .map(([name, member]) => {
      const text = jsonbOf(member);
      return text === null ? null : `${JSON.stringify(name)}: ${text}`;
    });
  return members.includes(null) ? null : `{${members.join(', ')}}`;
}

/** The order of an object's names in jsonb. */
export function compareNames(left: string, right: string): number {
  const [a, b] = [Buffer.from(left), Buffer.from(right)];
  return a.length - b.length || Buffer.compare(a, b);
}
