/** A stream of reproducible choices: the same seed and name give the same rows on every machine. */
export interface Random {
  /** A float in [0, 1). */
  next(): number;
  /** A 32-bit unsigned integer. */
  bits(): number;
  /** An integer in [low, high], both included. */
  between(low: number, high: number): number;
  /** True with this probability. */
  chance(probability: number): boolean;
  pick<T>(from: readonly [T, ...T[]]): T;
  uuid(): string;
  bytes(length: number): Uint8Array;
}

/** A stream of its own per name, so that row 17 is the same whatever the scale is. */
export function randomOf(seed: number, name: string): Random {
  const start = hash(`${seed}/${name}`);
  let [a, b, c, d] = [start, start ^ 0x9e3779b9, start ^ 0x243f6a88, 1];
  // sfc32: small, quick, and passes PractRand; Math.random() can not be seeded.
  const bits = (): number => {
    const t = (((a + b) | 0) + d) | 0;
    d = (d + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (c << 21) | (c >>> 11);
    c = (c + t) | 0;
    return t >>> 0;
  };
  for (let i = 0; i < 12; i += 1) bits();
  const next = (): number => bits() / 0x1_0000_0000;
  const between = (low: number, high: number): number => low + Math.floor(next() * (high - low + 1));
  return {
    next,
    bits,
    between,
    chance: (probability) => next() < probability,
    pick: (from) => from[between(0, from.length - 1)] ?? from[0],
    uuid: () => uuidOf([bits(), bits(), bits(), bits()]),
    bytes: (length) => Uint8Array.from({ length }, () => bits() & 0xff),
  };
}

/** FNV-1a over UTF-16 units. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let i = 0; i < text.length; i += 1) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193);
  return value >>> 0;
}

function uuidOf(words: readonly number[]): string {
  const hex = words.map((word) => word.toString(16).padStart(8, '0')).join('');
  const variant = '89ab'[Number.parseInt(hex.slice(16, 17), 16) & 3] ?? '8';
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20)}`;
}
