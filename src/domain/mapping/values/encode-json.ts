import type { AttributeValue } from '../../item.ts';
import { isExactNumber } from './dynamo-number.ts';

// DynamoDB nests 32 levels deep; the attribute itself is one.
const MAX_DEPTH = 31;
const MAX_NAME_BYTES = 65_535;

/**
 * Encodes a jsonb object or array as a map or list, or null if DynamoDB would not return it
 * exactly: numbers with redundant zeros or too many digits, empty names, too many levels; and
 * scalars, which need no map. Numbers never pass through floating point, unlike in JSON.parse.
 */
export function mapOf(text: string): AttributeValue | null {
  if (!(text.startsWith('{') || text.startsWith('['))) return null;
  const reader: Reader = { text, at: 0 };
  return value(reader, 1);
}

interface Reader {
  readonly text: string;
  at: number;
}

const STRING = /"(?:[^"\\]|\\.)*"/y;
const NUMBER = /-?\d[\d.eE+-]*/y;

function value(reader: Reader, depth: number): AttributeValue | null {
  if (depth > MAX_DEPTH) return null;
  switch (reader.text[reader.at]) {
    case '{':
      return object(reader, depth);
    case '[':
      return array(reader, depth);
    case '"':
      return { S: string(reader) };
    case 't':
      reader.at += 4;
      return { BOOL: true };
    case 'f':
      reader.at += 5;
      return { BOOL: false };
    case 'n':
      reader.at += 4;
      return { NULL: true };
    default: {
      const number = token(reader, NUMBER);
      return isExactNumber(number) ? { N: number } : null;
    }
  }
}

function object(reader: Reader, depth: number): AttributeValue | null {
  const members: [string, AttributeValue][] = [];
  reader.at += 1;
  for (;;) {
    skip(reader);
    if (reader.text[reader.at] === '}') break;
    const name = string(reader);
    // An attribute name is limited to 64 KB; `__proto__` has a special meaning in JavaScript
    // objects.
    if (name === '' || name === '__proto__' || Buffer.byteLength(name) > MAX_NAME_BYTES) return null;
    skip(reader);
    const member = value(reader, depth + 1);
    if (member === null) return null;
    members.push([name, member]);
  }
  reader.at += 1;
  return { M: Object.fromEntries(members) };
}

function array(reader: Reader, depth: number): AttributeValue | null {
  const elements: AttributeValue[] = [];
  reader.at += 1;
  for (;;) {
    skip(reader);
    if (reader.text[reader.at] === ']') break;
    const element = value(reader, depth + 1);
    if (element === null) return null;
    elements.push(element);
  }
  reader.at += 1;
  return { L: elements };
}

/** jsonb's text is well formed, so separators are not checked. */
function skip(reader: Reader): void {
  while (SEPARATORS.has(reader.text[reader.at] ?? '')) reader.at += 1;
}

const SEPARATORS = new Set([' ', ',', ':']);

function string(reader: Reader): string {
  return String(JSON.parse(token(reader, STRING)));
}

function token(reader: Reader, pattern: RegExp): string {
  pattern.lastIndex = reader.at;
  const found = pattern.exec(reader.text)?.[0];
  if (found === undefined) throw new TypeError('not the text of a jsonb value');
  reader.at += found.length;
  return found;
}
