import type { ItemKey } from '../../item.ts';
import type { Changelog } from '../../ports/source.ts';
import type { Intents } from '../../ports/table.ts';
import { type Identity, identityText } from '../../row.ts';

/** Rows and items that a write still on its way explains: not relayed yet, or a dual write in doubt. */
export interface InFlight {
  row(table: string, identity: Identity): boolean;
  item(key: ItemKey): boolean;
}

const PENDING = 1000;

/** Asks relay and sweeper's own records. What is parked is not on its way: it needs a person, and stays a mismatch. */
export async function readInFlight(changelog: Changelog, intents: Intents): Promise<InFlight> {
  const [pending, open] = await Promise.all([changelog.pending(PENDING), intents.list()]);
  const rows = new Set(pending.map(({ relation, pk }) => `${relation} ${identityText(pk)}`));
  const keys = new Set<string>();
  for (const { writes } of open)
    for (const { relation, pk, key } of writes) {
      rows.add(`${relation} ${identityText(pk)}`);
      keys.add(`${key.PK} ${key.SK}`);
    }
  // With more than was asked for, nothing can be said about a single row: all may still be on their way.
  const flooded = pending.length >= PENDING;
  return {
    row: (table, identity) => flooded || rows.has(`${table} ${identityText(identity)}`),
    item: ({ PK, SK }) => keys.has(`${PK} ${SK}`),
  };
}
