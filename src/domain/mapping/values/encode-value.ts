import * as z from 'zod';
import type { AttributeValue } from '../../item.ts';
import { mapOf } from './encode-json.ts';
import { isDynamoNumber, isExactNumber } from './dynamo-number.ts';
import { type ColumnType, elementType, maxDigits } from './types.ts';

/** Null for a value that cannot be stored exactly: a number beyond DynamoDB's limits. */
type Encode = (text: string) => AttributeValue | null;

/**
 * Encodes canonical text as an attribute, for one column. `asMap`: jsonb becomes a map or list if
 * that returns it exactly.
 */
export function encoder(type: ColumnType, asMap: boolean): Encode {
  if (type.array) return list(scalar(elementType(type), false));
  return scalar(type, asMap);
}

const TRUE: AttributeValue = { BOOL: true };
const FALSE: AttributeValue = { BOOL: false };

const asText: Encode = (text) => ({ S: text });
const asNumber: Encode = (text) => ({ N: text });
/**
 * A number if DynamoDB returns exactly the same text, else the text: without a declared scale 1.50
 * and 1.5 are different.
 */
const asExactNumber: Encode = (text) => (isExactNumber(text) ? { N: text } : { S: text });
/** DynamoDB has no NaN or infinity; they stay text. */
const asDecimal: Encode = (text) => (!/\d/.test(text) || isDynamoNumber(text) ? asExactNumber(text) : null);

function scalar(type: ColumnType, asMap: boolean): Encode {
  switch (type.kind) {
    case 'boolean':
      return (text) => (text === 'true' ? TRUE : FALSE);
    case 'integer':
      return asNumber;
    case 'decimal':
      return declaresDecimal(type) ? (text) => (text === 'NaN' ? { S: text } : { N: text }) : asDecimal;
    case 'float':
      return asExactNumber;
    case 'bytes':
      return (text) => ({ B: Buffer.from(text, 'hex') });
    case 'timestamp':
      return (text) => ({ S: isoText(text, '') });
    case 'timestamptz':
      return (text) => ({ S: isoText(text, '+00') });
    case 'jsonb':
      return asMap ? (text) => mapOf(text) ?? { S: text } : asText;
    default:
      return asText;
  }
}

/** numeric(p,s) within DynamoDB's limits; decoding restores trailing zeros from the scale. */
function declaresDecimal({ precision, scale }: ColumnType): boolean {
  return precision !== null && scale !== null && precision <= maxDigits && scale >= 0 && scale <= maxDigits;
}

/** `2024-01-02 03:04:05.6789+00` as `2024-01-02T03:04:05.678900Z`; years of other than four digits, BC and infinity stay as they are. */
function isoText(text: string, zone: string): string {
  const end = text.length - zone.length;
  if (end < 19 || text[4] !== '-' || text[10] !== ' ' || !text.endsWith(zone) || text.endsWith('BC')) return text;
  return `${text.slice(0, 10)}T${text.slice(11, 19)}.${text.slice(20, end).padEnd(6, '0')}${zone === '' ? '' : 'Z'}`;
}

const elements = z.array(z.string().nullable());

/** One-dimensional arrays are canonical JSON; others come as PostgreSQL's text, and stay text. */
function list(element: Encode): Encode {
  return (text) => {
    if (!(text.startsWith('["') || text.startsWith('[null') || text === '[]')) return { S: text };
    const list: AttributeValue[] = [];
    for (const item of elements.parse(JSON.parse(text))) {
      const value: AttributeValue | null = item === null ? { NULL: true } : element(item);
      if (value === null) return null;
      list.push(value);
    }
    return { L: list };
  };
}
