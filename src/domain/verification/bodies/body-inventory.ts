import { hash } from 'node:crypto';
import type { Bodies, Documents, StoredBody } from '../../ports/bodies.ts';
import type { BodyRef } from '../../row.ts';
import { mapConcurrently } from '../../concurrency.ts';
import type { StoredBodies } from '../compare/check-item.ts';

const HASH_BYTES = 32;
const WORD_BYTES = 16;
/** Hash, size, what the word is, word. */
const LISTED_BYTES = HASH_BYTES + 6 + 1 + WORD_BYTES;
const PROVEN_BYTES = HASH_BYTES + WORD_BYTES;
const LISTED_PER_DOCUMENT = 50_000;
const DIGITS = [...'0123456789abcdef'];

/** What the listing says of a body. */
export interface ListedBody {
  readonly bytes: number;
  /** Changes when the body is written. */
  readonly fingerprint: string;
  /** The word is an MD5 of the content: S3's ETag, unless KMS encrypts the bucket. */
  readonly isMd5: boolean;
}

/** Lists the bucket once per run, into documents of bounded size; by the first digit, side by side. Answers the number of documents. */
export async function listBodies(
  bodies: Pick<Bodies, 'list'>,
  write: (at: number, document: Uint8Array) => Promise<void>,
): Promise<number> {
  let entries: Buffer[] = [];
  let documents = 0;
  const writeOut = async (): Promise<void> => {
    const document = Buffer.concat(entries);
    entries = [];
    await write(documents++, document);
  };
  await mapConcurrently(DIGITS.length, DIGITS, async (digit) => {
    let after: string | null = null;
    do {
      const page: Awaited<ReturnType<Bodies['list']>> = await bodies.list(digit, after);
      for (const body of page.bodies) entries.push(encodeListed(body));
      if (entries.length >= LISTED_PER_DOCUMENT) await writeOut();
      after = page.next;
    } while (after !== null);
  });
  if (entries.length > 0) await writeOut();
  return documents;
}

function encodeListed({ sha256, bytes, etag }: StoredBody): Buffer {
  const isMd5 = /^[0-9a-f]{32}$/.test(etag);
  const entry = Buffer.alloc(LISTED_BYTES);
  entry.write(sha256, 'hex');
  entry.writeUIntLE(bytes, HASH_BYTES, 6);
  entry[HASH_BYTES + 6] = isMd5 ? 1 : 0;
  entry.write(isMd5 ? etag : hash('md5', etag, 'hex'), HASH_BYTES + 7, 'hex');
  return entry;
}

/** Looks bodies up in a run's listing: the documents pass by one at a time, so that only what is wanted takes memory. */
export async function findListed(
  documents: Documents,
  keys: readonly string[],
  wanted: ReadonlySet<string>,
): Promise<ReadonlyMap<string, ListedBody>> {
  const found = new Map<string, ListedBody>();
  await scanDocuments(documents, keys, LISTED_BYTES, wanted, (sha256, entry) =>
    found.set(sha256, {
      bytes: entry.readUIntLE(HASH_BYTES, 6),
      fingerprint: entry.toString('hex', HASH_BYTES + 7, LISTED_BYTES),
      isMd5: entry[HASH_BYTES + 6] === 1,
    }),
  );
  return found;
}

/** The words at which an earlier run proved bodies: what was not written since needs no second proof. */
export async function findProven(
  documents: Documents,
  keys: readonly string[],
  wanted: ReadonlySet<string>,
): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>();
  await scanDocuments(documents, keys, PROVEN_BYTES, wanted, (sha256, entry) =>
    found.set(sha256, entry.toString('hex', HASH_BYTES, PROVEN_BYTES)),
  );
  return found;
}

/** The document of `findProven`. */
export function encodeProven(proven: ReadonlyMap<string, string>): Uint8Array {
  const bytes = Buffer.alloc(proven.size * PROVEN_BYTES);
  let at = 0;
  for (const [sha256, fingerprint] of proven) {
    bytes.write(sha256, at, 'hex');
    bytes.write(fingerprint, at + HASH_BYTES, 'hex');
    at += PROVEN_BYTES;
  }
  return bytes;
}

async function scanDocuments(
  documents: Documents,
  keys: readonly string[],
  size: number,
  wanted: ReadonlySet<string>,
  take: (sha256: string, entry: Buffer) => void,
): Promise<void> {
  if (wanted.size === 0) return;
  // The first four bytes sort out nearly all, and cost no text.
  const heads = new Set([...wanted].map((sha256) => Number.parseInt(sha256.slice(0, 8), 16)));
  await mapConcurrently(2, keys, async (key) => {
    const document = (await documents.read(key)) ?? new Uint8Array();
    const bytes = Buffer.from(document.buffer, document.byteOffset, document.byteLength);
    for (let at = 0; at + size <= bytes.length; at += size) {
      if (!heads.has(bytes.readUInt32BE(at))) continue;
      const sha256 = bytes.toString('hex', at, at + HASH_BYTES);
      if (wanted.has(sha256)) take(sha256, bytes.subarray(at, at + size));
    }
  });
}

/** Asks the store itself, each time anew, and reads what it did not read yet: a body is right when its content has its name's hash. */
export type ProveBodies = (refs: readonly BodyRef[]) => Promise<StoredBodies>;

/** Reads a body again only when S3 says that it was written since. */
export function createProver(bodies: Bodies): ProveBodies {
  const read = new Map<string, { readonly etag: string; readonly sha256: string }>();
  return async (refs) => {
    const faults = new Map<string, string | null>();
    const unique = [...new Map(refs.map((ref) => [ref.sha256, ref])).values()];
    await mapConcurrently(16, unique, async ({ sha256, bytes }) => {
      const head = await bodies.head(sha256);
      if (head === null) return faults.set(sha256, 'absent');
      if (head.bytes !== bytes) return faults.set(sha256, `${head.bytes} bytes`);
      const known = read.get(sha256);
      const content = known?.etag === head.etag ? known.sha256 : await bodies.digest(sha256);
      if (content === null) return faults.set(sha256, 'absent');
      read.set(sha256, { etag: head.etag, sha256: content });
      return faults.set(sha256, content === sha256 ? null : `content of hash ${content.slice(0, 12)}`);
    });
    return { fault: ({ sha256 }) => faults.get(sha256) ?? null };
  };
}
