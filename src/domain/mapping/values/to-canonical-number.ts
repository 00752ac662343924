import { finiteText } from './float-text.ts';
import { isDynamoNumber, plainNumber, withScale } from './dynamo-number.ts';
import type { ColumnType } from './types.ts';

const RANGES: Readonly<Record<string, readonly [bigint, bigint]>> = {
  int2: [-(2n ** 15n), 2n ** 15n - 1n],
  int4: [-(2n ** 31n), 2n ** 31n - 1n],
  int8: [-(2n ** 63n), 2n ** 63n - 1n],
  oid: [0n, 2n ** 32n - 1n],
};

/** A whole number within its type's range as canonical text. */
export function integerText(value: unknown, type: string): string | null {
  const number = whole(value);
  const range = RANGES[type];
  if (number === null || (range !== undefined && (number < range[0] || number > range[1]))) return null;
  return number.toString();
}

function whole(value: unknown): bigint | null {
  if (typeof value === 'bigint') return value;
  if (typeof value === 'number') return Number.isSafeInteger(value) ? BigInt(value) : null;
  return typeof value === 'string' && /^-?\d+$/.test(value) ? BigInt(value) : null;
}

/** A numeric as PostgreSQL prints it. Only PostgreSQL rounds: a value with more digits than the column is refused, so the caller must round first. */
export function decimalText(value: unknown, { precision, scale }: ColumnType): string | null {
  if (value === 'NaN' || (precision === null && (value === 'Infinity' || value === '-Infinity'))) return value;
  const given = typeof value === 'number' || typeof value === 'bigint' ? String(value) : value;
  const plain = typeof given === 'string' ? plainNumber(given) : null;
  if (typeof given !== 'string' || plain === null) return null;
  if (precision === null || scale === null) {
    if (!isDynamoNumber(plain)) return null;
    // Without a declared scale PostgreSQL keeps the digits as they were written.
    const written = /^(-?)0*(\d+(?:\.\d+)?)$/.exec(given);
    return written === null ? plain : `${plain.startsWith('-') ? '-' : ''}${written[2] ?? ''}`;
  }
  const places = Math.max(scale, 0);
  const [before = '', rest = ''] = plain.replace('-', '').split('.');
  const digits = (before + rest.padEnd(places, '0')).replace(/^0+/, '');
  if (rest.length > places || digits.length > precision + Math.max(-scale, 0)) return null;
  if (scale < 0 && plain !== '0' && !plain.endsWith('0'.repeat(-scale))) return null;
  return withScale(plain, places);
}

const FLOAT = /^-?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i;

/** A float as PostgreSQL prints it. What the type would turn into 0 or infinity is refused, as PostgreSQL does. */
export function floatText(value: unknown, single: boolean): string | null {
  if (value === 'NaN' || Number.isNaN(value)) return 'NaN';
  if (value === 'Infinity' || value === Infinity) return 'Infinity';
  if (value === '-Infinity' || value === -Infinity) return '-Infinity';
  const given = typeof value === 'string' && FLOAT.test(value) ? Number(value) : value;
  if (typeof given !== 'number') return null;
  const number = single ? Math.fround(given) : given;
  const vanished =
    number === 0 && (given !== 0 || (typeof value === 'string' && /[1-9]/.test(value.replace(/e.*$/i, ''))));
  return Number.isFinite(number) && !vanished ? finiteText(number, single) : null;
}
