import { maxDigits } from './types.ts';

const PLAIN = /^-?(?:0|[1-9]\d*)(?:\.\d*[1-9])?$/;

/** True when DynamoDB keeps this very text: plain, no needless zeros, at most 38 digits, within its range. */
export function isExactNumber(text: string): boolean {
  if (!PLAIN.test(text) || text === '-0') return false;
  if (text.length <= maxDigits) return true;
  const digits = text.replace(/[-.]/g, '').replace(/^0+/, '').replace(/0+$/, '');
  return digits.length <= maxDigits && text.length <= 120;
}

/** A number as DynamoDB may show it (`1E+2`, `1.50`) in plain digits without needless zeros. */
export function plainNumber(text: string): string | null {
  const match = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d+))?$/.exec(text);
  if (match === null) return null;
  const [, sign, whole = '', rest = '', exponent = '0'] = match;
  if (whole === '' && rest === '') return null;
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
