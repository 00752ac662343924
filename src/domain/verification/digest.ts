import { hash } from 'node:crypto';
import { isBodyRef, type RowImage } from '../row.ts';

/**
 * A digest of an entity's content that does not depend on the order of the rows: the sum of the rows' SHA-256 hashes, as eight
 * words that wrap around. Two runs over the same content agree on it, however the scan was split.
 */
export interface ContentDigest {
  /** A row's hash, by `rowDigest`. */
  add(row: Buffer): void;
  addHex(digest: string): void;
  hex(): string;
}

const WORDS = 8;

/** An empty digest. */
export function createDigest(): ContentDigest {
  const words = new Uint32Array(WORDS);
  const add = (bytes: Buffer): void => {
    for (let at = 0; at < WORDS; at++) words[at] = (words[at] ?? 0) + bytes.readUInt32LE(at * 4);
  };
  return {
    add,
    addHex: (digest) => add(Buffer.from(digest, 'hex')),
    hex() {
      const bytes = Buffer.alloc(WORDS * 4);
      words.forEach((word, at) => bytes.writeUInt32LE(word, at * 4));
      return bytes.toString('hex');
    },
  };
}

/** What one row adds to its entity's digest. */
export function rowDigest(entity: string, columns: readonly string[], image: RowImage): Buffer {
  return hash('sha256', canonicalRow(entity, columns, image), 'buffer');
}

/** One text for a row: the columns in the mapping's order, NULL apart from '', a body by its hash wherever it is stored. */
export function canonicalRow(entity: string, columns: readonly string[], image: RowImage): string {
  return JSON.stringify([
    entity,
    columns.map((column) => {
      const value = image[column] ?? null;
      return isBodyRef(value) ? [value.sha256, value.bytes] : value;
    }),
  ]);
}
