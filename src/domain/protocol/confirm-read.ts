import type { Item } from '../item.ts';
import type { Intents, Table } from '../ports/table.ts';
import { mapConcurrently } from '../concurrency.ts';
import { keyOfItem, versionOfItem, writerOfItem } from '../mapping/items/system-attributes.ts';

export interface ReadPorts {
  readonly table: Pick<Table, 'get'>;
  readonly intents: Pick<Intents, 'get'>;
}

export interface ReadOptions {
  readonly now: Date;
  /**
   * Items whose dual write is older than this need no look at its intent. A writer's clock may be behind the reader's by this much less
   * the life of an intent (RACE-19).
   */
  readonly recentMs: number;
  /** Dual writes known to be settled; added to. Their uuids never come back. */
  readonly settled: Set<string>;
}

/** \`source\`: a dual write is open on one of the items, so PostgreSQL has to answer. */
export type Confirmed = { readonly kind: 'items'; readonly items: readonly Item[] } | { readonly kind: 'source' };

/**
 * Shows nobody what is not committed (RACE-66): a young item's intent is read; open sends the reader to PostgreSQL, gone makes it read the
 * item again and use it if it is unchanged, for the intent may have gone with a repair. A changed one may belong elsewhere by
 * now, so PostgreSQL answers too.
 */
export async function confirmRead(ports: ReadPorts, items: readonly Item[], options: ReadOptions): Promise<Confirmed> {
  const suspects = items.filter((item) => isRecent(item, options));
  if (suspects.length === 0) return { kind: 'items', items };
  const writers = [...new Set(suspects.flatMap((item) => writerOfItem(item) ?? []))];
  const intents = await mapConcurrently(16, writers, (writer) => ports.intents.get(writer));
  if (intents.some((intent) => intent !== null)) return { kind: 'source' };
  const again = await ports.table.get(suspects.map(keyOfItem), { consistent: true });
  const fresh = new Map(again.map((item) => [keyText(item), item]));
  if (!suspects.every((item) => isSame(item, fresh.get(keyText(item))))) return { kind: 'source' };
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

function keyText(item: Item): string {
  return JSON.stringify(keyOfItem(item));
}
