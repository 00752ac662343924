import { tombstone } from '../mapping/items/encode.ts';
import type { Item } from '../item.ts';
import type { ItemCursor, Table } from '../ports/table.ts';
import { base } from '../versions.ts';
import { mapConcurrently } from '../concurrency.ts';
import { isTombstone, keyOfItem, versionOfItem, writerOfItem } from '../mapping/items/read-system-attributes.ts';

export interface StaleItemsOptions {
  readonly generation: number;
  readonly segment: number;
  readonly segments: number;
  /** Stamp of the tombstones, ISO. */
  readonly at: string;
  /** Where an earlier call stopped; null, or absent, begins. */
  readonly from?: ItemCursor | null;
  /** Called after each page; true ends the work there, to be continued later. */
  readonly pause?: () => boolean;
}

export interface StaleItemsReport {
  readonly scanned: number;
  readonly tombstones: number;
  /** Where to go on; null = the segment is done. */
  readonly next: ItemCursor | null;
}

/**
 * After a load: replaces items whose version is below the generation's base with tombstones at the base (RACE-59). Such an item has no row any
 * more, because the load has rewritten the items of every row at the base or above. An item that was written since it was scanned is kept.
 * May be interrupted and repeated from any cursor: a tombstone that is there already is at the base.
 */
export async function tombstoneStaleItems(
  table: Pick<Table, 'scan' | 'putIfSeen'>,
  options: StaleItemsOptions,
): Promise<StaleItemsReport> {
  const minimum = base(options.generation);
  let scanned = 0;
  let tombstones = 0;
  let after = options.from ?? null;
  for (;;) {
    const page = await table.scan(options.segment, options.segments, after);
    scanned += page.items.length;
    const stale = page.items.filter((item) => (versionOfItem(item) ?? -1) < minimum);
    const outcomes = await mapConcurrently(8, stale, (item) =>
      table.putIfSeen(tombstone(entityNameOf(item), keyOfItem(item), { version: minimum, txn: null, at: options.at }), {
        version: versionOfItem(item),
        txn: writerOfItem(item),
      }),
    );
    tombstones += outcomes.filter(({ kind }, index) => kind === 'written' && !isTombstone(stale[index] ?? {})).length;
    after = page.next;
    if (after === null || options.pause?.() === true) return { scanned, tombstones, next: after };
  }
}

function entityNameOf(item: Item): string {
  const entity = item['_e'];
  return entity !== undefined && 'S' in entity ? entity.S : '';
}
