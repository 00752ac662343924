import { RowNotFound } from '../../domain/errors.ts';
import type { Item, ItemKey } from '../../domain/item.ts';
import { decodeItem } from '../../domain/mapping/items/decode.ts';
import { itemKey } from '../../domain/mapping/items/encode.ts';
import { entitiesOfTable, type EntityMapping, type Mapping } from '../../domain/mapping/mapping.ts';
import type { ImageValue, RowImage } from '../../domain/row.ts';

/** What stands under a key, changes planned in the same call included: a row may follow one that is written with it. */
export type ItemAt = (key: ItemKey) => Promise<Item | null>;

/**
 * An image with the values that its index keys follow to other rows (`campaign_id.owner_id`), read from the items of those rows: what
 * PostgreSQL's image expression did while there was one. The columns at the end are immutable, so a copy stays true.
 */
export async function withFollowedValues(
  itemAt: ItemAt,
  mapping: Mapping,
  entity: EntityMapping,
  image: RowImage,
): Promise<RowImage> {
  const followed: Record<string, ImageValue> = {};
  for (const path of entity.followed) followed[path] = await follow(itemAt, mapping, entity, image, path.split('.'));
  return { ...image, ...followed };
}

async function follow(
  itemAt: ItemAt,
  mapping: Mapping,
  entity: EntityMapping,
  image: RowImage,
  steps: readonly string[],
): Promise<ImageValue> {
  const [step = '', ...rest] = steps;
  const value = image[step] ?? null;
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
    const item = await itemAt(itemKey(parent, { [column]: value }));
    const decoded = item === null ? null : decodeItem(mapping, item);
    if (decoded !== null && !decoded.deleted) return follow(itemAt, mapping, parent, decoded.image, rest);
  }
  throw new RowNotFound({ entity: first.name, identity: [value] });
}
