import { type ArrayElement, parseArrayText } from './array-text.ts';
import { type ColumnType, columnType, type Kind } from './column-type.ts';
import { DataApiError } from './errors.ts';

export interface RowFormat {
  /** `fields`: one union member per value (`records`). `json`: one object per row (`formattedRecords`). */
  readonly as: 'fields' | 'json';
  readonly decimals: 'STRING' | 'DOUBLE_OR_LONG';
  readonly longs: 'STRING' | 'LONG';
}

export type RowWriter = (values: readonly (string | null)[]) => string;

/** Creates a function that writes a row as JSON text, directly from PostgreSQL's text format. */
export function rowWriter(columns: readonly { name: string; dataTypeID: number }[], format: RowFormat): RowWriter {
  const json = format.as === 'json';
  const cells = columns.map(({ name, dataTypeID }, index) => ({
    lead: `${index === 0 ? '' : ','}${json ? `${JSON.stringify(name)}:` : ''}`,
    write: json ? jsonWriter(columnType(dataTypeID), format) : fieldWriter(columnType(dataTypeID), format),
  }));
  const absent = json ? 'null' : '{"isNull":true}';
  const [open, close] = json ? ['{', '}'] : ['[', ']'];
  return (values) => {
    let text = open;
    cells.forEach(({ lead, write }, index) => {
      const value = values[index] ?? null;
      text += lead + (value === null ? absent : write(value));
    });
    return text + close;
  };
}

/** A JSON value, and its member of AWS's Field union (or, in the plural, of ArrayValue). */
interface Scalar {
  readonly member: 'longValue' | 'doubleValue' | 'stringValue' | 'booleanValue' | 'blobValue';
  readonly json: string;
}

const SCALARS: Readonly<Record<Kind, (text: string, format: RowFormat) => Scalar>> = {
  text: (text) => ({ member: 'stringValue', json: JSON.stringify(text) }),
  boolean: (text) => ({ member: 'booleanValue', json: text === 't' ? 'true' : 'false' }),
  blob: (text) => ({ member: 'blobValue', json: `"${bytes(text).toString('base64')}"` }),
  long: (text, { longs }) =>
    longs === 'STRING' ? { member: 'stringValue', json: `"${text}"` } : { member: 'longValue', json: text },
  double: (text) => ({ member: 'doubleValue', json: number(text) }),
  decimal: (text, { decimals }) => {
    if (decimals === 'STRING') return { member: 'stringValue', json: `"${text}"` };
    return { member: /^-?\d+$/.test(text) ? 'longValue' : 'doubleValue', json: number(text) };
  },
  // AWS returns the instant in UTC without an offset; in another session time zone the offset must
  // be kept.
  timestamptz: (text) => ({ member: 'stringValue', json: `"${text.endsWith('+00') ? text.slice(0, -3) : text}"` }),
};

/** Accepts both of PostgreSQL's formats, because a session or role may use the older one. */
function bytes(text: string): Buffer {
  if (text.startsWith('\\x')) return Buffer.from(text.slice(2), 'hex');
  const unescaped = text.replace(/\\(\\|[0-7]{3})/g, (_, code: string) =>
    code === '\\' ? code : String.fromCharCode(Number.parseInt(code, 8)),
  );
  return Buffer.from(unescaped, 'latin1');
}

/** JSON has no NaN or infinity; REST-JSON writes them as text. */
function number(text: string): string {
  return /^[-\d]/.test(text) && !text.endsWith('y') ? text : `"${text}"`;
}

function fieldWriter(type: ColumnType, format: RowFormat): (text: string) => string {
  const scalar = SCALARS[type.kind];
  if (type.array) return (text) => `{"arrayValue":${arrayField(parseArrayText(text), type.kind, format)}}`;
  return (text) => {
    const { member, json } = scalar(text, format);
    return `{"${member}":${json}}`;
  };
}

function arrayField(elements: readonly ArrayElement[], kind: Kind, format: RowFormat): string {
  if (elements.some((element) => Array.isArray(element))) {
    const inner = elements.map((element) => arrayField(Array.isArray(element) ? element : [], kind, format));
    return `{"arrayValues":[${inner.join(',')}]}`;
  }
  const scalars = elements.map((element) => {
    if (typeof element === 'string') return SCALARS[kind](element, format);
    // ArrayValue cannot represent it, and an SDK would silently drop it.
    throw new DataApiError('UnsupportedResultException', 'The result contains an array with a NULL element');
  });
  const first = scalars[0]?.member ?? SCALARS[kind](kind === 'blob' ? '\\x' : '0', format).member;
  const [member, jsons] =
    first === 'blobValue'
      ? ['stringValues', scalars]
      : [scalars.some((scalar) => scalar.member === 'doubleValue') ? 'doubleValues' : `${first}s`, scalars];
  return `{"${member}":[${jsons.map(({ json }) => json).join(',')}]}`;
}

function jsonWriter(type: ColumnType, format: RowFormat): (text: string) => string {
  const scalar = SCALARS[type.kind];
  if (type.array) return (text) => jsonArray(parseArrayText(text), type.kind, format);
  return (text) => scalar(text, format).json;
}

function jsonArray(elements: readonly ArrayElement[], kind: Kind, format: RowFormat): string {
  const written = elements.map((element) => {
    if (element === null) return 'null';
    return typeof element === 'string' ? SCALARS[kind](element, format).json : jsonArray(element, kind, format);
  });
  return `[${written.join(',')}]`;
}
