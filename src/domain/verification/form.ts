import { isPortageError } from '../errors.ts';
import { type AttributeValue, type Item, SYSTEM_ATTRIBUTES } from '../item.ts';
import { readsOneForm } from '../mapping/decode-value.ts';
import { itemKey } from '../mapping/encode.ts';
import { TTL } from '../mapping/expiry.ts';
import { type EntityMapping, holds } from '../mapping/mapping.ts';
import { isBodyRef, type RowImage } from '../row.ts';
import { keyOf } from './compare.ts';

/**
 * Whether an item that decodes to just this image is what the row makes in all else: keys, index attributes, when it ends, types, and nothing
 * beside. Nearly every item is, and to see it takes a third of making the item anew; what is wrong where it isn't is `judgeForm`'s to say.
 */
export function hasForm(entity: EntityMapping, image: RowImage, item: Item): boolean {
  try {
    const [key, found] = [itemKey(entity, image), keyOf(item)];
    if (key.PK !== found.PK || key.SK !== found.SK || !endsRight(entity, image, item)) return false;
    const indexes = shownIn(entity, image, item);
    const attributes = attributesOf(entity, image, item);
    // What the row has is there, or it would not have been decoded: more than that is surplus.
    return indexes !== null && attributes !== null && namesIn(item) === indexes + attributes;
  } catch (error) {
    if (isPortageError(error)) return false;
    throw error;
  }
}

function endsRight({ expires }: EntityMapping, image: RowImage, item: Item): boolean {
  const value = expires === null ? null : image[expires.column];
  const seconds = typeof value === 'string' ? (expires?.at(value) ?? null) : null;
  const found = item[TTL];
  return seconds === null ? found === undefined : found !== undefined && 'N' in found && found.N === seconds;
}

/** Index attributes that the row has, null where the item shows others. */
function shownIn({ indexes }: EntityMapping, image: RowImage, item: Item): number | null {
  let shown = 0;
  for (const { name, PK, SK, when } of indexes) {
    if (!holds(when, image)) continue;
    const [pk, sk] = [PK.text(image), SK.text(image)];
    if (pk === null || sk === null) continue;
    if (!isText(item[`${name}PK`], pk) || !isText(item[`${name}SK`], sk)) return null;
    shown += 2;
  }
  return shown;
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
  for (const name in item) if (!SYSTEM_ATTRIBUTES.has(name)) names += 1;
  return names;
}

function isText(value: AttributeValue | undefined, text: string): boolean {
  return value !== undefined && 'S' in value && value.S === text;
}

function isSameType(expected: AttributeValue | null, found: AttributeValue | undefined): boolean {
  if (expected === null || found === undefined) return false;
  for (const type in expected) return type in found;
  return false;
}
