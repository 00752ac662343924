import { ValueRefused } from '../../errors.ts';
import type { AttributeValue, Item, ItemKey } from '../../item.ts';
import { isBodyRef, type RowImage } from '../../row.ts';
import { bodyKey } from './body-key.ts';
import { TTL } from '../values/expiry.ts';
import { holds } from '../conditions.ts';
import type { EntityMapping, IndexMapping } from '../mapping.ts';
import { shardedKey } from './shard.ts';
import { checkLength, type KeyTemplate } from '../keys/key-template.ts';
import { ownProperty } from '../../own-property.ts';

/**
 * The system attributes of a put: its version, its dual write (null for loader and relay), the
 * time.
 */
export interface Stamp {
  readonly version: number;
  readonly txn: string | null;
  readonly at: string;
}

/** `_e` of uniqueness items, which belong to the row of another entity. */
export const UNIQUE = 'UNIQUE';

/** The base key of a row's item. */
export function itemKey(entity: EntityMapping, image: RowImage): ItemKey {
  const pk = required(entity, entity.PK, image);
  return { PK: shardedKey(pk, entity.shard, image), SK: required(entity, entity.SK, image) };
}

/** The row's key in an index, or null if the row is not in it: its condition does not hold, or a key column is NULL. */
export function indexKey({ PK, SK, when }: IndexMapping, image: RowImage): ItemKey | null {
  if (!holds(when, image)) return null;
  const pk = PK.text(image);
  const sk = pk === null ? null : SK.text(image);
  return pk === null || sk === null ? null : { PK: pk, SK: sk };
}

/** The second from which DynamoDB may delete the row's items, null for never. */
export function expiryOf({ expires }: EntityMapping, image: RowImage): string | null {
  const value = expires === null ? null : ownProperty(image, expires.column);
  return typeof value === 'string' ? (expires?.at(value) ?? null) : null;
}

/** The keys of a row's item and of its uniqueness items; the columns of an old key are enough. */
export function itemKeys(entity: EntityMapping, image: RowImage): readonly ItemKey[] {
  return [itemKey(entity, image), ...uniqueKeys(entity, image)];
}

/** The keys of a row's uniqueness items (RACE-21); none under a rule whose `when` does not hold, or for a NULL that equals no other. */
export function uniqueKeys(entity: EntityMapping, image: RowImage): readonly ItemKey[] {
  const keys: ItemKey[] = [];
  for (const { name, value, when } of entity.unique) {
    const text = holds(when, image) ? value.text(image) : null;
    if (text === null) continue;
    const PK = `${UNIQUE}#${entity.name}#${name}#${text}`;
    checkLength(entity.name, 'PK', PK, value.paths);
    keys.push({ PK, SK: UNIQUE });
  }
  return keys;
}

/** A row as items: its own, then its uniqueness items. Always the full image (RACE-16). */
export function encodeItem(entity: EntityMapping, image: RowImage, stamp: Stamp): readonly Item[] {
  const key = itemKey(entity, image);
  const item: Record<string, AttributeValue> = { PK: { S: key.PK }, SK: { S: key.SK } };
  for (const { column, attribute, encode } of entity.columns) {
    const value = ownProperty(image, column);
    if (value === null || value === undefined) continue;
    if (!isBodyRef(value)) item[attribute] = encode(value) ?? unfaithful(entity, column);
    else {
      const large = ownProperty(entity.large, column);
      if (large === undefined)
        throw new ValueRefused({
          entity: entity.name,
          column,
          reason: 'a reference to a body in a column that is not large',
        });
      item[large.pointer] = { S: bodyKey(value.sha256) };
      item[large.length] = { N: String(value.bytes) };
    }
  }
  for (const index of entity.indexes) {
    const shown = indexKey(index, image);
    if (shown === null) continue;
    item[`${index.name}PK`] = { S: shown.PK };
    item[`${index.name}SK`] = { S: shown.SK };
  }
  expireOn(item, entity, image);
  stampOn(item, entity.name, stamp);
  if (entity.unique.length === 0) return [item];
  return [item, ...uniqueKeys(entity, image).map((unique) => uniqueItem(entity, image, unique, stamp))];
}

/** The item that replaces a deleted row: it keeps its version for ever, and is in no index and visible to no reader (RACE-2, RACE-3). */
export function tombstone(entity: string, key: ItemKey, stamp: Stamp): Item {
  const item: Record<string, AttributeValue> = { PK: { S: key.PK }, SK: { S: key.SK }, _d: { BOOL: true } };
  stampOn(item, key.SK === UNIQUE ? UNIQUE : entity, stamp);
  return item;
}

/** Identifies the row that holds the value: its entity and identity, as text. */
function uniqueItem(entity: EntityMapping, image: RowImage, key: ItemKey, stamp: Stamp): Item {
  const identity = entity.identity.map((column): AttributeValue => {
    const value = ownProperty(image, column);
    return { S: typeof value === 'string' ? value : '' };
  });
  const item: Record<string, AttributeValue> = {
    PK: { S: key.PK },
    SK: { S: key.SK },
    _of: { S: entity.name },
    _i: { L: identity },
  };
  // The value becomes free when its row expires.
  expireOn(item, entity, image);
  stampOn(item, UNIQUE, stamp);
  return item;
}

/** Set on every item from the start; DynamoDB deletes nothing by it before `complete` (rule b). */
function expireOn(item: Record<string, AttributeValue>, entity: EntityMapping, image: RowImage): void {
  const seconds = expiryOf(entity, image);
  if (seconds !== null) item[TTL] = { N: seconds };
}

function stampOn(item: Record<string, AttributeValue>, entity: string, { version, txn, at }: Stamp): void {
  item['_v'] = { N: String(version) };
  item['_e'] = { S: entity };
  item['_at'] = { S: at };
  if (txn !== null) item['_t'] = { S: txn };
}

function unfaithful(entity: EntityMapping, column: string): never {
  const reason = "the number is beyond DynamoDB's, which keep 38 digits from 1E-130 to 9.9E+125";
  throw new ValueRefused({ entity: entity.name, column, reason });
}

function required(entity: EntityMapping, template: KeyTemplate, image: RowImage): string {
  const text = template.text(image);
  if (text !== null) return text;
  throw new ValueRefused({
    entity: entity.name,
    column: template.paths.join(', '),
    reason: 'a key column is NULL or not in the image',
  });
}
