import { ItemUnreadable } from '../../errors.ts';
import type { AttributeValue, Item, ItemKey } from '../../item.ts';
import type { Identity, ImageValue, RowImage } from '../../row.ts';
import { hashOfBodyKey } from './body-key.ts';
import { readKey } from '../keys/key-template.ts';
import type { EntityMapping, Mapping } from '../mapping.ts';
import { ownProperty } from '../../own-property.ts';

/** An item decoded to the row it came from. A uniqueness item names the row that holds it: `image` has the identity only. */
export interface Decoded {
  readonly entity: string;
  readonly image: RowImage;
  readonly version: number;
  readonly txn: string | null;
  readonly deleted: boolean;
  /** Name of the constraint, for uniqueness items. */
  readonly unique: string | null;
}

/**
 * Decodes an item. Throws ItemUnreadable for anything that the mapping could not have written; nothing is ignored.
 * Shares no code with the encoding side (RACE-31). Followed paths, which no attribute holds, are absent from the image.
 */
export function decodeItem(mapping: Mapping, item: Item): Decoded {
  const key = { PK: textOf(item, 'PK') ?? '', SK: textOf(item, 'SK') ?? '' };
  const fail = (reason: string): never => {
    throw new ItemUnreadable({ key: `${key.PK} ${key.SK}`, reason });
  };
  const version = versionIn(item) ?? fail('_v is not a version');
  const txn = textOf(item, '_t');
  const named = textOf(item, '_e') ?? fail('_e names no entity');
  const deleted = isTrue(item['_d']);
  const unique = named === 'UNIQUE' ? (uniqueName(key) ?? fail('the key is not that of a unique value')) : null;
  const entityName = unique === null ? named : (key.PK.split('#')[1] ?? '');
  const entity = entityOf(mapping, entityName) ?? fail(`there is no entity ${entityName}`);
  if (deleted) return { entity: entityName, image: {}, version, txn, deleted, unique };
  const image = unique === null ? rowOf(entity, item, fail) : holderOf(entity, item, fail);
  return { entity: entityName, image, version, txn, deleted, unique };
}

/** The identity in an item's key, also a tombstone's: base keys hold all identity columns. Null if the key is not one of the entity's. */
export function identityOfKey(entity: EntityMapping, key: ItemKey): Identity | null {
  const pk = entity.shard === null ? key.PK : key.PK.replace(/#SHARD#\d+$/, '');
  const [inPk, inSk] = [readKey(entity.PK, pk), readKey(entity.SK, key.SK)];
  if (inPk === null || inSk === null) return null;
  const values = entity.identity.map((column) => ownProperty(inPk, column) ?? ownProperty(inSk, column));
  return values.every((value) => value !== undefined) ? values : null;
}

function rowOf(entity: EntityMapping, item: Item, fail: (reason: string) => never): RowImage {
  const image: Record<string, ImageValue> = {};
  for (const { column, attribute, decode } of entity.columns) {
    const value = ownProperty(item, attribute);
    const large = ownProperty(entity.large, column);
    const pointer = large === undefined ? undefined : ownProperty(item, large.pointer);
    if (large !== undefined && pointer !== undefined) {
      if (value !== undefined) return fail(`${column} is both inline and in S3`);
      const sha256 = 'S' in pointer ? hashOfBodyKey(pointer.S) : null;
      const length = ownProperty(item, large.length);
      const bytes = length !== undefined && 'N' in length ? Number(length.N) : Number.NaN;
      if (sha256 === null || !Number.isSafeInteger(bytes)) return fail(`${large.pointer} points to no body`);
      image[column] = { sha256, bytes };
    } else if (value === undefined) image[column] = null;
    else image[column] = decode(value) ?? fail(`${attribute} has a type that ${column} could not have`);
  }
  return image;
}

function holderOf(entity: EntityMapping, item: Item, fail: (reason: string) => never): RowImage {
  const identity = item['_i'];
  if (
    identity === undefined ||
    !('L' in identity) ||
    identity.L.length !== entity.identity.length ||
    textOf(item, '_of') !== entity.name
  )
    return fail('it does not name the row that holds it');
  const image: Record<string, ImageValue> = {};
  for (const [at, column] of entity.identity.entries()) {
    const value = identity.L[at];
    image[column] = value !== undefined && 'S' in value ? value.S : fail('it does not name the row that holds it');
  }
  return image;
}

function uniqueName({ PK, SK }: ItemKey): string | null {
  const [head, , name] = PK.split('#');
  return head === 'UNIQUE' && SK === 'UNIQUE' ? (name ?? null) : null;
}

function entityOf(mapping: Mapping, name: string): EntityMapping | null {
  return Object.hasOwn(mapping.entities, name) ? (mapping.entities[name] ?? null) : null;
}

function versionIn(item: Item): number | null {
  const version = item['_v'];
  const number = version !== undefined && 'N' in version ? Number(version.N) : Number.NaN;
  return Number.isSafeInteger(number) && number >= 0 ? number : null;
}

function textOf(item: Item, name: string): string | null {
  const value = ownProperty(item, name);
  return value !== undefined && 'S' in value ? value.S : null;
}

function isTrue(value: AttributeValue | undefined): boolean {
  return value !== undefined && 'BOOL' in value && value.BOOL;
}
