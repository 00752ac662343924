import { ImmutableChanged, MappingOutdated } from '../../errors.ts';
import type { Item, ItemKey } from '../../item.ts';
import type { Change } from '../../ports/source.ts';
import { type Identity, identityText, type RowImage } from '../../row.ts';
import { versionOf } from '../../versions.ts';
import { encodeItem, itemKeys, tombstone } from './encode.ts';
import { type EntityMapping, entitiesOfTable, entityOfRow, type Mapping } from '../mapping.ts';
import { ownProperty } from '../../own-property.ts';

/** One put derived from changes: an item or a tombstone. `image` is the row's, null for a tombstone. */
export interface MappedWrite {
  readonly key: ItemKey;
  readonly item: Item;
  readonly entity: string;
  readonly relation: string;
  readonly pk: Identity;
  readonly seq: number;
  readonly image: RowImage | null;
}

interface Touch {
  readonly key: ItemKey;
  readonly entity: string;
  readonly change: Change;
}

/**
 * The puts that apply these changes to the target: one per item key, with the highest changelog number that touched it. A key that
 * a row has left becomes a tombstone, in the same transaction as the put under the new key (RACE-22). A key in the newest image of any
 * row belongs to that row, even if another row gave it up in between.
 *
 * @throws MappingOutdated for an image with a column that this mapping does not have: without it the item would lose a value
 */
export function writesOfChanges(
  mapping: Mapping,
  generation: number,
  changes: readonly Change[],
  stamp: { readonly txn: string | null; readonly at: string },
): readonly MappedWrite[] {
  const ordered = [...changes].sort((left, right) => left.seq - right.seq);
  const newest = new Map<string, Change>();
  const touched = new Map<string, Touch>();
  for (const change of ordered) {
    newest.set(`${change.relation} ${identityText(change.pk)}`, change);
    for (const image of [change.oldKey, change.row]) {
      const entity = image === null ? null : entityOfRow(mapping, change.relation, image);
      if (image === null || entity === null) continue;
      for (const key of itemKeys(entity, image)) touched.set(textOfKey(key), { key, entity: entity.name, change });
    }
  }
  const writes = new Map<string, MappedWrite>();
  for (const [text, { key, entity, change }] of touched) {
    const { relation, pk, seq } = change;
    const item = tombstone(entity, key, { ...stamp, version: versionOf(generation, seq) });
    writes.set(text, { key, item, entity, relation, pk, seq, image: null });
  }
  for (const change of newest.values()) {
    const { relation, pk, row } = change;
    const entity = row === null ? null : entityOfRow(mapping, relation, row);
    if (row === null || entity === null) continue;
    refuseUnknownColumns(entity, row);
    const keys = itemKeys(entity, row);
    const items = encodeItem(entity, row, { ...stamp, version: versionOf(generation, change.seq) });
    for (const [at, key] of keys.entries()) {
      const item = items[at];
      if (item === undefined) continue;
      const text = textOfKey(key);
      const seq = Math.max(change.seq, touched.get(text)?.change.seq ?? 0);
      const versioned = seq === change.seq ? item : { ...item, _v: { N: String(versionOf(generation, seq)) } };
      writes.set(text, { key, item: versioned, entity: entity.name, relation, pk, seq, image: row });
    }
  }
  return [...writes.values()];
}

/** Throws ImmutableChanged for a change that index keys of other rows could not follow (RACE-37). */
export function refuseImmutableChanges(mapping: Mapping, changes: readonly Change[]): void {
  for (const { relation, pk, oldKey, row } of changes) {
    if (oldKey === null || row === null) continue;
    for (const entity of entitiesOfTable(mapping, relation)) {
      const column = changedImmutable(entity, oldKey, row);
      if (column !== null) throw new ImmutableChanged({ entity: entity.name, column, identity: pk });
    }
  }
}

function changedImmutable(entity: EntityMapping, oldKey: RowImage, row: RowImage): string | null {
  return (
    entity.immutable.find((column) => Object.hasOwn(oldKey, column) && oldKey[column] !== ownProperty(row, column)) ??
    null
  );
}

function refuseUnknownColumns(entity: EntityMapping, image: RowImage): void {
  for (const column in image)
    if (!entity.imageMembers.has(column))
      throw new MappingOutdated({ relation: entity.table, reason: `it does not have the column ${column}` });
}

function textOfKey({ PK, SK }: ItemKey): string {
  return `${PK}\u0000${SK}`;
}
