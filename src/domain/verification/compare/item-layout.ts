import { isPortageError } from '../../errors.ts';
import type { AttributeValue, Item } from '../../item.ts';
import { hasSingleEncoding } from '../../mapping/values/decode-value.ts';
import { expiryOf, indexKey, itemKey } from '../../mapping/items/encode.ts';
import { TTL } from '../../mapping/values/expiry.ts';
import type { EntityMapping, IndexMapping } from '../../mapping/mapping.ts';
import { RESERVED_ATTRIBUTES } from '../../mapping/items/reserved-attributes.ts';
import { type ImageValue, isBodyRef, type RowImage } from '../../row.ts';
import { keyOf } from './compare-values.ts';
import { ownProperty } from '../../own-property.ts';

/** How an item compares with the row that it decodes to, apart from its values. */
export interface ItemLayout {
  /** It lies under the row's own key. */
  readonly placed: boolean;
  /** Keys, index attributes, expiry and types are as the row encodes, with nothing surplus; `DeferredIndexes` where that depends on foreign keys. */
  readonly matches: boolean | DeferredIndexes;
}

/** Index keys that follow foreign keys, kept until the source has returned the values at the end of those paths. */
interface DeferredIndexes {
  readonly indexes: readonly IndexKeys[];
  readonly values: RowImage;
  /** Number of the item's attributes that only these indexes can account for. */
  readonly surplus: number;
}

interface IndexKeys {
  readonly index: IndexMapping;
  readonly PK: string | null;
  readonly SK: string | null;
}

/**
 * Fast check that keys, index attributes, expiry and types match the row that the item decodes to. Meaningful only if that row equals the
 * source row. `checkLayout` explains what differs.
 */
export function layoutOf(entity: EntityMapping, image: RowImage, item: Item): ItemLayout {
  try {
    const [key, found] = [itemKey(entity, image), keyOf(item)];
    if (key.PK !== found.PK || key.SK !== found.SK) return { placed: false, matches: false };
    return { placed: true, matches: expectedLayout(entity, image, item) };
  } catch (error) {
    // A row that cannot be encoded has no key, so the item cannot lie under a wrong one.
    if (isPortageError(error)) return { placed: true, matches: false };
    throw error;
  }
}

/** Whether the layout matches, once the source has returned the values of the followed paths. */
export function hasExpectedLayout({ matches }: ItemLayout, followed: RowImage): boolean {
  if (typeof matches === 'boolean') return matches;
  try {
    return countIndexAttributes(matches.indexes, { ...matches.values, ...followed }) === matches.surplus;
  } catch (error) {
    if (isPortageError(error)) return false;
    throw error;
  }
}

function expectedLayout(entity: EntityMapping, image: RowImage, item: Item): boolean | DeferredIndexes {
  if (!hasExpectedExpiry(entity, image, item)) return false;
  const attributes = countRowAttributes(entity, image, item);
  if (attributes === null) return false;
  const [immediate, deferred]: [IndexKeys[], IndexKeys[]] = [[], []];
  for (const index of entity.indexes) {
    const keys = { index, PK: stringOf(item[`${index.name}PK`]), SK: stringOf(item[`${index.name}SK`]) };
    (followsForeignKey(entity, index) ? deferred : immediate).push(keys);
  }
  const indexAttributes = countIndexAttributes(immediate, image);
  if (indexAttributes === null) return false;
  // The item has every attribute of the row, or it would not have been decoded. Any attribute beyond those is surplus.
  const surplus = countAttributes(entity, item) - attributes - indexAttributes;
  return deferred.length === 0 ? surplus === 0 : { indexes: deferred, values: valuesFor(deferred, image), surplus };
}

/** How many attributes the row's keys in these indexes account for; null where the item has other keys. */
function countIndexAttributes(indexes: readonly IndexKeys[], image: RowImage): number | null {
  let indexAttributes = 0;
  for (const { index, PK, SK } of indexes) {
    const key = indexKey(index, image);
    if (key === null) continue;
    if (key.PK !== PK || key.SK !== SK) return null;
    indexAttributes += 2;
  }
  return indexAttributes;
}

/** How many attributes the row's values take; null where one has another type. A type with a single encoding was checked by decoding it. */
function countRowAttributes({ columns, large }: EntityMapping, image: RowImage, item: Item): number | null {
  let attributes = 0;
  for (const { column, attribute, type, encode } of columns) {
    const value = ownProperty(image, column);
    if (value === null || value === undefined) continue;
    if (isBodyRef(value)) {
      if (ownProperty(large, column) === undefined) return null;
      attributes += 2;
      continue;
    }
    if (!hasSingleEncoding(type) && !isSameType(encode(value), ownProperty(item, attribute))) return null;
    attributes += 1;
  }
  return attributes;
}

/** How many attributes the item has, apart from system attributes and those of columns that are being carried. */
function countAttributes({ carrying }: EntityMapping, item: Item): number {
  let names = 0;
  for (const name in item) if (!RESERVED_ATTRIBUTES.has(name) && !carrying.has(name)) names += 1;
  return names;
}

function hasExpectedExpiry(entity: EntityMapping, image: RowImage, item: Item): boolean {
  const [seconds, found] = [expiryOf(entity, image), item[TTL]];
  return seconds === null ? found === undefined : found !== undefined && 'N' in found && found.N === seconds;
}

function followsForeignKey({ followed }: EntityMapping, { PK, SK }: IndexMapping): boolean {
  return followed.some((path) => PK.paths.includes(path) || SK.paths.includes(path));
}

/** Keeps only the values that these keys use, because thousands of rows wait at a time. */
function valuesFor(keys: readonly IndexKeys[], image: RowImage): RowImage {
  const values: Record<string, ImageValue> = {};
  for (const { index } of keys)
    for (const path of [...index.PK.paths, ...index.SK.paths, ...Object.keys(index.when)]) {
      const value = ownProperty(image, path);
      if (value !== undefined) values[path] = value;
    }
  return values;
}

function stringOf(value: AttributeValue | undefined): string | null {
  return value !== undefined && 'S' in value ? value.S : null;
}

function isSameType(expected: AttributeValue | null, found: AttributeValue | undefined): boolean {
  if (expected === null || found === undefined) return false;
  for (const type in expected) return type in found;
  return false;
}
