import { padTo } from '../values/text.ts';
import { trimFraction } from '../values/to-canonical-time.ts';
import { type ColumnType, elementType, integerWidths } from '../values/types.ts';

/**
 * The position decides how a value is encoded: numbers in sort keys have a fixed width, so that
 * text order is numeric order.
 */
export type KeyPosition = 'PK' | 'SK';

/** Canonical text to the text of a key segment and back. `encode` returns null if the value has no such form. */
export interface KeyText {
  encode(text: string): string | null;
  decode(segment: string): string;
  /** Encodes a prefix, for searches by prefix; null if the type does not support it. */
  readonly prefix: ((text: string) => string) | null;
  /** The order is that of the canonical text under COLLATE "C"; else it is the type's own. */
  readonly collate: boolean;
  /** The order means something to the type, so that a range can be asked for. */
  readonly ordered: boolean;
}

/**
 * The codec for a type's values in keys, or the reason why there is none. It depends on the type
 * only, never on a value (docs/plan.md).
 */
export function keyText(type: ColumnType, position: KeyPosition): KeyText | string {
  if (type.array)
    return isExact(elementType(type))
      ? exact
      : `an array of ${type.name} has equal values of different texts, which a key cannot hold`;
  switch (type.kind) {
    case 'text':
    case 'enum':
      return words;
    case 'padded':
      return padded(type.length);
    case 'uuid':
      return same(UUID);
    case 'boolean':
      return same(BOOLEAN);
    case 'date':
      return orElse(INFINITE, same(DATE));
    case 'time':
      return fraction(TIME, '');
    case 'timestamp':
      return orElse(INFINITE, fraction(TIMESTAMP, ''));
    case 'timestamptz':
      return orElse(INFINITE, fraction(INSTANT, '+00'));
    case 'integer':
      return position === 'PK' ? same(INTEGER) : fixed(integerWidths[type.name] ?? 19, 0);
    case 'decimal':
      return decimal(type, position);
    case 'bytes':
      return same(BYTES);
    default:
      return isExact(type) ? exact : `${type.name} has equal values of different texts, which a key cannot hold`;
  }
}

/** Types without an order of their text, but with one text for equal values. */
const EXACT = new Set(
  (
    'inet cidr macaddr macaddr8 bit varbit int4range int8range daterange tsrange tstzrange ' +
    'int4multirange int8multirange datemultirange tsmultirange tstzmultirange pg_lsn xid8'
  ).split(' '),
);
/** Kinds whose values have one text each. `char(n)`, floats and bare numerics do not. */
const EXACT_KINDS: ReadonlySet<ColumnType['kind']> = new Set([
  'text',
  'enum',
  'uuid',
  'boolean',
  'integer',
  'bytes',
  'date',
  'time',
  'timestamp',
  'timestamptz',
]);

function isExact({ kind, name, precision }: ColumnType): boolean {
  return EXACT_KINDS.has(kind) || EXACT.has(name) || (kind === 'decimal' && precision !== null);
}

/** Lower-case hex has the order of the bytes. */
const BYTES = /^(?:[0-9a-f]{2})*$/;
const UUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/;
const BOOLEAN = /^(?:true|false)$/;
// Years BC and past 9999 would sort wrongly.
const DATE = /^\d{4}-\d\d-\d\d$/;
const TIME = /^(\d\d:\d\d:\d\d)(?:\.(\d{1,6}))?$/;
const TIMESTAMP = /^(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)(?:\.(\d{1,6}))?$/;
const INSTANT = /^(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)(?:\.(\d{1,6}))?\+00$/;
const INTEGER = /^-?\d+$/;
// `-` sorts before all digits and letters sort after them, so these keep PostgreSQL's order as they are.
const INFINITE = /^-?infinity$/;
const NAN = /^NaN$/;

/**
 * Writes U+0000 to U+0025 as %XX: `#` remains a delimiter, and the order is that of COLLATE "C",
 * because % is the highest of these characters.
 */
function escapeText(text: string): string {
  let escaped = '';
  let from = 0;
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (unit > 0x25) continue;
    escaped += `${text.slice(from, at)}%${unit.toString(16).toUpperCase().padStart(2, '0')}`;
    from = at + 1;
  }
  return from === 0 ? text : escaped + text.slice(from);
}

