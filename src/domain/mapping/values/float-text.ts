import { plainNumber } from './dynamo-number.ts';

/**
 * IEEE 754: fraction bits and the exponent of a subnormal's last bit; and the length at which
 * PostgreSQL's plain notation ends.
 */
const DOUBLE = { fraction: 52n, lowest: -1074, plain: 15 } as const;
const SINGLE = { fraction: 23n, lowest: -149, plain: 6 } as const;

/**
 * A finite number as PostgreSQL prints it: the shortest digits strictly between the midpoints to
 * its neighbours, plain below 15 digits (6 for real), else with a two-digit exponent. JavaScript
 * also accepts a midpoint itself if it reads back.
 */
export function finiteText(number: number, single: boolean): string {
  if (number === 0) return Object.is(number, -0) ? '-0' : '0';
  const layout = single ? SINGLE : DOUBLE;
  const [digits, power] = shortest(Math.abs(number), single);
  const exponent = power + digits.length - 1;
  const kept = digits.replace(/0+$/, '');
  const sign = number < 0 ? '-' : '';
  if (exponent >= -4 && exponent < layout.plain) return `${sign}${plainNumber(`${digits}e${power}`) ?? digits}`;
  const size = String(Math.abs(exponent)).padStart(2, '0');
  return `${sign}${kept.charAt(0)}${kept.length > 1 ? `.${kept.slice(1)}` : ''}e${exponent < 0 ? '-' : '+'}${size}`;
}

/** Digits and the power of ten of the last of them. */
function shortest(number: number, single: boolean): readonly [digits: string, power: number] {
  const [low, units, high, exponent] = surroundings(number, single);
  for (let count = 1; ; count++) {
    const [mantissa = '', shown = '0'] = number.toExponential(count - 1).split('e');
    const power = Number(shown) - count + 1;
    const rounded = BigInt(mantissa.replace('.', ''));
    // Of two equally near candidates JavaScript takes the larger, PostgreSQL the even one.
    const tie = compare(2n * rounded - 1n, power, 2n * units, exponent) === 0;
    const nearest = tie && rounded % 2n === 1n ? rounded - 1n : rounded;
    // Below a power of two the lower neighbour is nearer: the second nearest digits may be within
    // the interval where the nearest are not.
    for (const candidate of [nearest, nearest + 1n, nearest - 1n])
      if (compare(candidate, power, low, exponent) > 0 && compare(candidate, power, high, exponent) < 0)
        return [candidate.toString(), power];
  }
}

/** The number and the midpoints to its neighbours, in units of two to `exponent`. */
function surroundings(
  number: number,
  single: boolean,
): readonly [low: bigint, number: bigint, high: bigint, exponent: number] {
  const { fraction, lowest } = single ? SINGLE : DOUBLE;
  const view = new DataView(new ArrayBuffer(8));
  if (single) view.setFloat32(4, number);
  else view.setFloat64(0, number);
  const bits = view.getBigUint64(0);
  const [biased, rest] = [Number(bits >> fraction), bits & ((1n << fraction) - 1n)];
  const units = 4n * (biased === 0 ? rest : rest + (1n << fraction));
  const nearer = rest === 0n && biased > 1;
  return [units - (nearer ? 1n : 2n), units, units + 2n, lowest + Math.max(biased, 1) - 3];
}

/** Compares digits * 10^power with units * 2^exponent. */
function compare(digits: bigint, power: number, units: bigint, exponent: number): number {
  const left = digits * 10n ** BigInt(Math.max(power, 0)) * 2n ** BigInt(Math.max(-exponent, 0));
  const right = units * 2n ** BigInt(Math.max(exponent, 0)) * 10n ** BigInt(Math.max(-power, 0));
  return left < right ? -1 : left > right ? 1 : 0;
}
