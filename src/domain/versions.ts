/** Versions per generation: a changelog sequence never gets there. */
const VERSIONS_PER_GENERATION = 1_000_000_000_000;
/** Above it a version would not be a safe integer. */
export const MAX_GENERATION = 8_999;

/** Version of rows that did not change in this generation; also the version of tombstones that a load writes. */
export function base(generation: number): number {
  if (!Number.isInteger(generation) || generation < 0 || generation > MAX_GENERATION)
    throw new RangeError(`generation ${generation} is not between 0 and ${MAX_GENERATION}`);
  return generation * VERSIONS_PER_GENERATION;
}

/** Version of a row whose newest changelog row in this generation is `seq` (0 = unchanged in it). */
export function versionOf(generation: number, seq: number): number {
  if (!Number.isSafeInteger(seq) || seq < 0 || seq >= VERSIONS_PER_GENERATION)
    throw new RangeError(`sequence value ${seq} does not fit into a generation`);
  return base(generation) + seq;
}

export function generationOf(version: number): number {
  return Math.floor(version / VERSIONS_PER_GENERATION);
}

export function seqOf(version: number): number {
  return version % VERSIONS_PER_GENERATION;
}
