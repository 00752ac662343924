import type { ColumnType } from '../../mapping/values/types.ts';
import { type ImageValue, isBodyRef } from '../../row.ts';
import type { MismatchKind } from './finding.ts';

/** Classifies the difference between two values of a column, so that an operator knows where to look for the cause. */
export function classifyDifference(type: ColumnType | undefined, source: ImageValue, target: ImageValue): MismatchKind {
  if (isBodyRef(source) && isBodyRef(target)) return 'pointer';
  if ((source === null && target === '') || (source === '' && target === null)) return 'null';
  if (typeof source !== 'string' || typeof target !== 'string') return 'value';
  switch (type?.array === true ? 'other' : type?.kind) {
    case 'timestamp':
    case 'timestamptz':
      return classifyInstant(source, target);
    case 'integer':
    case 'decimal':
    case 'float':
      return isRounded(source, target) ? 'precision' : 'value';
    case 'boolean':
    case 'uuid':
    case 'enum':
    case 'date':
    case 'bytes':
      return 'value';
    default:
      if (isReencoded(source, target)) return 'encoding';
      return target !== '' && source.startsWith(target) ? 'truncated' : 'value';
  }
}

const INSTANT = /^(\d{4,6}-\d\d-\d\d) (\d\d:\d\d:\d\d)(?:\.(\d{1,6}))?(?:\+00)?$/;
const QUARTER_MS = 900_000;
const MAX_OFFSET_MS = 15 * 3_600_000;

function classifyInstant(source: string, target: string): MismatchKind {
  const [one, other] = [INSTANT.exec(source), INSTANT.exec(target)];
  if (one === null || other === null) return 'value';
  const [here, there] = [one, other].map((match) => Date.parse(`${match[1] ?? ''}T${match[2] ?? ''}Z`));
  const apart = Math.abs((here ?? Number.NaN) - (there ?? Number.NaN));
  const [digits, otherDigits] = [one, other].map((match) => (match[3] ?? '').padEnd(6, '0'));
  if (apart > 0 && apart <= MAX_OFFSET_MS && apart % QUARTER_MS === 0 && digits === otherDigits) return 'time zone';
  const micros = apart * 1000 + Math.abs(Number(digits) - Number(otherDigits));
  // Lost digits were rounded or cut off; either way the difference is less than one unit of the last digit that is left.
  return micros > 0 && (other[3] ?? '').length < (one[3] ?? '').length && apart <= 1000 ? 'precision' : 'value';
}

/** Whether `target` is `source` with fewer significant digits, rounded or cut, or the same number to a double. */
function isRounded(source: string, target: string): boolean {
  if (Number(source) === Number(target)) return true;
  const [exact, kept] = [digitsOf(source), digitsOf(target)];
  if (exact === null || kept === null || exact.sign !== kept.sign || kept.digits.length >= exact.digits.length)
    return false;
  if (kept.digits === '') return false;
  const cut = exact.digits.slice(0, kept.digits.length);
  return exact.exponent === kept.exponent && (cut === kept.digits || BigInt(cut) + 1n === BigInt(kept.digits));
}

/** Significant digits without zeros at either end, and the power of ten of the first one. */
function digitsOf(text: string): { readonly sign: string; readonly digits: string; readonly exponent: number } | null {
  const match = /^(-?)(\d+)(?:\.(\d+))?(?:e([+-]?\d+))?$/i.exec(text);
  if (match === null) return null;
  const [, sign = '', whole = '', fraction = '', power = '0'] = match;
  const all = whole + fraction;
  const zeros = /^0*/.exec(all)?.[0].length ?? 0;
  return {
    sign,
    digits: all.slice(zeros).replace(/0+$/, ''),
    exponent: Number(power) + whole.length - zeros,
  };
}

/** UTF-8 read as Latin-1, characters that did not survive, or another Unicode form of the same text. */
function isReencoded(source: string, target: string): boolean {
  if (source.normalize('NFC') === target.normalize('NFC')) return true;
  if (Buffer.from(target, 'latin1').toString('utf8') === source) return true;
  if (Buffer.from(source, 'utf8').toString('latin1') === target) return true;
  if (!/[?\uFFFD]/.test(target)) return false;
  const [expected, found] = [[...source], [...target]];
  return (
    expected.length === found.length &&
    expected.every((character, at) => {
      const other = found[at];
      return character === other || (character > '\u007F' && (other === '?' || other === '\uFFFD'));
    })
  );
}
