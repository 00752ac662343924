import type { Item } from '../../item.ts';

/** The \`_v\` of an item, null where it is absent or no number. */
export function versionOfItem(item: Item | undefined): number | null {
  const version = item?.['_v'];
  return version !== undefined && 'N' in version ? Number(version.N) : null;
}

/** The uuid of the dual write that wrote an item, null for those of loader, relay and repair. */
export function writerOfItem(item: Item | undefined): string | null {
  const writer = item?.['_t'];
  return writer !== undefined && 'S' in writer ? writer.S : null;
}

export function keyOfItem(item: Item): { readonly PK: string; readonly SK: string } {
  const { PK, SK } = item;
  if (PK === undefined || SK === undefined || !('S' in PK) || !('S' in SK)) {
    throw new TypeError('an item without a key of strings');
  }
  return { PK: PK.S, SK: SK.S };
}

export function isTombstone(item: Item): boolean {
  const deleted = item['_d'];
  return deleted !== undefined && 'BOOL' in deleted && deleted.BOOL;
}
