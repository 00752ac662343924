import type { BodyMd5, Documents } from '../../ports/bodies.ts';
import { type BodyRef, type Identity, identityText } from '../../row.ts';
import { findListed, findProven, type ListedBody } from './body-inventory.ts';

/** A row whose item is right as far as the table goes, and points to bodies that are still to be looked at. */
export interface RowWithBodies {
  readonly entity: string;
  readonly identity: Identity;
  readonly pointers: readonly { readonly column: string; readonly ref: BodyRef }[];
}

export interface BodyCheckPorts {
  readonly documents: Documents;
  readonly bodyMd5: BodyMd5;
}

export interface Listing {
  /** Documents of this run's listing, and of what an earlier run proved. */
  readonly listed: readonly string[];
  readonly proven: readonly string[];
}

export interface CheckedBodies<P> {
  /** Those of which every body is listed with the right size and proven, now or before it was last written. */
  readonly valid: readonly P[];
  /** All others have to be looked at: the bodies themselves tell. */
  readonly suspect: readonly P[];
  /** What the next run need not prove again. */
  readonly proven: ReadonlyMap<string, string>;
}

/**
 * Checks bodies against the listing. A body that was written since it was last proven is proven anew: by the MD5 that the source computes and
 * S3 has as the ETag, so that no text travels; where the ETag is none, by reading it.
 */
export async function checkBodyPointers<P extends RowWithBodies>(
  ports: BodyCheckPorts,
  listing: Listing,
  pointing: readonly P[],
): Promise<CheckedBodies<P>> {
  const wanted = new Set(pointing.flatMap(({ pointers }) => pointers.map(({ ref }) => ref.sha256)));
  const [listed, before] = await Promise.all([
    findListed(ports.documents, listing.listed, wanted),
    findProven(ports.documents, listing.proven, wanted),
  ]);
  const proven = new Map<string, string>();
  for (const [sha256, { fingerprint }] of listed)
    if (before.get(sha256) === fingerprint) proven.set(sha256, fingerprint);
  const there = (ref: BodyRef): boolean => listed.get(ref.sha256)?.bytes === ref.bytes;
  await proveByMd5(ports.bodyMd5, pointing, listed, proven);
  const valid: P[] = [];
  const suspect: P[] = [];
  for (const row of pointing)
    (row.pointers.every(({ ref }) => there(ref) && proven.has(ref.sha256)) ? valid : suspect).push(row);
  return { valid, suspect, proven };
}

async function proveByMd5(
  bodyMd5: BodyMd5,
  pointing: readonly RowWithBodies[],
  listed: ReadonlyMap<string, ListedBody>,
  proven: Map<string, string>,
): Promise<void> {
  const asked = new Map<string, { entity: string; column: string; rows: { identity: Identity; ref: BodyRef }[] }>();
  for (const { entity, identity, pointers } of pointing)
    for (const { column, ref } of pointers) {
      if (proven.has(ref.sha256) || listed.get(ref.sha256)?.isMd5 !== true) continue;
      const group = asked.get(`${entity} ${column}`) ?? { entity, column, rows: [] };
      group.rows.push({ identity, ref });
      asked.set(`${entity} ${column}`, group);
    }
  for (const { entity, column, rows } of asked.values()) {
    const identities = rows.map(({ identity }) => identity);
    const found = await bodyMd5(entity, column, identities);
    for (const { identity, ref } of rows) {
      const { fingerprint } = listed.get(ref.sha256) ?? {};
      if (fingerprint !== undefined && found.get(identityText(identity)) === fingerprint)
        proven.set(ref.sha256, fingerprint);
    }
  }
}
