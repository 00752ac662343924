import type { Item } from '../../src/domain/item.ts';
import { encodeItem } from '../../src/domain/mapping/items/encode.ts';
import type { Mapping } from '../../src/domain/mapping/mapping.ts';
import type { RowSource } from '../../src/domain/ports/source.ts';
import type { Table } from '../../src/domain/ports/table.ts';
import { isTombstone, keyOfItem } from '../../src/domain/mapping/items/read-system-attributes.ts';

/** Every item, tombstones and uniqueness items included. */
export async function allItems(table: Table): Promise<readonly Item[]> {
  const found: Item[] = [];
  let after: string | null = null;
  do {
    const page: Awaited<ReturnType<Table['scan']>> = await table.scan(0, 1, after);
    found.push(...page.items);
    after = page.next;
  } while (after !== null);
  return found;
}

/** What differs between the stores, a line a key: empty when both hold the same. */
export async function differences(mapping: Mapping, rows: RowSource, table: Table): Promise<readonly string[]> {
  const wanted = new Map<string, string>();
  for (const [name, entity] of Object.entries(mapping.entities)) {
    for (const { image } of await rows.page(name, { after: null, upTo: null }, 100_000)) {
      for (const item of encodeItem(entity, image, { version: 0, txn: null, at: '' }))
        wanted.set(keyText(item), content(item));
    }
  }
  const there = new Map(
    (await allItems(table)).filter((item) => !isTombstone(item)).map((item) => [keyText(item), content(item)]),
  );
  const keys = [...new Set([...wanted.keys(), ...there.keys()])];
  return keys.flatMap((key) =>
    wanted.get(key) === there.get(key)
      ? []
      : [`${key}: row ${wanted.get(key) ?? 'absent'}, item ${there.get(key) ?? 'absent'}`],
  );
}

function keyText(item: Item): string {
  const { PK, SK } = keyOfItem(item);
  return `${PK} ${SK}`;
}

/** An item without the attributes that tell who wrote it when. */
function content(item: Item): string {
  const names = Object.keys(item)
    .filter((name) => !['_v', '_t', '_at'].includes(name))
    .sort();
  return JSON.stringify(names.map((name) => [name, plain(item[name])]));
}

/** DynamoDB keeps a number, not its digits. */
function plain(value: Item[string] | undefined): unknown {
  return value !== undefined && 'N' in value ? Number(value.N) : value;
}
