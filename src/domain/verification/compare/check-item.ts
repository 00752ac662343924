import { isPortageError } from '../../errors.ts';
import type { Item, ItemKey } from '../../item.ts';
import { encodeItem, uniqueKeys } from '../../mapping/items/encode.ts';
import type { EntityMapping } from '../../mapping/mapping.ts';
import type { SourceRow } from '../../ports/source.ts';
import type { BodyRef, RowImage } from '../../row.ts';
import { compareExpiry, compareItems, compareRows, keyOf } from './compare-values.ts';
import type { Difference, Show } from './finding.ts';
import { bodiesOf, type DecodedRow, type UnreadableItem } from './decoded-item.ts';

/** What is wrong with a stored body; null = nothing. */
export interface StoredBodies {
  fault(body: BodyRef): string | null;
}

/** How items are compared, and how differences are shown. */
export interface CompareOptions {
  /** Names of the attributes that hold index keys. */
  readonly indexKeys: ReadonlySet<string>;
  readonly show: Show;
}

/** A row as the mapping would write it now. */
export interface Expected {
  readonly item: Item;
  readonly key: ItemKey;
  readonly unique: readonly ItemKey[];
}

const STAMP = { version: 0, txn: null, at: '' };
const EXTRA: Difference = { field: 'row', damage: 'extra', source: 'absent', target: 'present' };
const REFUSED: Difference = { field: 'row', damage: 'refused', source: 'has no form as an item', target: 'present' };

/** The items of a row, or null where one of its values cannot be stored in the target: then no item can match. */
export function expectedOf(entity: EntityMapping, image: RowImage): Expected | null {
  try {
    const [item] = encodeItem(entity, image, STAMP);
    return item === undefined ? null : { item, key: keyOf(item), unique: uniqueKeys(entity, image) };
  } catch (error) {
    if (!isPortageError(error)) throw error;
    return null;
  }
}

/** Everything in which an item differs from its row; empty = they match. */
export function checkRow(
  { indexKeys, show }: CompareOptions,
  decoded: DecodedRow,
  item: Item,
  row: SourceRow | null,
): readonly Difference[] {
  if (row === null) return [EXTRA];
  return [
    ...compareRows(decoded.entity.columns, row.image, decoded.image, show),
    ...checkLayout({ indexKeys, show }, decoded.entity, row.image, item),
  ];
}

/** Everything in which an item differs from the one that the row encodes to, apart from its values: keys, shard, indexes, types. */
export function checkLayout(
  { indexKeys, show }: CompareOptions,
  entity: EntityMapping,
  image: RowImage,
  item: Item,
): readonly Difference[] {
  const expected = expectedOf(entity, image);
  return expected === null ? [REFUSED] : compareItems(indexKeys, expected.item, item, show, entity.carrying);
}

/** What is wrong with an item that cannot be decoded. Where the row is known, attributes are compared as well. */
export function checkUnreadable(
  { indexKeys, show }: CompareOptions,
  decoded: UnreadableItem,
  item: Item,
  row: SourceRow | null,
): readonly Difference[] {
  const unreadable: Difference = { field: 'item', damage: 'unreadable', source: 'present', target: decoded.reason };
  if (decoded.entity === null || decoded.identity === null) return [unreadable];
  if (row === null) return [EXTRA, unreadable];
  const expected = expectedOf(decoded.entity, row.image);
  return [
    ...(expected === null ? [REFUSED] : compareItems(indexKeys, expected.item, item, show, decoded.entity.carrying)),
    unreadable,
  ];
}

/** A uniqueness item matches while the row that it names still claims this value (RACE-21), and expires with the row. */
export function checkUnique(
  { show }: CompareOptions,
  decoded: DecodedRow,
  row: SourceRow | null,
): readonly Difference[] {
  if (row === null) return [{ field: 'owner', damage: 'unique', source: 'absent', target: 'present' }];
  const expected = expectedOf(decoded.entity, row.image);
  const claimed = expected?.unique ?? [];
  if (expected !== null && claimed.some(({ PK, SK }) => PK === decoded.key.PK && SK === decoded.key.SK))
    return compareExpiry(expected.item, decoded.item, show);
  const source = show(claimed.map(({ PK }) => PK).join(' '));
  return [{ field: 'owner', damage: 'unique', source, target: show(decoded.key.PK) }];
}

/** Bodies that differ from what the item's own pointers say. */
export function checkBodies({ show }: CompareOptions, image: RowImage, bodies: StoredBodies): readonly Difference[] {
  return bodiesOf(image).flatMap(({ column, ref }): readonly Difference[] => {
    const target = bodies.fault(ref);
    return target === null ? [] : [{ field: column, damage: 'body', source: show(ref), target }];
  });
}
