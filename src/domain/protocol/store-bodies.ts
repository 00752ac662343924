import { createHash } from 'node:crypto';
import type { Bodies } from '../ports/bodies.ts';
import type { RowSource } from '../ports/source.ts';
import { type BodyRef, type Identity, identityText, isBodyRef, type RowImage } from '../row.ts';
import { mapConcurrently } from '../concurrency.ts';

export interface BodyOwner {
  readonly entity: string;
  readonly identity: Identity;
  readonly image: RowImage;
}

export interface BodySource {
  readonly rows: Pick<RowSource, 'bodies'>;
  readonly bodies: Bodies;
  /** Bodies that the caller has in memory, by hash: they are not read from the source. */
  readonly bodyCache?: ReadonlyMap<string, Uint8Array>;
  /** Hashes of bodies known to be stored; this call adds to them. A stored body never changes. */
  readonly uploaded?: Set<string>;
  /** Check the bucket before reading a body from the source: for changes, most bodies are stored already. */
  readonly askFirst?: boolean;
}

/**
 * Puts the bodies that images point to into S3, before any pointer is written (RACE-24). Returns the owners whose source
 * value differs from their image: the row has changed since, and the body that the image names no longer exists.
 */
export async function storeBodies(source: BodySource, owners: readonly BodyOwner[]): Promise<readonly BodyOwner[]> {
  const missing: { readonly owner: BodyOwner; readonly column: string; readonly ref: BodyRef }[] = [];
  const refs = owners.flatMap((owner) =>
    Object.entries(owner.image).flatMap(([column, ref]) => (isBodyRef(ref) ? [{ owner, column, ref }] : [])),
  );
  await mapConcurrently(8, refs, async (pointer) => {
    const { ref } = pointer;
    if (source.uploaded?.has(ref.sha256) === true) return;
    const cached = source.bodyCache?.get(ref.sha256);
    if (cached !== undefined) await source.bodies.put(cached, ref);
    else if (source.askFirst !== true || (await source.bodies.size(ref.sha256)) !== ref.bytes) {
      missing.push(pointer);
      return;
    }
    source.uploaded?.add(ref.sha256);
  });
  const lost: BodyOwner[] = [];
  const groups = new Map<string, (typeof missing)[number][]>();
  for (const pointer of missing) {
    const name = `${pointer.owner.entity} ${pointer.column}`;
    groups.set(name, [...(groups.get(name) ?? []), pointer]);
  }
  for (const group of groups.values()) {
    const [first] = group;
    if (first === undefined) continue;
    const found = await source.rows.bodies(
      first.owner.entity,
      group.map(({ owner }) => owner.identity),
      first.column,
    );
    await mapConcurrently(8, group, async ({ owner, ref }) => {
      const body = found.get(identityText(owner.identity));
      if (body === undefined || sha256(body) !== ref.sha256) {
        lost.push(owner);
        return;
      }
      await source.bodies.put(body, ref);
      source.uploaded?.add(ref.sha256);
    });
  }
  return [...new Set(lost)];
}

/** SHA-256 of a body, in hex. */
export function sha256(body: Uint8Array): string {
  return createHash('sha256').update(body).digest('hex');
}
