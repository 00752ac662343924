import type { AttributeValue, Item } from '../../item.ts';
import type { ColumnMapping } from '../../mapping/mapping.ts';
import { TTL } from '../../mapping/values/expiry.ts';
import { unsharded } from '../../mapping/items/shard.ts';
import { RESERVED_ATTRIBUTES } from '../../mapping/items/reserved-attributes.ts';
import { type ImageValue, isBodyRef, type RowImage } from '../../row.ts';
import { type MismatchKind, type Difference, redact, type Show } from './finding.ts';
import { classifyDifference } from './classify-difference.ts';
import { ownProperty } from '../../own-property.ts';

/**
 * The columns in which the row that an item decodes to differs from the source's. Canonical text is compared exactly: NULL
 * is not '', 1.0 is not 1.00, and bodies are compared by hash (RACE-32).
 */
export function compareRows(
  columns: readonly Pick<ColumnMapping, 'column' | 'type'>[],
  source: RowImage,
  target: RowImage,
  show: Show = redact,
): readonly Difference[] {
  const differences: Difference[] = [];
  for (const { column, type } of columns) {
    const [expected, found] = [ownProperty(source, column) ?? null, ownProperty(target, column) ?? null];
    if (equal(expected, found)) continue;
    const damage = classifyDifference(type, expected, found);
    differences.push({ field: column, damage, source: show(expected), target: show(found) });
  }
  return differences;
}

/**
 * The attributes in which an item differs from the one that its row encodes to: keys, shard, index attributes, expiry, and the types
 * of all others. Their values are compared as decoded columns, so that an encoding error cannot hide itself (RACE-31). Attributes in
 * `ignored` are not compared.
 */
export function compareItems(
  indexKeys: ReadonlySet<string>,
  expected: Item,
  found: Item,
  show: Show = redact,
  ignored: ReadonlySet<string> = new Set(),
): readonly Difference[] {
  const differences: Difference[] = [];
  const addDifference = (field: string, damage: MismatchKind, source: string, target: string) =>
    differences.push({ field, damage, source, target });
  const [key, foundKey] = [keyOf(expected), keyOf(found)];
  if (key.SK !== foundKey.SK || unsharded(key.PK) !== unsharded(foundKey.PK))
    addDifference('key', 'key', show(`${key.PK} ${key.SK}`), show(`${foundKey.PK} ${foundKey.SK}`));
  else if (key.PK !== foundKey.PK) addDifference('PK', 'shard', shardOf(key.PK), shardOf(foundKey.PK));
  differences.push(...compareExpiry(expected, found, show));
  const compareField = (field: string): void => {
    if (RESERVED_ATTRIBUTES.has(field) || ignored.has(field)) return;
    if (indexKeys.has(field)) {
      const [text, foundText] = [attributeText(ownProperty(expected, field)), attributeText(ownProperty(found, field))];
      if (text !== foundText) addDifference(field, 'index', show(text), show(foundText));
      return;
    }
    const [type, foundType] = [typeOf(ownProperty(expected, field)), typeOf(ownProperty(found, field))];
    if (type === foundType) return;
    addDifference(field, type === 'absent' || foundType === 'absent' ? 'attribute' : 'type', type, foundType);
  };
  for (const field in expected) compareField(field);
  for (const field in found) if (!Object.hasOwn(expected, field)) compareField(field);
  return differences;
}

/** Compares the TTL attribute, by which DynamoDB deletes: a wrong one loses a row or keeps it for ever, though every column matches. */
export function compareExpiry(expected: Item, found: Item, show: Show = redact): readonly Difference[] {
  const [source, target] = [attributeText(expected[TTL]), attributeText(found[TTL])];
  return source === target ? [] : [{ field: TTL, damage: 'expiry', source: show(source), target: show(target) }];
}

/** Index attributes of an item that must not appear in any index. */
export function strayIndexAttributes(
  indexKeys: ReadonlySet<string>,
  item: Item,
  show: Show = redact,
): readonly Difference[] {
  return Object.keys(item)
    .filter((field) => indexKeys.has(field))
    .map((field) => ({
      field,
      damage: 'index',
      source: 'absent',
      target: show(attributeText(item[field])),
    }));
}

function equal(left: ImageValue, right: ImageValue): boolean {
  if (isBodyRef(left) && isBodyRef(right)) return left.sha256 === right.sha256 && left.bytes === right.bytes;
  return left === right;
}

const SHARD = /#SHARD#(\d+)$/;

function shardOf(pk: string): string {
  return SHARD.exec(pk)?.[1] ?? 'none';
}

/** The item's own key; '' where it has none. */
export function keyOf(item: Item): { readonly PK: string; readonly SK: string } {
  return { PK: attributeText(item['PK']) ?? '', SK: attributeText(item['SK']) ?? '' };
}

function attributeText(value: AttributeValue | undefined): string | undefined {
  if (value === undefined) return undefined;
  return 'S' in value ? value.S : JSON.stringify(value);
}

function typeOf(value: AttributeValue | undefined): string {
  if (value === undefined) return 'absent';
  for (const type in value) return type;
  return 'absent';
}
