import { compareNames } from './decode-json.ts';
import { isValidText } from './text.ts';
import { plainNumber } from './dynamo-number.ts';

/**
 * A JSON value as text of type json, which PostgreSQL stores unchanged: what JSON.stringify makes of it. Null for what has no JSON
 * text, and for text that PostgreSQL cannot hold.
 */
export function jsonText(value: unknown): string | null {
  const text = stringified(value);
  return typeof text === 'string' && isValidText(text) ? text : null;
}

/**
 * A JSON value as PostgreSQL prints it as jsonb: names by length in bytes, then by bytes. It means what JSON.stringify makes of it:
 * `toJSON`, holes, NaN and undefined included.
 */
export function jsonbText(value: unknown): string | null {
  const text = stringified(value);
  return typeof text === 'string' ? printed(JSON.parse(text)) : null;
}

/** Why a value has no JSON text, for an error message; null where another rule refuses it. */
export function jsonRefusal(value: unknown): string | null {
  const text = stringified(value);
  return text instanceof Error ? text.message : null;
}

function stringified(value: unknown): string | undefined | Error {
  if (value instanceof Uint8Array) return new Error('bytes are no JSON value');
  try {
    return JSON.stringify(value);
  } catch (error) {
    if (error instanceof RangeError) return new Error('the value is nested too deeply');
    if (!(error instanceof TypeError)) throw error;
    return new Error(/BigInt/.test(error.message) ? 'a BigInt is no JSON value' : 'the value contains itself');
  }
}

/** Of what JSON.parse gives. */
function printed(value: unknown): string | null {
  if (value === null) return 'null';
  switch (typeof value) {
    case 'string':
      return isValidText(value) ? JSON.stringify(value) : null;
    case 'number':
      return plainNumber(String(value));
    case 'boolean':
      return String(value);
    default:
      return Array.isArray(value) ? listText(value) : objectText(Object(value));
  }
}

function listText(values: readonly unknown[]): string | null {
  const texts = values.map(printed);
  return texts.includes(null) ? null : `[${texts.join(', ')}]`;
}

function objectText(value: object): string | null {
  const members = Object.entries(value)
    .sort(([left], [right]) => compareNames(left, right))
    .map(([name, member]) => {
      const text = printed(member);
      return text === null || !isValidText(name) ? null : `${JSON.stringify(name)}: ${text}`;
    });
  return members.includes(null) ? null : `{${members.join(', ')}}`;
}
