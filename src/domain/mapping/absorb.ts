import { compareNames } from './decode-json.ts';
import { padTo, trimFraction } from './key-text.ts';
import { plainNumber, withScale } from './number.ts';
import { type ColumnType, elementType } from './types.ts';

/** What an application may give for a column. */
export type ApplicationValue =
  | string
  | number
  | bigint
  | boolean
  | null
  | undefined
  | Date
  | Uint8Array
  | readonly ApplicationValue[]
  | { readonly [name: string]: ApplicationValue };

type Absorb = (value: NonNullable<ApplicationValue>) => string | null;

/** An application's value to canonical text, by type; null where it has no form in it. */
export function absorber(type: ColumnType): Absorb {
  if (!type.array) return scalar(type);
  const element = scalar(elementType(type));
  return (value) => {
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

function scalar(type: ColumnType): Absorb {
  switch (type.kind) {
    case 'boolean':
      return (value) =>
        value === true || value === 'true' ? 'true' : value === false || value === 'false' ? 'false' : null;
    case 'integer':
      return (value) => integer(value);
    case 'decimal':
      return (value) => decimal(value, type);
    case 'float':
      return (value) => float(value, type.name === 'float4');
    case 'bytes':
      return (value) => (value instanceof Uint8Array ? Buffer.from(value).toString('hex') : null);
    case 'padded':
      return (value) => (typeof value === 'string' && valid(value) ? padTo(value, type.length) : null);
    case 'uuid':
      return (value) => (typeof value === 'string' && UUID.test(value) ? value.toLowerCase() : null);
    case 'date':
      return (value) =>
        value instanceof Date
          ? value.toISOString().slice(0, 10)
          : typeof value === 'string' && DATE.test(value)
            ? value
            : null;
    case 'time':
      return (value) => (typeof value === 'string' ? time(value) : null);
    case 'timestamp':
    case 'timestamptz':
      return (value) => instant(value, type.kind === 'timestamptz' ? '+00' : '');
    case 'jsonb':
      return (value) => jsonbText(value);
    case 'json':
      return (value) => JSON.stringify(value) ?? null;
    default:
      return (value) =>
        typeof value === 'string' && valid(value)
          ? value
          : typeof value === 'number' || typeof value === 'bigint'
            ? String(value)
            : null;
  }
}

const UUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i;
const DATE = /^(?:\d{4,}-\d\d-\d\d(?: BC)?|-?infinity)$/;

const LONE_SURROGATE = /\p{Surrogate}/u;

/** PostgreSQL's text holds no NUL, UTF-8 no lone surrogate. */
function valid(text: string): boolean {
  return !text.includes('\u0000') && !LONE_SURROGATE.test(text);
}

function integer(value: NonNullable<ApplicationValue>): string | null {
  if (typeof value === 'bigint') return value.toString();
  if (typeof value === 'number') return Number.isSafeInteger(value) ? String(value === 0 ? 0 : value) : null;
  return typeof value === 'string' && /^-?\d+$/.test(value) ? BigInt(value).toString() : null;
}

function decimal(value: NonNullable<ApplicationValue>, { precision, scale }: ColumnType): string | null {
  if (value === 'NaN' || (precision === null && (value === 'Infinity' || value === '-Infinity'))) return value;
  const given = typeof value === 'number' || typeof value === 'bigint' ? String(value) : value;
  if (typeof given !== 'string') return null;
  const plain = plainNumber(given);
  if (plain === null) return null;
  // Without a declared scale PostgreSQL keeps the digits as they were written.
  if (precision === null || scale === null)
    return /^-?\d+(?:\.\d+)?$/.test(given) ? given.replace(/^(-?)0+(?=\d)/, '$1') : plain;
  const places = Math.max(scale, 0);
  const [whole = '', rest = ''] = plain.replace('-', '').split('.');
  // Rounding is PostgreSQL's business; whoever gives more digits than the column has is asked to round first.
  if (rest.length > places || (whole === '0' ? 0 : whole.length) > precision - scale) return null;
  if (scale < 0 && plain !== '0' && !plain.endsWith('0'.repeat(-scale))) return null;
  return withScale(plain, places);
}

/** PostgreSQL's shortest text: plain below 15 digits (6 for real), else with a two-digit exponent. */
function float(value: NonNullable<ApplicationValue>, single: boolean): string | null {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  if (typeof number !== 'number') return null;
  if (Number.isNaN(number)) return value === 'NaN' || Number.isNaN(value) ? 'NaN' : null;
  if (!Number.isFinite(number)) return number > 0 ? 'Infinity' : '-Infinity';
  if (Object.is(number, -0)) return '-0';
  if (number === 0) return '0';
  const shortest = single ? shortestSingle(number) : number.toExponential();
  const [mantissa = '0', power = '0'] = shortest.split('e');
  const exponent = Number(power);
  if (exponent >= -4 && exponent < (single ? 6 : 15)) return plainNumber(shortest);
  const size = String(Math.abs(exponent)).padStart(2, '0');
  return `${mantissa}e${exponent < 0 ? '-' : '+'}${size}`;
}

function shortestSingle(number: number): string {
  const single = Math.fround(number);
  for (let digits = 0; digits < 9; digits++) {
    const text = single.toExponential(digits);
    if (Math.fround(Number(text)) === single) return text.replace(/\.?0+e/, 'e');
  }
  return single.toExponential();
}

function time(text: string): string | null {
  return /^\d\d:\d\d:\d\d(?:\.\d{1,6})?$/.test(text) ? trimFraction(text) : null;
}

const INSTANT = /^(\d{4,}-\d\d-\d\d)[T ](\d\d:\d\d(?::\d\d)?)(?:\.(\d{1,6}))?(Z|[+-]\d\d(?::?\d\d)?)?( BC)?$/;

/** Any ISO text with any offset, or a Date, in UTC and with its microseconds. */
function instant(value: NonNullable<ApplicationValue>, zone: string): string | null {
  if (value === 'infinity' || value === '-infinity') return value;
  const text = value instanceof Date ? value.toISOString() : value;
  if (typeof text !== 'string') return null;
  const match = INSTANT.exec(text);
  if (match === null) return null;
  const [, day = '', clock = '', fraction = '', offset = '', era = ''] = match;
  const full = clock.length === 5 ? `${clock}:00` : clock;
  const rest = fraction === '' ? '' : trimFraction(`.${fraction}`);
  if (zone === '') return `${day} ${full}${rest}${era}`;
  if (offset === '') return null;
  if (/^(?:Z|[+-]00(?::?00)?)$/.test(offset)) return `${day} ${full}${rest}${zone}${era}`;
  const hours = offset.slice(0, 3);
  const minutes = offset.slice(3).replace(':', '') || '00';
  const shifted = new Date(`${day}T${full}${hours}:${minutes}`);
  if (era !== '' || Number.isNaN(shifted.getTime())) return null;
  return `${shifted.toISOString().slice(0, 19).replace('T', ' ')}${rest}${zone}`;
}

/** A JSON value as PostgreSQL prints it as jsonb: names by length in bytes, then by bytes. */
export function jsonbText(value: ApplicationValue): string | null {
  if (value === null || value === undefined) return 'null';
  if (value instanceof Date) return JSON.stringify(value);
  if (value instanceof Uint8Array) return null;
  switch (typeof value) {
    case 'string':
      return valid(value) ? JSON.stringify(value) : null;
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
      return text === null || !valid(name) ? null : `${JSON.stringify(name)}: ${text}`;
    });
  return members.includes(null) ? null : `{${members.join(', ')}}`;
}
