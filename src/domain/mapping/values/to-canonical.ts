import { jsonbText, jsonText } from './to-canonical-json.ts';
import { decimalText, floatText, integerText } from './to-canonical-number.ts';
import { dateText, instantText, timeText } from './to-canonical-time.ts';
import type { ApplicationValue } from './application-value.ts';
import { codePoints, padTo } from './text.ts';
import { isValidText } from './text.ts';
import { type ColumnType, elementType } from './types.ts';

type ToCanonical = (value: NonNullable<ApplicationValue>) => string | null;

/** Converts an application's value to canonical text, by type; null if the type cannot hold it. */
export function toCanonical(type: ColumnType): ToCanonical {
  if (!type.array) return scalar(type);
  const element = scalar(elementType(type));
  return (value) => {
    // An array of several dimensions, or whose lower bound is not 1, is read and written as
    // PostgreSQL's text.
    if (typeof value === 'string') return SHAPED.test(value) && isValidText(value) ? value : null;
    if (!Array.isArray(value)) return null;
    const texts: (string | null)[] = [];
    for (const item of value) {
      const text = item === null || item === undefined ? null : element(item);
      if (text === null && item !== null && item !== undefined) return null;
      texts.push(text);
    }
    return JSON.stringify(texts);
  };
}

/**
 * A value to search for, which may be longer than any in the column: it matches nothing, or bounds
 * a range. Without `padded`, a char(n) keeps exactly the blanks that it was given.
 */
export function toCanonicalPrefix(type: ColumnType, padded: boolean): ToCanonical {
  if (type.array || (type.kind !== 'text' && type.kind !== 'padded')) return toCanonical(type);
  return (value) => {
    const text = wordText(value, null);
    return text === null || type.kind === 'text' || !padded ? text : padTo(text, type.length);
  };
}

const SHAPED = /^(?:\{\{[^]*\}\}|(?:\[-?\d+:-?\d+\])+=\{[^]*\})$/;

function scalar(type: ColumnType): ToCanonical {
  switch (type.kind) {
    case 'boolean':
      return (value) => {
        const text = typeof value === 'boolean' ? String(value) : value;
        return text === 'true' || text === 'false' ? text : null;
      };
    case 'integer':
      return (value) => integerText(value, type.name);
    case 'decimal':
      return (value) => decimalText(value, type);
    case 'float':
      return (value) => floatText(value, type.name === 'float4');
    case 'bytes':
      return (value) => (value instanceof Uint8Array ? Buffer.from(value).toString('hex') : null);
    case 'text':
      return (value) => wordText(value, type.length);
    case 'padded':
      return (value) => {
        const text = typeof value === 'string' ? wordText(value, type.length) : null;
        return text === null ? null : padTo(text, type.length);
      };
    case 'uuid':
      return (value) => (typeof value === 'string' && UUID.test(value) ? value.toLowerCase() : null);
    case 'date':
      return dateText;
    case 'time':
      return timeText;
    case 'timestamp':
    case 'timestamptz':
      return (value) => instantText(value, type.kind === 'timestamptz');
    case 'jsonb':
      return jsonbText;
    case 'json':
      return jsonText;
    default:
      return (value) => wordText(value, null);
  }
}

const UUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i;

/** Text of at most `length` characters, which PostgreSQL counts in code points. */
function wordText(value: NonNullable<ApplicationValue>, length: number | null): string | null {
  const text = typeof value === 'number' || typeof value === 'bigint' ? String(value) : value;
  if (typeof text !== 'string' || !isValidText(text)) return null;
  return length === null || text.length <= length || codePoints(text) <= length ? text : null;
}
