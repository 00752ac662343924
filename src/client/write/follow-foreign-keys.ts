import { RowNotFound } from '../../domain/errors.ts';
import type { Item, ItemKey } from '../../domain/item.ts';
import { decodeItem } from '../../domain/mapping/items/decode.ts';
import { itemKey } from '../../domain/mapping/items/encode.ts';
import { entitiesOfTable, type EntityMapping, type IndexMapping, type Mapping } from '../../domain/mapping/mapping.ts';
import type { ImageValue, RowImage } from '../../domain/row.ts';
import { ownProperty } from '../../domain/own-property.ts';

/** Where followed rows are looked for. Changes planned in the same call are included: a row may follow one that is written with it. */
export interface FollowedItems {
  at(key: ItemKey): Promise<Item | null>;
  /** The items of an index's partition, eventually consistent. */
  inPartition(index: string, partition: string): Promise<readonly Item[]>;
  sleep(milliseconds: number): Promise<void>;
}

/** Pauses before an index is asked again: a parent written a moment ago may not be in it yet. */
const INDEX_PAUSES_MS = [100, 300, 900];

/**
 * An image with the values that its index keys follow to other rows (`campaign_id.owner_id`), read from the items of those rows: what
 * PostgreSQL's image expression did while there was one. The columns at the end are immutable, so a copy stays true, and so does one from
 * an index.
 *
 * @throws RowNotFound where a foreign key leads to no row
 */
export async function withFollowedValues(
  items: FollowedItems,
  mapping: Mapping,
  entity: EntityMapping,
  image: RowImage,
): Promise<RowImage> {
  const followed: Record<string, ImageValue> = {};
  for (const path of entity.followed) followed[path] = await follow(items, mapping, entity, image, path.split('.'));
  return { ...image, ...followed };
}

async function follow(
  items: FollowedItems,
  mapping: Mapping,
  entity: EntityMapping,
  image: RowImage,
  steps: readonly string[],
): Promise<ImageValue> {
  const [step = '', ...rest] = steps;
  const value = ownProperty(image, step) ?? null;
  if (rest.length === 0 || typeof value !== 'string') return rest.length === 0 ? value : null;
  const key = mapping.catalogue.tables[entity.table]?.foreignKeys.find(
    ({ columns }) => columns.length === 1 && columns[0] === step,
  );
  const column = key?.references.columns[0];
  const parents = key === undefined ? [] : entitiesOfTable(mapping, key.references.table);
  const [first] = parents;
  if (first === undefined || column === undefined) return null;
  // A table split by `where`: the row is one of its entities.
  for (const parent of parents) {
    const found = await parentImage(items, mapping, parent, { column, value });
    if (found !== null) return follow(items, mapping, parent, found, rest);
  }
  throw new RowNotFound({ entity: first.name, identity: [value] });
}

/** The row of `parent` with this value in the column that a foreign key refers to: by its base key, or through an index. */
async function parentImage(
  items: FollowedItems,
  mapping: Mapping,
  parent: EntityMapping,
  { column, value }: { readonly column: string; readonly value: string },
): Promise<RowImage | null> {
  const image = { [column]: value };
  const imageOf = (item: Item): RowImage | null => {
    const decoded = decodeItem(mapping, item);
    const isParent = !decoded.deleted && decoded.unique === null && decoded.entity === parent.name;
    return isParent && ownProperty(decoded.image, column) === value ? decoded.image : null;
  };
  if ([...parent.PK.paths, ...parent.SK.paths].every((path) => path === column)) {
    const item = await items.at(itemKey(parent, image));
    return item === null ? null : imageOf(item);
  }
  const index = parent.indexes.find((candidate) => leadsTo(parent, candidate, column));
  const partition = index?.PK.text(image) ?? null;
  if (index === undefined || partition === null) return null;
  for (const pause of [...INDEX_PAUSES_MS, null]) {
    for (const item of await items.inPartition(index.name, partition)) {
      const found = imageOf(item);
      if (found !== null) return found;
    }
    if (pause !== null) await items.sleep(pause);
  }
  return null;
}

/** True where every row is in the index, in the partition that the column's value alone names. */
function leadsTo({ columns }: EntityMapping, { PK, SK, when }: IndexMapping, column: string): boolean {
  const isNotNull = (path: string): boolean => columns.some((each) => each.column === path && each.notNull);
  return (
    PK.paths.length > 0 &&
    PK.paths.every((path) => path === column) &&
    SK.paths.every(isNotNull) &&
    Object.keys(when).length === 0
  );
}
