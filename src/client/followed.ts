import { RowNotFound } from '../domain/errors.ts';
import { decodeItem } from '../domain/mapping/decode.ts';
import { itemKey } from '../domain/mapping/encode.ts';
import { entitiesOfTable, type EntityMapping, type Mapping } from '../domain/mapping/mapping.ts';
import type { Table } from '../domain/ports/table.ts';
import type { ImageValue, RowImage } from '../domain/row.ts';

/**
 * An image with the values that its index keys follow to other rows (\`campaign_id.owner_id\`), read from the items of those rows: what
 * PostgreSQL's image expression did while there was one. The columns at the end are immutable, so a copy stays true.
 */
export async function withFollowed(
  table: Table,
  mapping: Mapping,
  entity: EntityMapping,
  image: RowImage,
): Promise<RowImage> {
  const followed: Record<string, ImageValue> = {};
  for (const path of entity.followed) followed[path] = await follow(table, mapping, entity, image, path.split('.'));
  return { ...image, ...followed };
}

async function follow(
  table: Table,
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
  const [parent] = key === undefined ? [] : entitiesOfTable(mapping, key.references.table);
  if (parent === undefined || column === undefined) return null;
  const [item] = await table.get([itemKey(parent, { [column]: value })], { consistent: true });
  const decoded = item === undefined ? null : decodeItem(mapping, item);
  if (decoded === null || decoded.deleted) throw new RowNotFound({ entity: parent.name, identity: [value] });
  return follow(table, mapping, parent, decoded.image, rest);
}
