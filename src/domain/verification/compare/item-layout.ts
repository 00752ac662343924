import { isPortageError } from '../../errors.ts';
import type { AttributeValue, Item } from '../../item.ts';
import { readsOneForm } from '../../mapping/values/decode-value.ts';
import { endOf, indexKey, itemKey } from '../../mapping/items/encode.ts';
import { TTL } from '../../mapping/values/expiry.ts';
import type { EntityMapping, IndexMapping } from '../../mapping/mapping.ts';
import { RESERVED_ATTRIBUTES } from '../../mapping/items/reserved-names.ts';
import { type ImageValue, isBodyRef, type RowImage } from '../../row.ts';
import { keyOf } from './compare-values.ts';

/** How an item stands to the row that it decodes to, apart from its values. */
export interface ItemLayout {
  /** It lies under the row's own key. */
  readonly placed: boolean;
  /** Keys, index attributes, end and types are as the row makes them, and there is nothing beside; `Late` where the source has to say more. */
  readonly right: boolean | DeferredIndexes;
}

/** What is left of an item whose index keys follow foreign keys, until their values are known. */
interface DeferredIndexes {
  readonly indexes: readonly IndexKeys[];
  readonly values: RowImage;
  /** Attributes of the item that nothing explains but these indexes. */
  readonly unexplained: number;
}

interface IndexKeys {
  readonly index: IndexMapping;
  readonly PK: string | null;
  readonly SK: string | null;
}

/**
 * Judges the form of an item by the row that it decodes to, which says nothing while that is not the source's. Nearly every item is right, and
 * to see that takes less than making it anew; what is wrong where it isn't, `judgeForm` says.
 */
export function layoutOf(entity: EntityMapping, image: RowImage, item: Item): ItemLayout {
  try {
    const [key, found] = [itemKey(entity, image), keyOf(item)];
    if (key.PK !== found.PK || key.SK !== found.SK) return { placed: false, right: false };
    return { placed: true, right: expectedLayout(entity, image, item) };
  } catch (error) {
    // Nothing can lie where a row without a form belongs; so this is no other place.
    if (isPortageError(error)) return { placed: true, right: false };
    throw error;
  }
}

/** Whether the form is right, once the source has said what the followed paths are. */
export function hasExpectedLayout({ right }: ItemLayout, followed: RowImage): boolean {
  if (typeof right === 'boolean') return right;
  try {
    return explainedBy(right.indexes, { ...right.values, ...followed }) === right.unexplained;
  } catch (error) {
    if (isPortageError(error)) return false;
    throw error;
  }
}

function expectedLayout(entity: EntityMapping, image: RowImage, item: Item): boolean | DeferredIndexes {
  if (!endsRight(entity, image, item)) return false;
  const attributes = attributesOf(entity, image, item);
  if (attributes === null) return false;
  const [own, late]: [IndexKeys[], IndexKeys[]] = [[], []];
  for (const index of entity.indexes) {
    const shown = { index, PK: textOf(item[`${index.name}PK`]), SK: textOf(item[`${index.name}SK`]) };
    (follows(entity, index) ? late : own).push(shown);
  }
  const explained = explainedBy(own, image);
  if (explained === null) return false;
  // What the row has is there, or it would not have been decoded: more than that is surplus.
  const unexplained = namesIn(item) - attributes - explained;
  return late.length === 0 ? unexplained === 0 : { indexes: late, values: valuesFor(late, image), unexplained };
}

/** How many attributes the row's keys in these indexes explain, null where the item shows other keys. */
function explainedBy(indexes: readonly IndexKeys[], image: RowImage): number | null {
  let explained = 0;
  for (const { index, PK, SK } of indexes) {
    const key = indexKey(index, image);
    if (key === null) continue;
    if (key.PK !== PK || key.SK !== SK) return null;
    explained += 2;
  }
  return explained;
}

/** Attributes that the row's values take, null where one has another type. Those that the decoder reads in one form only have it. */
function attributesOf({ columns, large }: EntityMapping, image: RowImage, item: Item): number | null {
  let attributes = 0;
  for (const { column, attribute, type, encode } of columns) {
    const value = image[column];
    if (value === null || value === undefined) continue;
    if (isBodyRef(value)) {
      if (large[column] === undefined) return null;
      attributes += 2;
      continue;
    }
    if (!readsOneForm(type) && !isSameType(encode(value), item[attribute])) return null;
    attributes += 1;
  }
  return attributes;
}

/** Attributes other than the system's. */
function namesIn(item: Item): number {
  let names = 0;
  for (const name in item) if (!RESERVED_ATTRIBUTES.has(name)) names += 1;
  return names;
}

function endsRight(entity: EntityMapping, image: RowImage, item: Item): boolean {
  const [seconds, found] = [endOf(entity, image), item[TTL]];
  return seconds === null ? found === undefined : found !== undefined && 'N' in found && found.N === seconds;
}

function follows({ followed }: EntityMapping, { PK, SK }: IndexMapping): boolean {
  return followed.some((path) => PK.paths.includes(path) || SK.paths.includes(path));
}

/** Of the row only what these keys show: thousands of rows wait at a time. */
function valuesFor(shown: readonly IndexKeys[], image: RowImage): RowImage {
  const values: Record<string, ImageValue> = {};
  for (const { index } of shown)
    for (const path of [...index.PK.paths, ...index.SK.paths, ...Object.keys(index.when)]) {
      const value = image[path];
      if (value !== undefined) values[path] = value;
    }
  return values;
}

function textOf(value: AttributeValue | undefined): string | null {
  return value !== undefined && 'S' in value ? value.S : null;
}

function isSameType(expected: AttributeValue | null, found: AttributeValue | undefined): boolean {
  if (expected === null || found === undefined) return false;
  for (const type in expected) return type in found;
  return false;
}
