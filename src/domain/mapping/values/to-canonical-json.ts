import type { ApplicationValue } from './application-value.ts';
import { compareNames } from './decode-json.ts';
import { isValidText } from './text.ts';
import { plainNumber } from './dynamo-number.ts';

/**
 * A JSON value as text of type json, which PostgreSQL stores unchanged; null for values that JSON
 * cannot represent.
 */
export function jsonText(value: ApplicationValue): string | null {
  try {
    return JSON.stringify(value) ?? null;
  } catch {
    // A bigint, or a value that contains itself.
    return null;
  }
}

/** A JSON value as PostgreSQL prints it as jsonb: names by length in bytes, then by bytes. */
export function jsonbText(value: ApplicationValue): string | null {
  if (value === null || value === undefined) return 'null';
  if (value instanceof Date) return JSON.stringify(value);
  if (value instanceof Uint8Array) return null;
  switch (typeof value) {
    case 'string':
      return isValidText(value) ? JSON.stringify(value) : null;
    case 'number':
      return Number.isFinite(value) ? plainNumber(String(value)) : null;
    case 'bigint':
    case 'boolean':
      return String(value);
    default:
      return Array.isArray(value) ? listText(value) : objectText(value);
  }
}

function listText(values: readonly ApplicationValue[]): string | null {
  const texts = values.map(jsonbText);
  return texts.includes(null) ? null : `[${texts.join(', ')}]`;
}

function objectText(value: object): string | null {
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .sort(([left], [right]) => compareNames(left, right))
    .map(([name, member]) => {
      const text = jsonbText(member);
      return text === null || !isValidText(name) ? null : `${JSON.stringify(name)}: ${text}`;
    });
  return members.includes(null) ? null : `{${members.join(', ')}}`;
}
