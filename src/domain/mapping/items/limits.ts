import { ItemTooLarge, TransactionTooLarge } from '../../errors.ts';
import type { Item } from '../../item.ts';
import type { Intent } from '../../ports/table.ts';
import { itemBytes, MAX_ITEM_BYTES } from './item-size.ts';
import type { MappedWrite } from './writes.ts';

/** Limits of one TransactWriteItems request: actions and bytes. */
const MAX_ACTIONS = 100;
const MAX_TRANSACTION_BYTES = 4 * 1024 * 1024;
/** An attribute of the intent beside its writes, and what JSON's punctuation may cost as lists and maps. */
const INTENT_OVERHEAD = 1_024;

/** Throws for a transaction that DynamoDB would refuse, before anything is written (RACE-13, RACE-18): checks items, actions and bytes, including the intent. */
export function checkWrites(writes: readonly MappedWrite[], intent: Intent | null): void {
  const actions = writes.length + (intent === null ? 0 : 1);
  if (actions > MAX_ACTIONS) throw new TransactionTooLarge({ what: 'items', size: actions, limit: MAX_ACTIONS });
  let bytes = intent === null ? 0 : intentBytes(intent);
  if (bytes > MAX_ITEM_BYTES)
    throw new TransactionTooLarge({ what: 'bytes in its intent', size: bytes, limit: MAX_ITEM_BYTES });
  for (const { item, entity } of writes) bytes += checkItem(entity, item);
  if (bytes > MAX_TRANSACTION_BYTES)
    throw new TransactionTooLarge({ what: 'bytes', size: bytes, limit: MAX_TRANSACTION_BYTES });
}

/** The item's bytes; throws ItemTooLarge past DynamoDB's limit. */
export function checkItem(entity: string, item: Item): number {
  const bytes = itemBytes(item);
  if (bytes <= MAX_ITEM_BYTES) return bytes;
  const { PK, SK } = item;
  const key = [PK, SK].map((part) => (part !== undefined && 'S' in part ? part.S : '')).join(' ');
  throw new ItemTooLarge({ entity, key, bytes, limit: MAX_ITEM_BYTES });
}

/** An upper bound: each write costs its texts and the names of its members. */
function intentBytes(intent: Intent): number {
  return intent.writes.reduce((sum, write) => sum + Buffer.byteLength(JSON.stringify(write)) + 64, INTENT_OVERHEAD);
}
