import { hash } from 'node:crypto';
import { type Identity, identityText } from '../row.ts';

/** What a scan segment came across: 64-bit hashes, because the identities of a large table would not fit in memory. */
export interface SeenRecorder {
  add(entity: string, identity: Identity): void;
  readonly size: number;
  /** The hashes as one binary document: eight bytes each, little-endian. */
  encode(): Uint8Array;
}

export interface SeenLookup {
  has(entity: string, identity: Identity): boolean;
}

const BYTES = 8;

/** Collects the rows of one segment. */
export function createSeen(): SeenRecorder {
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
      words[used++] = digest.readUInt32LE(0);
      words[used++] = digest.readUInt32LE(4);
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

/**
 * Looks rows up in the documents of all segments. A row is taken for seen by mistake once in 2^64 / (rows seen): less often
 * than memory fails.
 */
export function decodeSeen(documents: readonly Uint8Array[]): SeenLookup {
  const total = documents.reduce((sum, document) => sum + document.byteLength / BYTES, 0);
  let capacity = 16;
  while (capacity < total * 2) capacity *= 2;
  const table = new Uint32Array(capacity * 2);
  const mask = capacity - 1;
  // A slot of two zeroes is empty, so the one hash that would look empty is stored as its neighbour.
  const slotOf = (low: number, high: number): number => {
    let slot = low & mask;
    for (;;) {
      const [seenLow = 0, seenHigh = 0] = [table[slot * 2], table[slot * 2 + 1]];
      if ((seenLow === low && seenHigh === high) || (seenLow === 0 && seenHigh === 0)) return slot;
      slot = (slot + 1) & mask;
    }
  };
  for (const document of documents) {
    const view = new DataView(document.buffer, document.byteOffset, document.byteLength);
    for (let at = 0; at < document.byteLength; at += BYTES) {
      const low = view.getUint32(at, true);
      const high = occupied(low, view.getUint32(at + 4, true));
      const slot = slotOf(low, high);
      table[slot * 2] = low;
      table[slot * 2 + 1] = high;
    }
  }
  return {
    has(entity, identity) {
      const digest = rowHash(entity, identity);
      const low = digest.readUInt32LE(0);
      const high = occupied(low, digest.readUInt32LE(4));
      const slot = slotOf(low, high);
      return table[slot * 2] === low && table[slot * 2 + 1] === high;
    },
  };
}

function occupied(low: number, high: number): number {
  return low === 0 && high === 0 ? 1 : high;
}

function rowHash(entity: string, identity: Identity): Buffer {
  return hash('sha256', `${entity} ${identityText(identity)}`, 'buffer');
}
