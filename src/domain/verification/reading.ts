import { isPortageError } from '../errors.ts';
import type { Item, ItemKey } from '../item.ts';
import { decodeItem } from '../mapping/decode.ts';
import type { EntityMapping, Mapping } from '../mapping/mapping.ts';
import { type Identity, isBodyRef, type RowImage } from '../row.ts';
import { keyOf } from './compare.ts';

/** What an item says about itself, before the source is asked. */
export type Reading =
  | { readonly kind: 'tombstone'; readonly key: ItemKey }
  | { readonly kind: 'unreadable'; readonly key: ItemKey; readonly entity: string | null; readonly reason: string }
  | {
      /** An item of a row, or a uniqueness item, which names the row that owns it. */
      readonly kind: 'row' | 'unique';
      readonly key: ItemKey;
      readonly entity: EntityMapping;
      readonly identity: Identity;
      readonly image: RowImage;
    };

/** Reads an item with the decoder; one that the mapping could not have written is unreadable, whatever the reason. */
export function readItem(mapping: Mapping, item: Item): Reading {
  const key = keyOf(item);
  const name = item['_e'];
  const named = name !== undefined && 'S' in name ? name.S : null;
  const unreadable = (reason: string): Reading => ({ kind: 'unreadable', key, entity: named, reason });
  try {
    const decoded = decodeItem(mapping, item);
    if (decoded.deleted) return { kind: 'tombstone', key };
    const entity = mapping.entities[decoded.entity];
    if (entity === undefined) return unreadable('unknown entity');
    const identity: string[] = [];
    for (const column of entity.identity) {
      const value = decoded.image[column];
      if (typeof value !== 'string') return unreadable('no identity');
      identity.push(value);
    }
    return { kind: 'row', key, entity, identity, image: decoded.image };
  } catch (error) {
    // Anything else is an error of the program, and must not pass for damaged data.
    if (!isPortageError(error)) throw error;
    return unreadable(error.name);
  }
}

/** Hashes of the bodies that an image points to. */
export function bodyHashes(image: RowImage): readonly string[] {
  return Object.values(image).flatMap((value) => (value !== null && isBodyRef(value) ? [value.sha256] : []));
}
