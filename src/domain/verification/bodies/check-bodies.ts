import { mapConcurrently } from '../../concurrency.ts';
import type { BodyMd5, BodyReader, Documents } from '../../ports/bodies.ts';
import { type BodyRef, type Identity, identityText } from '../../row.ts';
import { findListed, findProven, fingerprintOf, type ListedBody } from './body-inventory.ts';

/** A row whose item matches, and whose bodies are still to be checked. */
export interface RowWithBodies {
  readonly entity: string;
  readonly identity: Identity;
  readonly pointers: readonly { readonly column: string; readonly ref: BodyRef }[];
}

export interface BodyCheckPorts {
  readonly documents: Documents;
  readonly bodyMd5: BodyMd5;
  readonly bodies: Pick<BodyReader, 'head'>;
}

export interface Listing {
  /** Keys of the documents of this run's listing, and of the fingerprints that an earlier run proved. */
  readonly listed: readonly string[];
  readonly proven: readonly string[];
}

export interface CheckedBodies<P> {
  /** Rows of which every body is listed with the right size and proven, by this run or an earlier one, at its present fingerprint. */
  readonly valid: readonly P[];
  /** All other rows: their bodies have to be read. */
  readonly suspect: readonly P[];
  /** Fingerprints by hash: the next run need not prove these bodies again. */
  readonly proven: ReadonlyMap<string, string>;
}

/** Requests to S3 at the same time, of each part. */
const HEADS_AT_ONCE = 16;

/**
 * Checks bodies against the listing. A body that was written since it was last proven is proven again, without its text travelling: by the
 * MD5 that the source computes where the ETag is one, else by the SHA-256 that S3 keeps of it, which takes a request. A body that neither
 * proves stays suspect, and the recheck reads it.
 */
export async function checkBodyPointers<P extends RowWithBodies>(
  ports: BodyCheckPorts,
  listing: Listing,
  rows: readonly P[],
): Promise<CheckedBodies<P>> {
  const wanted = new Set(rows.flatMap(({ pointers }) => pointers.map(({ ref }) => ref.sha256)));
  const [listed, provenBefore] = await Promise.all([
    findListed(ports.documents, listing.listed, wanted),
    findProven(ports.documents, listing.proven, wanted),
  ]);
  const proven = new Map<string, string>();
  for (const [sha256, { fingerprint }] of listed)
    if (provenBefore.get(sha256) === fingerprint) proven.set(sha256, fingerprint);
  const isListed = (ref: BodyRef): boolean => listed.get(ref.sha256)?.bytes === ref.bytes;
  await proveByMd5(ports.bodyMd5, rows, listed, proven);
  const pointers = rows.flatMap((row) => row.pointers.map(({ ref }) => ref)).filter(isListed);
  await proveByChecksum(ports.bodies, pointers, proven);
  const valid: P[] = [];
  const suspect: P[] = [];
  for (const row of rows)
    (row.pointers.every(({ ref }) => isListed(ref) && proven.has(ref.sha256)) ? valid : suspect).push(row);
  return { valid, suspect, proven };
}

async function proveByMd5(
  bodyMd5: BodyMd5,
  rows: readonly RowWithBodies[],
  listed: ReadonlyMap<string, ListedBody>,
  proven: Map<string, string>,
): Promise<void> {
  const groups = new Map<string, { entity: string; column: string; rows: { identity: Identity; ref: BodyRef }[] }>();
  for (const { entity, identity, pointers } of rows)
    for (const { column, ref } of pointers) {
      if (proven.has(ref.sha256) || listed.get(ref.sha256)?.isMd5 !== true) continue;
      const group = groups.get(`${entity} ${column}`) ?? { entity, column, rows: [] };
      group.rows.push({ identity, ref });
      groups.set(`${entity} ${column}`, group);
    }
  for (const { entity, column, rows } of groups.values()) {
    const identities = rows.map(({ identity }) => identity);
    const found = await bodyMd5(entity, column, identities);
    for (const { identity, ref } of rows) {
      const { fingerprint } = listed.get(ref.sha256) ?? {};
      if (fingerprint !== undefined && found.get(identityText(identity)) === fingerprint)
        proven.set(ref.sha256, fingerprint);
    }
  }
}

/** A body is named by its SHA-256, so S3's own checksum proves it: no source is needed. */
async function proveByChecksum(
  bodies: BodyCheckPorts['bodies'],
  refs: readonly BodyRef[],
  proven: Map<string, string>,
): Promise<void> {
  const open = new Map(refs.flatMap((ref) => (proven.has(ref.sha256) ? [] : [[ref.sha256, ref] as const])));
  await mapConcurrently(HEADS_AT_ONCE, [...open.values()], async ({ sha256, bytes }) => {
    const head = await bodies.head(sha256);
    if (head?.sha256 === sha256 && head.bytes === bytes) proven.set(sha256, fingerprintOf(head.etag));
  });
}
