import type { Bodies } from '../ports/bodies.ts';
import type { StoredBodies } from './judge.ts';

const HASH_BYTES = 32;
const ENTRY_BYTES = HASH_BYTES + 6;

/** All stored bodies as one document, so that a run lists the bucket once: hash and size, 38 bytes each. */
export async function listBodies(bodies: Bodies): Promise<Uint8Array> {
  const entries: Buffer[] = [];
  let after: string | null = null;
  do {
    const page: Awaited<ReturnType<Bodies['list']>> = await bodies.list(after);
    for (const { sha256, bytes } of page.bodies) {
      const entry = Buffer.alloc(ENTRY_BYTES);
      entry.write(sha256, 'hex');
      entry.writeUIntLE(bytes, HASH_BYTES, 6);
      entries.push(entry);
    }
    after = page.next;
  } while (after !== null);
  return Buffer.concat(entries);
}

/** Reads the document of `listBodies`. */
export function decodeBodies(document: Uint8Array): StoredBodies {
  const bytes = Buffer.from(document.buffer, document.byteOffset, document.byteLength);
  const sizes = new Map<string, number>();
  for (let at = 0; at + ENTRY_BYTES <= bytes.length; at += ENTRY_BYTES)
    sizes.set(bytes.toString('hex', at, at + HASH_BYTES), bytes.readUIntLE(at + HASH_BYTES, 6));
  return { size: (sha256) => sizes.get(sha256) ?? null };
}

/** Asks the store itself for these few, now. */
export async function askBodies(bodies: Bodies, hashes: readonly string[]): Promise<StoredBodies> {
  const sizes = new Map<string, number | null>();
  await Promise.all([...new Set(hashes)].map(async (sha256) => sizes.set(sha256, await bodies.size(sha256))));
  return { size: (sha256) => sizes.get(sha256) ?? null };
}
