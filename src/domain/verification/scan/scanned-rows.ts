import { hash } from 'node:crypto';
import { type Identity, identityText } from '../../row.ts';

/** What a scan segment came across: 64-bit hashes, because the identities of a large table would not fit in memory. */
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

/** Some rows of the source, from which the rows of one segment's document after another are struck off. */
export interface UnscannedRows {
  remove(document: Uint8Array): void;
  /** Whether this row, of those that the roll was made of, was in no document. */
  isUnscanned(at: number): boolean;
}

/**
 * A roll of these rows. It grows with them, never with what was seen: the documents of a table of any size pass by one at a time. A row is
 * struck off by mistake once in 2^64 / (rows seen): less often than memory fails.
 */
export function createUnscannedRows(entity: string, identities: readonly Identity[]): UnscannedRows {
  let capacity = 16;
  while (capacity < identities.length * 2) capacity *= 2;
  const mask = capacity - 1;
  const lows = new Uint32Array(identities.length);
  const highs = new Uint32Array(identities.length);
  const struck = new Uint8Array(identities.length);
  // 0 = empty, else the row's place and one.
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
        for (let slot = low & mask, place = slots[slot] ?? 0; place !== 0; place = slots[slot] ?? 0) {
          if (lows[place - 1] === low && highs[place - 1] === high) struck[place - 1] = 1;
          slot = (slot + 1) & mask;
        }
      }
    },
    isUnscanned: (at) => struck[at] !== 1,
  };
}

/** Whether a sample takes a row: the same on either side, whatever the order. */
export function isSampled(entity: string, identity: Identity, sample: number, draw: number): boolean {
  return wordAt(rowHash(entity, identity), 4) % sample === draw;
}

/** A byte per character: a buffer for every row keeps the collector busy. */
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
