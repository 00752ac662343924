import type { Item, ItemKey } from '../item.ts';
import { encodeItem } from '../mapping/encode.ts';
import type { EntityMapping } from '../mapping/mapping.ts';
import type { SourceRow } from '../ports/source.ts';
import { isBodyRef, type RowImage } from '../row.ts';
import { compareItems, compareRows, keyOf } from './compare.ts';
import { type Difference, redact } from './finding.ts';
import type { Reading } from './reading.ts';

type Live = Extract<Reading, { readonly kind: 'row' | 'unique' }>;

/** Sizes of stored bodies; null = not there. */
export interface StoredBodies {
  size(sha256: string): number | null;
}

const STAMP = { version: 0, txn: null, at: '' };

/** Everything in which an item differs from its row; empty = they match. */
export function judgeRow(
  indexes: readonly string[],
  reading: Live,
  item: Item,
  row: SourceRow | null,
  bodies: StoredBodies,
): readonly Difference[] {
  if (row === null) return [{ field: 'row', damage: 'extra', source: 'absent', target: 'present' }];
  const { entity, image } = reading;
  const [expected] = encodeItem(entity, row.image, STAMP);
  return [
    ...compareRows(columnsOf(entity), row.image, image),
    ...(expected === undefined ? [] : compareItems(indexes, expected, item)),
    ...judgeBodies(image, bodies),
  ];
}

/** A uniqueness item is right while the row that it names still claims this very value (RACE 21). */
export function judgeUnique(reading: Live, row: SourceRow | null): readonly Difference[] {
  if (row === null) return [{ field: 'owner', damage: 'unique', source: 'absent', target: 'present' }];
  const claimed = uniqueKeys(reading.entity, row.image);
  if (claimed.some(({ PK, SK }) => PK === reading.key.PK && SK === reading.key.SK)) return [];
  return [
    {
      field: 'owner',
      damage: 'unique',
      source: redact(claimed.map(({ PK }) => PK).join(' ')),
      target: redact(reading.key.PK),
    },
  ];
}

/** Source columns that become attributes. */
export function columnsOf(entity: EntityMapping): readonly string[] {
  return entity.columns.map(({ column }) => column);
}

/** Keys of the uniqueness items that a row claims. */
export function uniqueKeys(entity: EntityMapping, image: RowImage): readonly ItemKey[] {
  return encodeItem(entity, image, STAMP).slice(1).map(keyOf);
}

function judgeBodies(image: RowImage, bodies: StoredBodies): readonly Difference[] {
  const differences: Difference[] = [];
  for (const [column, value] of Object.entries(image)) {
    if (value === null || !isBodyRef(value)) continue;
    const size = bodies.size(value.sha256);
    if (size !== value.bytes)
      differences.push({
        field: column,
        damage: 'body',
        source: redact(value),
        target: size === null ? 'absent' : `${size} bytes`,
      });
  }
  return differences;
}
