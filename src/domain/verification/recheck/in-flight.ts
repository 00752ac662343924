import type { ItemKey } from '../../item.ts';
import type { Changelog } from '../../ports/source.ts';
import type { IntentReader } from '../../ports/table.ts';
import { type Identity, identityText } from '../../row.ts';

/** Rows and items with a write in flight: a change that was not relayed yet, or a dual write in doubt. */
export interface InFlight {
  row(table: string, identity: Identity): boolean;
  item(key: ItemKey): boolean;
}

const MAX_PENDING = 1000;

/** Reads pending changes and open intents. A parked change is not in flight: it needs an operator, and stays a mismatch. */
export async function readInFlight(changelog: Changelog, intents: IntentReader): Promise<InFlight> {
  const [pending, open] = await Promise.all([changelog.pending(MAX_PENDING), intents.list()]);
  const rows = new Set(pending.map(({ relation, pk }) => `${relation} ${identityText(pk)}`));
  const keys = new Set<string>();
  for (const { writes } of open)
    for (const { relation, pk, key } of writes) {
      rows.add(`${relation} ${identityText(pk)}`);
      keys.add(`${key.PK} ${key.SK}`);
    }
  // The list may be cut off, so any row may have a change in flight.
  const tooManyPending = pending.length >= MAX_PENDING;
  return {
    row: (table, identity) => tooManyPending || rows.has(`${table} ${identityText(identity)}`),
    item: ({ PK, SK }) => keys.has(`${PK} ${SK}`),
  };
}
