import { UniqueTaken } from '../../domain/errors.ts';
import type { Item } from '../../domain/item.ts';
import { decodeItem } from '../../domain/mapping/items/decode.ts';
import { uniqueKeys } from '../../domain/mapping/items/encode.ts';
import { itemKeyText, keyOfItem } from '../../domain/mapping/items/read-system-attributes.ts';
import type { EntityMapping, Mapping } from '../../domain/mapping/mapping.ts';
import { type Identity, identityText, type RowImage } from '../../domain/row.ts';
import { ownProperty } from '../../domain/own-property.ts';

/** A unique value that one row takes while another has it. */
export interface Contested {
  readonly entity: EntityMapping;
  readonly rule: string;
  readonly key: string;
  /** The row that had it. */
  readonly holder: Identity;
}

/**
 * What stands against a uniqueness item: the row that has the value by the item that is there (RACE-21); null if there is none. Of a rule
 * that PostgreSQL checks at once, the value must be free already.
 *
 * @throws UniqueTaken
 */
export function contestedValue(mapping: Mapping, item: Item, existing: Item): Contested | null {
  const ours = decodeItem(mapping, { ...item, _v: { N: '0' } });
  const entity = mapping.entities[ours.entity];
  if (ours.unique === null || entity === undefined) return null;
  const holder = identityIn(entity, decodeItem(mapping, existing).image);
  if (identityText(holder) === identityText(identityIn(entity, ours.image))) return null;
  const contested = { entity, rule: ours.unique, key: itemKeyText(keyOfItem(item)), holder };
  if (entity.unique.find(({ name }) => name === ours.unique)?.deferrable !== true) throw taken(contested);
  return contested;
}

/** Throws UniqueTaken unless the row that had the value gives it up in the same call, as rows do that exchange values. `rows`: what the call makes of rows, null = deleted. */
export function assertGivenUp(contested: Contested, rows: ReadonlyMap<string, RowImage | null>): void {
  const { entity, key, holder } = contested;
  const image = rows.get(rowText(entity, holder));
  if (image === null) return;
  if (image === undefined || uniqueKeys(entity, image).some((claimed) => itemKeyText(claimed) === key))
    throw taken(contested);
}

/** A row as a key of a map. */
export function rowText({ name }: EntityMapping, identity: Identity): string {
  return `${name} ${identityText(identity)}`;
}

/** Whether an item of a unique value names another row than this one. */
export function isHeldByAnother(mapping: Mapping, entity: EntityMapping, image: RowImage, item: Item): boolean {
  const found = decodeItem(mapping, item);
  if (found.unique === null || found.deleted) return false;
  return identityText(identityIn(entity, found.image)) !== identityText(identityIn(entity, image));
}

function taken({ entity, rule, key }: Contested): UniqueTaken {
  return new UniqueTaken({ entity: entity.name, constraint: rule, value: key });
}

function identityIn(entity: EntityMapping, image: RowImage): Identity {
  return entity.identity.map((column) => String(ownProperty(image, column)));
}
