import type { Item } from '../item.ts';
import type { Intents, Table } from '../ports/table.ts';
import { mapConcurrently } from '../concurrency.ts';
import { itemKeyText, keyOfItem, versionOfItem, writerOfItem } from '../mapping/items/read-system-attributes.ts';

export interface ReadPorts {
  readonly table: Pick<Table, 'get'>;
  readonly intents: Pick<Intents, 'get'>;
}

export interface ReadOptions {
  readonly now: Date;
  /**
   * Items whose dual write is older than this, in milliseconds, are read without checking its intent. The clocks of writer and reader may
   * differ by this much, less the lifetime of an intent (RACE-19).
   */
  readonly recentMs: number;
  /** Uuids of dual writes known to be settled; this call adds to them. Uuids are never reused. */
  readonly settled: Set<string>;
}

/** `source`: a dual write of one of the items may be open, so the caller must read from PostgreSQL. */
export type Confirmed = { readonly kind: 'items'; readonly items: readonly Item[] } | { readonly kind: 'source' };

/**
 * Keeps uncommitted items from readers (RACE-66). For items written recently, the intent of their dual write is read. If it is open, the
 * caller must read from PostgreSQL. If it is gone, the item is read again, because a repair may have removed the intent: an unchanged item
 * is used, a changed one may have another key by now, so the caller must read from PostgreSQL as well.
 *
 * @param items as the query returned them; they are returned unchanged
 */
export async function confirmRead(ports: ReadPorts, items: readonly Item[], options: ReadOptions): Promise<Confirmed> {
  const recent = items.filter((item) => isRecent(item, options));
  if (recent.length === 0) return { kind: 'items', items };
  const writers = [...new Set(recent.flatMap((item) => writerOfItem(item) ?? []))];
  const intents = await mapConcurrently(16, writers, (writer) => ports.intents.get(writer));
  if (intents.some((intent) => intent !== null)) return { kind: 'source' };
  const again = await ports.table.get(recent.map(keyOfItem), { consistent: true });
  const fresh = new Map(again.map((item) => [itemKeyText(keyOfItem(item)), item]));
  if (!recent.every((item) => isSame(item, fresh.get(itemKeyText(keyOfItem(item)))))) return { kind: 'source' };
  for (const writer of writers) options.settled.add(writer);
  return { kind: 'items', items };
}

function isRecent(item: Item, { now, recentMs, settled }: ReadOptions): boolean {
  const writer = writerOfItem(item);
  if (writer === null || settled.has(writer)) return false;
  const at = item['_at'];
  const age = at !== undefined && 'S' in at ? now.getTime() - Date.parse(at.S) : 0;
  return !(age > recentMs);
}

function isSame(item: Item, other: Item | undefined): boolean {
  return (
    other !== undefined && versionOfItem(item) === versionOfItem(other) && writerOfItem(item) === writerOfItem(other)
  );
}
