import type { Item, ItemKey } from '../../domain/item.ts';
import type { Table } from '../../domain/ports/table.ts';
import { itemKeyText, keyOfItem } from '../../domain/mapping/items/read-system-attributes.ts';

type Get = Table['get'];

interface Batch {
  readonly keys: Map<string, ItemKey>;
  readonly items: Promise<readonly Item[]>;
}

/**
 * Gets that are asked for in the same turn of the event loop, as by `Promise.all(ids.map(…))`, travel together: many single gets cost the requests
 * of one. Each of them begins after its own call, so what a strong one sees is no older than it may be.
 */
export function batchedGets(get: Get): Get {
  const open = new Map<boolean, Batch>();
  const batchOf = (consistent: boolean): Batch => {
    const current = open.get(consistent);
    if (current !== undefined) return current;
    const keys = new Map<string, ItemKey>();
    const send = (): Promise<readonly Item[]> => {
      open.delete(consistent);
      return get([...keys.values()], { consistent });
    };
    const batch = { keys, items: Promise.resolve().then(send) };
    open.set(consistent, batch);
    return batch;
  };
  return async (requested, { consistent }) => {
    const batch = batchOf(consistent);
    const requestedKeys = new Set(requested.map(itemKeyText));
    for (const key of requested) batch.keys.set(itemKeyText(key), key);
    return (await batch.items).filter((item) => requestedKeys.has(itemKeyText(keyOfItem(item))));
  };
}
