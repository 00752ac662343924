import { hash } from 'node:crypto';
import { isBodyRef, type RowImage } from '../row.ts';

/**
 * A digest of an entity's content that does not depend on the order of the rows: the sum of the rows' SHA-256 hashes, as eight
 * words that wrap around. Two runs over the same content agree on it, however the scan was split.
 */
export interface ContentDigest {
  add(entity: string, columns: readonly string[], image: RowImage): void;
  addHex(digest: string): void;
  hex(): string;
}

const WORDS = 8;

/** An empty digest. */
export function createDigest(): ContentDigest {
  const words = new Uint32Array(WORDS);
  const addBytes = (bytes: Buffer): void => {
    for (let at = 0; at < WORDS; at++) words[at] = (words[at] ?? 0) + bytes.readUInt32LE(at * 4);
  };
  return {
    add: (entity, columns, image) => addBytes(hash('sha256', canonicalRow(entity, columns, image), 'buffer')),
    addHex: (digest) => addBytes(Buffer.from(digest, 'hex')),
    hex() {
      const bytes = Buffer.alloc(WORDS * 4);
      words.forEach((word, at) => bytes.writeUInt32LE(word, at * 4));
      return bytes.toString('hex');
    },
  };
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