/** The inverse of `escapeText`. */
function unescapeText(segment: string): string {
  if (!segment.includes('%')) return segment;
  return segment.replace(/%([0-9A-F]{2})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 16)));
}

const words: KeyText = { encode: escapeText, decode: unescapeText, prefix: escapeText, collate: true, ordered: true };
/** The canonical text, whose order is not that of the type. */
const exact: KeyText = { ...words, prefix: null, ordered: false };

/** Trailing blanks of char(n) are insignificant and are dropped. */
function padded(length: number | null): KeyText {
  return {
    encode: (text) => escapeText(text.replace(/ +$/, '')),
    decode: (segment) => padTo(unescapeText(segment), length),
    prefix: escapeText,
    collate: true,
    ordered: true,
  };
}

function same(form: RegExp): KeyText {
  return {
    encode: (text) => (form.test(text) ? text : null),
    decode: (segment) => segment,
    prefix: null,
    collate: false,
    ordered: true,
  };
}

/** ISO with six decimals; `zone` is the UTC offset in canonical text, `Z` here. */
function fraction(form: RegExp, zone: string): KeyText {
  const end = zone === '' ? '' : 'Z';
  return {
    encode: (text) => {
      const match = form.exec(text);
      return match === null ? null : `${(match[1] ?? '').replace(' ', 'T')}.${(match[2] ?? '').padEnd(6, '0')}${end}`;
    },
    decode: (segment) => trimFraction(segment.slice(0, segment.length - end.length)).replace('T', ' ') + zone,
    prefix: null,
    collate: false,
    ordered: true,
  };
}

function decimal(type: ColumnType, position: KeyPosition): KeyText | string {
  const { precision, scale } = type;
  if (precision === null || scale === null) return 'numeric without precision and scale cannot be encoded in a key';
  if (position === 'PK') return orElse(NAN, same(/^-?\d+(?:\.\d+)?$/));
  // A negative scale rounds to powers of ten: the text is an integer with that many more digits. A
  // scale above the precision leaves no digit before the point.
  return orElse(NAN, fixed(Math.max(precision - scale, 1), Math.max(scale, 0)));
}

/** The codec, beside values that stand in keys as they are. */
function orElse(special: RegExp, codec: KeyText): KeyText {
  return {
    ...codec,
    encode: (text) => (special.test(text) ? text : codec.encode(text)),
    decode: (segment) => (special.test(segment) ? segment : codec.decode(segment)),
  };
}

/**
 * Digits at fixed positions; a negative number is '-' and its ten's complement: '-' sorts before
 * every digit, and the complement reverses the order of magnitudes.
 */
function fixed(before: number, after: number): KeyText {
  const width = before + after;
  const turn = 10n ** BigInt(width);
  const form = after === 0 ? /^(-?)(\d+)$/ : new RegExp(`^(-?)(\\d+)\\.(\\d{${after}})$`);
  const point = (digits: string): string =>
    after === 0 ? digits : `${digits.slice(0, before)}.${digits.slice(before)}`;
  return {
    encode: (text) => {
      const match = form.exec(text);
      if (match === null) return null;
      const digits = ((match[2] ?? '') + (match[3] ?? '')).replace(/^0+(?=\d)/, '');
      if (digits.length > width) return null;
      if (match[1] === '') return point(digits.padStart(width, '0'));
      return `-${point((turn - BigInt(digits)).toString().padStart(width, '0'))}`;
    },
    decode: (segment) => {
      const negative = segment.startsWith('-');
      const digits = segment.replace(/[-.]/g, '');
      const magnitude = (negative ? (turn - BigInt(digits)).toString() : digits).padStart(width, '0');
      const whole = magnitude.slice(0, magnitude.length - after).replace(/^0+(?=\d)/, '');
      const text = after === 0 ? whole : `${whole}.${magnitude.slice(magnitude.length - after)}`;
      return negative ? `-${text}` : text;
    },
    prefix: null,
    collate: false,
    ordered: true,
  };
}
