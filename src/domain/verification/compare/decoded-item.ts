import { isPortageError } from '../../errors.ts';
import type { Item, ItemKey } from '../../item.ts';
import { decodeItem, identityOfKey } from '../../mapping/items/decode.ts';
import type { EntityMapping, Mapping } from '../../mapping/mapping.ts';
import { type BodyRef, type Identity, isBodyRef, type RowImage } from '../../row.ts';
import { keyOf } from './compare-values.ts';
import { ownProperty } from '../../own-property.ts';

/** An item of a row, or a uniqueness item, which names the row that holds it. */
export interface DecodedRow {
  readonly kind: 'row' | 'unique';
  readonly key: ItemKey;
  readonly entity: EntityMapping;
  readonly identity: Identity;
  readonly image: RowImage;
  readonly item: Item;
}

/** An item that the mapping could not have written; its key may still tell which row it belongs to. */
export interface UnreadableItem {
  readonly kind: 'unreadable';
  readonly key: ItemKey;
  readonly entity: EntityMapping | null;
  readonly identity: Identity | null;
  readonly reason: string;
}

/** The tombstone of a deleted row; its key still tells which one. */
export interface DecodedTombstone {
  readonly kind: 'tombstone';
  readonly key: ItemKey;
  readonly entity: EntityMapping | null;
  readonly identity: Identity | null;
}

/** An item as it decodes, before it is compared with the source. */
export type DecodedItem = DecodedTombstone | DecodedRow | UnreadableItem;

/** Decodes an item. An item that cannot be decoded is a result, not an error. */
export function decodeForVerification(mapping: Mapping, item: Item): DecodedItem {
  const key = keyOf(item);
  try {
    const { entity: name, image, deleted, unique } = decodeItem(mapping, item);
    const entity = mapping.entities[name];
    if (deleted) {
      const identity = entity === undefined || unique !== null ? null : identityFromKey(entity, key);
      return { kind: 'tombstone', key, entity: entity ?? null, identity };
    }
    if (entity === undefined) return unreadable(mapping, item, 'unknown entity');
    const identity: string[] = [];
    for (const column of entity.identity) {
      const value = ownProperty(image, column);
      if (typeof value !== 'string') return unreadable(mapping, item, 'no identity');
      identity.push(value);
    }
    return { kind: unique === null ? 'row' : 'unique', key, entity, identity, image, item };
  } catch (error) {
    // Any other error is a bug, and must not be reported as damaged data.
    if (!isPortageError(error)) throw error;
    return unreadable(mapping, item, error.name);
  }
}

function unreadable(mapping: Mapping, item: Item, reason: string): UnreadableItem {
  const key = keyOf(item);
  const name = item['_e'];
  const entity = name !== undefined && 'S' in name ? (mapping.entities[name.S] ?? null) : null;
  return { kind: 'unreadable', key, entity, identity: entity === null ? null : identityFromKey(entity, key), reason };
}

function identityFromKey(entity: EntityMapping, key: ItemKey): Identity | null {
  try {
    return identityOfKey(entity, key);
  } catch (error) {
    if (!isPortageError(error)) throw error;
    return null;
  }
}

/** The bodies that an image points to, by column. */
export function bodiesOf(image: RowImage): readonly { readonly column: string; readonly ref: BodyRef }[] {
  const bodies: { readonly column: string; readonly ref: BodyRef }[] = [];
  for (const column in image) {
    const ref = image[column];
    if (isBodyRef(ref)) bodies.push({ column, ref });
  }
  return bodies;
}
