import { hash } from 'node:crypto';
import { type Identity, identityText } from '../../row.ts';

/** The rows that a scan segment found, as 64-bit hashes, because the identities of a large table would not fit in memory. */
export interface ScannedRows {
  add(entity: string, identity: Identity): void;
  readonly size: number;
  /** The hashes as one binary document: eight bytes each, little-endian. */
  encode(): Uint8Array;
}

const BYTES = 8;

/** Collects the rows of one segment. */
export function createScannedRows(): ScannedRows {
  let words = new Uint32Array(2048);
  let used = 0;
  return {
    add(entity, identity) {
      if (used === words.length) {
        const larger = new Uint32Array(words.length * 2);
        larger.set(words);
        words = larger;
      }
      const digest = rowHash(entity, identity);
      words[used++] = wordAt(digest, 0);
      words[used++] = wordAt(digest, 4);
    },
    get size() {
      return used / 2;
    },
    encode() {
      const bytes = Buffer.alloc(used * 4);
      for (let at = 0; at < used; at++) bytes.writeUInt32LE(words[at] ?? 0, at * 4);
      return bytes;
    },
  };
}

/** A set of source rows, from which the rows of one segment's document after another are removed. */
export interface UnscannedRows {
  remove(document: Uint8Array): void;
  /** Whether the row at this position of `identities` was in no document so far. */
  isUnscanned(at: number): boolean;
}

/**
 * A set of these rows. Its size depends on them alone: scanned documents are streamed past it one at a time. A hash collision removes a
 * row by mistake once in 2^64 / (rows scanned), which is rarer than a memory error.
 */
export function createUnscannedRows(entity: string, identities: readonly Identity[]): UnscannedRows {
  let capacity = 16;
  while (capacity < identities.length * 2) capacity *= 2;
  const mask = capacity - 1;
  const lows = new Uint32Array(identities.length);
  const highs = new Uint32Array(identities.length);
  const removed = new Uint8Array(identities.length);
  // 0 = empty, else the row's position plus one.
  const slots = new Uint32Array(capacity);
  identities.forEach((identity, at) => {
    const digest = rowHash(entity, identity);
    lows[at] = wordAt(digest, 0);
    highs[at] = wordAt(digest, 4);
    let slot = (lows[at] ?? 0) & mask;
    while (slots[slot] !== 0) slot = (slot + 1) & mask;
    slots[slot] = at + 1;
  });
  return {
    remove(document) {
      const view = new DataView(document.buffer, document.byteOffset, document.byteLength);
      for (let offset = 0; offset + BYTES <= document.byteLength; offset += BYTES) {
        const low = view.getUint32(offset, true);
        const high = view.getUint32(offset + 4, true);
        for (let slot = low & mask, entry = slots[slot] ?? 0; entry !== 0; entry = slots[slot] ?? 0) {
          if (lows[entry - 1] === low && highs[entry - 1] === high) removed[entry - 1] = 1;
          slot = (slot + 1) & mask;
        }
      }
    },
    isUnscanned: (at) => removed[at] !== 1,
  };
}

/** Whether a sample takes a row. Depends on its identity alone, so that every part decides alike. */
export function isSampled(entity: string, identity: Identity, sample: number, offset: number): boolean {
  return wordAt(rowHash(entity, identity), 4) % sample === offset;
}

/** SHA-256 as a string of one byte per character, because a buffer per row would keep the garbage collector busy. */
function rowHash(entity: string, identity: Identity): string {
  return hash('sha256', `${entity} ${identityText(identity)}`, 'binary');
}

/** Four bytes, little-endian, as an unsigned number. */
function wordAt(bytes: string, at: number): number {
  const [low, high] = [
    bytes.charCodeAt(at) | (bytes.charCodeAt(at + 1) << 8),
    bytes.charCodeAt(at + 2) | (bytes.charCodeAt(at + 3) << 8),
  ];
  return ((high << 16) | low) >>> 0;
}
