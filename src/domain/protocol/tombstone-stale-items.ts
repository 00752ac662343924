import { tombstone } from '../mapping/items/encode.ts';
import type { Item } from '../item.ts';
import type { ItemCursor, Table } from '../ports/table.ts';
import { base } from '../versions.ts';
import { mapConcurrently } from '../concurrency.ts';
import { isTombstone, keyOfItem, versionOfItem, writerOfItem } from '../mapping/items/system-attributes.ts';

export interface StaleItemsOptions {
  readonly generation: number;
  readonly segment: number;
  readonly segments: number;
  /** Stamp of the tombstones, ISO. */
  readonly at: string;
}

/**
 * After a load: what still stands below the generation's base has no row any more (RACE-59), for the load has rewritten every row's
 * items at the base or above. It becomes a tombstone at the base, unless somebody has been there since it was seen.
 */
export async function tombstoneStaleItems(
  table: Table,
  options: StaleItemsOptions,
): Promise<{ readonly scanned: number; readonly tombstones: number }> {
  const floor = base(options.generation);
  let scanned = 0;
  let tombstones = 0;
  let after: ItemCursor | null = null;
  do {
    const page = await table.scan(options.segment, options.segments, after);
    scanned += page.items.length;
    const below = page.items.filter((item) => (versionOfItem(item) ?? -1) < floor);
    const outcomes = await mapConcurrently(8, below, (item) =>
      table.putIfSeen(tombstone(nameOf(item), keyOfItem(item), { version: floor, txn: null, at: options.at }), {
        version: versionOfItem(item),
        txn: writerOfItem(item),
      }),
    );
    tombstones += outcomes.filter(({ kind }, index) => kind === 'written' && !isTombstone(below[index] ?? {})).length;
    after = page.next;
  } while (after !== null);
  return { scanned, tombstones };
}

function nameOf(item: Item): string {
  const entity = item['_e'];
  return entity !== undefined && 'S' in entity ? entity.S : '';
}
