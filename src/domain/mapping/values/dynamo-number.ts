import { type ColumnType, maxDigits } from './types.ts';

const PLAIN = /^-?(?:0|[1-9]\d*)(?:\.\d*[1-9])?$/;

/** DynamoDB's numbers: zero, and magnitudes from 1E-130 to 9.99…E+125. */
const [LOWEST_EXPONENT, HIGHEST_EXPONENT] = [-130, 125];

/** True if DynamoDB returns this number as the same text: plain digits, no redundant zeros, within its limits. */
export function isExactNumber(text: string): boolean {
  return PLAIN.test(text) && text !== '-0' && (text.length <= maxDigits || isDynamoNumber(text));
}

/**
 * True if DynamoDB can hold this number, given in plain digits: at most 38 significant digits, and
 * a magnitude within its limits.
 */
export function isDynamoNumber(text: string): boolean {
  const match = /^-?0*(\d*)(?:\.(0*)(\d*))?$/.exec(text);
  if (match === null) return false;
  const [, whole = '', zeros = '', rest = ''] = match;
  const digits = (whole === '' ? rest : whole + zeros + rest).replace(/0+$/, '');
  if (digits === '') return true;
  const exponent = whole === '' ? -1 - zeros.length : whole.length - 1;
  return digits.length <= maxDigits && exponent >= LOWEST_EXPONENT && exponent <= HIGHEST_EXPONENT;
}

/** True if DynamoDB can hold every value of numeric(p,s). */
export function fitsDynamoNumbers({ precision, scale }: Pick<ColumnType, 'precision' | 'scale'>): boolean {
  if (precision === null || scale === null) return false;
  return precision <= maxDigits && scale <= -LOWEST_EXPONENT && precision - scale <= HIGHEST_EXPONENT + 1;
}

/** A number as DynamoDB may return it (`1E+2`, `1.50`), in plain digits without redundant zeros. */
export function plainNumber(text: string): string | null {
  const match = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d+))?$/.exec(text);
  if (match === null) return null;
  const [, sign, whole = '', rest = '', exponent = '0'] = match;
  if (whole === '' && rest === '') return null;
  // No stored number has such an exponent, and writing out its zeros could exhaust memory.
  if (Math.abs(Number(exponent)) > 1_000) return null;
  const digits = whole + rest;
  const point = whole.length + Number(exponent);
  const padded = point < 0 ? '0'.repeat(-point) + digits : digits.padEnd(point, '0');
  const at = Math.max(point, 0);
  const before = padded.slice(0, at).replace(/^0+/, '') || '0';
  const after = padded.slice(at).replace(/0+$/, '');
  const plain = after === '' ? before : `${before}.${after}`;
  return sign === '-' && plain !== '0' ? `-${plain}` : plain;
}

/** A plain number with exactly `scale` digits after the point, as numeric(p,s) prints it. */
export function withScale(plain: string, scale: number): string {
  if (scale === 0) return plain;
  const point = plain.indexOf('.');
  if (point === -1) return `${plain}.${'0'.repeat(scale)}`;
  return plain.padEnd(point + 1 + scale, '0');
}
