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
  /** Bodies that the caller has at hand, by hash: they need not be read from the source. */
  readonly known?: ReadonlyMap<string, Uint8Array>;
  /** Hashes known to be stored. Additions are welcome: a stored body never changes. */
  readonly stored?: Set<string>;
  /** Ask the bucket before reading a body from the source: for changes, whose bodies are mostly there already. */
  readonly askFirst?: boolean;
}

/**
 * Puts the bodies that images point to into S3, before any pointer is written (RACE-24). Answers the owners whose source now has
 * another value than their image says: the row has changed since, and the body that was meant is nowhere any more.
 */
export async function storeBodies(source: BodySource, owners: readonly BodyOwner[]): Promise<readonly BodyOwner[]> {
  const missing: { readonly owner: BodyOwner; readonly column: string; readonly ref: BodyRef }[] = [];
  const refs = owners.flatMap((owner) =>
    Object.entries(owner.image).flatMap(([column, ref]) => (isBodyRef(ref) ? [{ owner, column, ref }] : [])),
  );
  await mapConcurrently(8, refs, async (wanted) => {
    const { ref } = wanted;
    if (source.stored?.has(ref.sha256) === true) return;
    const known = source.known?.get(ref.sha256);
    if (known !== undefined) await source.bodies.put(known, ref);
    else if (source.askFirst !== true || (await source.bodies.size(ref.sha256)) !== ref.bytes) {
      missing.push(wanted);
      return;
    }
    source.stored?.add(ref.sha256);
  });
  const lost: BodyOwner[] = [];
  const groups = new Map<string, (typeof missing)[number][]>();
  for (const wanted of missing) {
    const name = `${wanted.owner.entity} ${wanted.column}`;
    groups.set(name, [...(groups.get(name) ?? []), wanted]);
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
      source.stored?.add(ref.sha256);
    });
  }
  return [...new Set(lost)];
}

export function sha256(body: Uint8Array): string {
  return createHash('sha256').update(body).digest('hex');
}
