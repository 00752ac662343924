import { hash } from 'node:crypto';
import type { ColumnMapping, EntityMapping } from '../../mapping/mapping.ts';
import { isBodyRef, type RowImage } from '../../row.ts';
import { ownProperty } from '../../own-property.ts';

/**
 * A digest of an entity's content that does not depend on the order of the rows: the sum of the rows' SHA-256 hashes, as eight
 * words that wrap around. Two runs over the same content agree on it, however the scan was split.
 */
export interface ContentDigest {
  /** Adds a row's `rowDigest`, or the digest of a part. */
  add(digest: string): void;
  hex(): string;
}

const WORDS = 8;

/** An empty digest. */
export function createDigest(): ContentDigest {
  const words = new Uint32Array(WORDS);
  const added = Buffer.alloc(WORDS * 4);
  return {
    add(digest) {
      added.write(digest, 'hex');
      for (let at = 0; at < WORDS; at++) words[at] = (words[at] ?? 0) + added.readUInt32LE(at * 4);
    },
    hex() {
      const bytes = Buffer.alloc(WORDS * 4);
      words.forEach((word, at) => bytes.writeUInt32LE(word, at * 4));
      return bytes.toString('hex');
    },
  };
}

/** What one row adds to its entity's digest: SHA-256 in hex. Text, because a buffer per row would keep the garbage collector busy. */
export function rowDigest(entity: Digested, image: RowImage): string {
  return hash('sha256', canonicalRow(entity, image), 'hex');
}

/** The part of an entity that `canonicalRow` depends on. */
export type Digested = Pick<EntityMapping, 'name'> & { readonly columns: readonly Pick<ColumnMapping, 'column'>[] };

/** Canonical text of a row: the columns in the mapping's order, NULL distinct from '', a body by its hash wherever it is stored. */
export function canonicalRow({ name, columns }: Digested, image: RowImage): string {
  const values: unknown[] = [];
  for (const { column } of columns) {
    const value = ownProperty(image, column) ?? null;
    values.push(isBodyRef(value) ? [value.sha256, value.bytes] : value);
  }
  return JSON.stringify([name, values]);
}
