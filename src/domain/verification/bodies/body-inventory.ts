import { hash } from 'node:crypto';
import type { Bodies, BodyReader, Documents, StoredBody } from '../../ports/bodies.ts';
import type { BodyRef } from '../../row.ts';
import { mapConcurrently } from '../../concurrency.ts';
import type { StoredBodies } from '../compare/check-item.ts';

const HASH_BYTES = 32;
const FINGERPRINT_BYTES = 16;
/** Hash, size, whether the fingerprint is an MD5, fingerprint. */
const LISTED_BYTES = HASH_BYTES + 6 + 1 + FINGERPRINT_BYTES;
const PROVEN_BYTES = HASH_BYTES + FINGERPRINT_BYTES;
const LISTED_PER_DOCUMENT = 50_000;
const DIGITS = [...'0123456789abcdef'];

/** A body as the bucket's listing describes it. */
export interface ListedBody {
  readonly bytes: number;
  /** Changes when the body is written. */
  readonly fingerprint: string;
  /** The fingerprint is the MD5 of the content. */
  readonly isMd5: boolean;
}

/** Lists the bucket once per run into documents of bounded size, one listing per first digit in parallel. Returns the number of documents. */
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

/** Sixteen bytes for an ETag, the same whether or not it is an MD5: a body keeps its proof when its bucket gets a key of KMS. */
export function fingerprintOf(etag: string): string {
  return /^[0-9a-f]{32}$/.test(etag) ? etag : hash('md5', etag, 'hex');
}

function encodeListed({ sha256, bytes, etag, isMd5 }: StoredBody): Buffer {
  const entry = Buffer.alloc(LISTED_BYTES);
  entry.write(sha256, 'hex');
  entry.writeUIntLE(bytes, HASH_BYTES, 6);
  entry[HASH_BYTES + 6] = isMd5 ? 1 : 0;
  entry.write(fingerprintOf(etag), HASH_BYTES + 7, 'hex');
  return entry;
}

/** Looks up bodies in a run's listing. Documents are streamed, so memory grows with `wanted`, not with the bucket. */
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

/** The fingerprints at which an earlier run proved bodies: a body that was not written since needs no second proof. */
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

/** Encodes the document that `findProven` reads. */
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
  visit: (sha256: string, entry: Buffer) => void,
): Promise<void> {
  if (wanted.size === 0) return;
  // Comparing the first four bytes rules out nearly all entries without decoding the hash.
  const prefixes = new Set([...wanted].map((sha256) => Number.parseInt(sha256.slice(0, 8), 16)));
  await mapConcurrently(2, keys, async (key) => {
    const document = (await documents.read(key)) ?? new Uint8Array();
    const bytes = Buffer.from(document.buffer, document.byteOffset, document.byteLength);
    for (let at = 0; at + size <= bytes.length; at += size) {
      if (!prefixes.has(bytes.readUInt32BE(at))) continue;
      const sha256 = bytes.toString('hex', at, at + HASH_BYTES);
      if (wanted.has(sha256)) visit(sha256, bytes.subarray(at, at + size));
    }
  });
}

/** Checks bodies in S3 itself on every call. A body is valid when the hash of its content is its key. */
export type ProveBodies = (refs: readonly BodyRef[]) => Promise<StoredBodies>;

/**
 * Reads a body only where S3 keeps no SHA-256 of it, and again only when its ETag changed since the last read. `onProven` is told the
 * fingerprint at which a body is valid.
 */
export function createProver(
  bodies: BodyReader,
  onProven: (sha256: string, fingerprint: string) => void = () => {},
): ProveBodies {
  const read = new Map<string, { readonly etag: string; readonly sha256: string }>();
  return async (refs) => {
    const faults = new Map<string, string | null>();
    const unique = [...new Map(refs.map((ref) => [ref.sha256, ref])).values()];
    await mapConcurrently(16, unique, async ({ sha256, bytes }) => {
      const head = await bodies.head(sha256);
      if (head === null) return faults.set(sha256, 'absent');
      if (head.bytes !== bytes) return faults.set(sha256, `${head.bytes} bytes`);
      const known = read.get(sha256);
      const content = head.sha256 ?? (known?.etag === head.etag ? known.sha256 : await bodies.digest(sha256));
      if (content === null) return faults.set(sha256, 'absent');
      read.set(sha256, { etag: head.etag, sha256: content });
      if (content === sha256) onProven(sha256, fingerprintOf(head.etag));
      return faults.set(sha256, content === sha256 ? null : `content of hash ${content.slice(0, 12)}`);
    });
    return { fault: ({ sha256 }) => faults.get(sha256) ?? null };
  };
}
