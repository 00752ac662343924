import type { AttributeValue } from '../../item.ts';
import { jsonbOf } from './decode-json.ts';
import { plainNumber, withScale } from './dynamo-number.ts';
import { type ColumnType, elementType } from './types.ts';

/** Decodes an attribute to canonical text; null if its type cannot be the column's. */
type Decode = (value: AttributeValue) => string | null;

/** Reads one column's attributes. Shares no code with the encoder, so that an error in one is found by the other (RACE-31). */
export function decoder(type: ColumnType): Decode {
  if (!type.array) return scalar(type);
  const element = scalar(elementType(type));
  return (value) => {
    if ('S' in value) return value.S;
    if (!('L' in value)) return null;
    const texts: (string | null)[] = [];
    for (const item of value.L) {
      const text = 'NULL' in item ? null : element(item);
      if (text === null && !('NULL' in item)) return null;
      texts.push(text);
    }
    return JSON.stringify(texts);
  };
}

/**
 * True if `decoder` accepts one attribute type only, so that a decoded value has the column's
 * expected type.
 */
export function hasSingleEncoding({ kind, array }: ColumnType): boolean {
  return !array && kind !== 'decimal' && kind !== 'float' && kind !== 'jsonb';
}

const text: Decode = (value) => ('S' in value ? value.S : null);

function scalar(type: ColumnType): Decode {
  switch (type.kind) {
    case 'boolean':
      return (value) => ('BOOL' in value ? String(value.BOOL) : null);
    case 'integer':
      return (value) => ('N' in value ? plainNumber(value.N) : null);
    case 'decimal':
    case 'float':
      return number(type.kind === 'decimal' ? Math.max(type.scale ?? 0, 0) : 0);
    case 'bytes':
      return (value) =>
        'B' in value ? Buffer.from(value.B.buffer, value.B.byteOffset, value.B.byteLength).toString('hex') : null;
    case 'timestamp':
      return instant(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}$/, '');
    case 'timestamptz':
      return instant(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/, '+00');
    case 'jsonb':
      return (value) => ('S' in value ? value.S : jsonbOf(value));
    default:
      return text;
  }
}

function number(scale: number): Decode {
  return (value) => {
    if ('S' in value) return value.S;
    if (!('N' in value)) return null;
    const plain = plainNumber(value.N);
    return plain === null ? null : withScale(plain, scale);
  };
}

/**
 * Converts to PostgreSQL's text: a space instead of T, no trailing zeros. A text of another form
 * was stored unchanged.
 */
function instant(form: RegExp, zone: string): Decode {
  return (value) => {
    if (!('S' in value)) return null;
    const { S } = value;
    if (!form.test(S)) return S;
    let end = FRACTION_END;
    while (S[end - 1] === '0') end -= 1;
    return `${S.slice(0, 10)} ${S.slice(11, 19)}${end === FRACTION ? '' : `.${S.slice(FRACTION, end)}`}${zone}`;
  };
}

/** Positions of the six digits of a fraction. */
const [FRACTION, FRACTION_END] = [20, 26];
