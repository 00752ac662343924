import type { Item, ItemKey } from '../../item.ts';

/** The version (`_v`) of an item, or null if it is absent or not a number. */
export function versionOfItem(item: Item | undefined): number | null {
  const version = item?.['_v'];
  return version !== undefined && 'N' in version ? Number(version.N) : null;
}

/** The uuid (`_t`) of the dual write that wrote an item; null if the loader, the relay or a repair wrote it. */
export function writerOfItem(item: Item | undefined): string | null {
  const writer = item?.['_t'];
  return writer !== undefined && 'S' in writer ? writer.S : null;
}

/** The primary key of an item. */
export function keyOfItem(item: Item): { readonly PK: string; readonly SK: string } {
  const { PK, SK } = item;
  if (PK === undefined || SK === undefined || !('S' in PK) || !('S' in SK)) {
    throw new TypeError('the item has no string keys PK and SK');
  }
  return { PK: PK.S, SK: SK.S };
}

/** A key as one text, for use in maps and sets. */
export function itemKeyText({ PK, SK }: ItemKey): string {
  return JSON.stringify([PK, SK]);
}

/** True if the item replaces a deleted row. */
export function isTombstone(item: Item): boolean {
  const deleted = item['_d'];
  return deleted !== undefined && 'BOOL' in deleted && deleted.BOOL;
}
