import type { Item, ItemKey } from '../item.ts';
import { encodeItem, tombstone } from '../mapping/items/encode.ts';
import { entityOfRow, type Mapping } from '../mapping/mapping.ts';
import type { Bodies } from '../ports/bodies.ts';
import type { Changelog, CurrentRow, RowSource } from '../ports/source.ts';
import type { Intents, Table } from '../ports/table.ts';
import { type Identity, identityText } from '../row.ts';
import { versionOf } from '../versions.ts';
import type { Hook } from './test-hook.ts';
import { keyOfItem, versionOfItem, writerOfItem } from '../mapping/items/system-attributes.ts';
import { storeBodies } from './store-bodies.ts';

export interface RepairPorts {
  readonly table: Table;
  readonly intents: Intents;
  readonly rows: RowSource;
  readonly changelog: Pick<Changelog, 'incarnation' | 'flush'>;
  readonly bodies: Bodies;
}

export interface RepairTarget {
  readonly relation: string;
  readonly pk: Identity;
  readonly key: ItemKey;
}

export interface RepairOptions {
  readonly mapping: Mapping;
  readonly generation: number;
  /** Stamp of the items, ISO. */
  readonly at: string;
  /** The dual write whose abort is being repaired: its own intent does not stand in the way. */
  readonly settling?: string;
  readonly hook?: Hook;
}

/** `in doubt`: a dual write of the item is open, and settles it. `overtaken`: somebody newer has been there: done. */
export type Repaired = 'repaired' | 'in doubt' | 'overtaken' | 'absent';

/**
 * Rule c, for one key: reads the item, then its intent, then the source, in this order (RACE-60), and puts what the source says where the
 * item is still as seen. The row's present key gets its image, any other key a tombstone (RACE-63). Per key, never several (RACE-62).
 */
export async function repair(ports: RepairPorts, options: RepairOptions, target: RepairTarget): Promise<Repaired> {
  const { hook = () => {} } = options;
  const incarnation = await ports.changelog.incarnation();
  const [item] = await ports.table.get([target.key], { consistent: true });
  await hook('item');
  const writer = writerOfItem(item);
  if (writer !== null && writer !== options.settling && (await ports.intents.get(writer)) !== null) return 'in doubt';
  await hook('intent');
  const row = await settledRow(ports, options, target);
  await hook('source');
  const wanted = itemFor(options, target, row, item);
  if (wanted === null) return 'absent';
  await ports.changelog.flush(incarnation);
  await hook('flushed');
  const outcome = await ports.table.putIfSeen(wanted, { version: versionOfItem(item), txn: writer });
  await hook('put');
  return outcome.kind === 'written' ? 'repaired' : 'overtaken';
}

/** The row now, with its bodies in S3; read again when it changed in between. */
async function settledRow(ports: RepairPorts, options: RepairOptions, target: RepairTarget): Promise<CurrentRow> {
  for (;;) {
    const [row] = await ports.rows.current(target.relation, [target.pk]);
    if (row === undefined) throw new TypeError(`${target.relation} gave no answer for ${target.pk.join(', ')}`);
    const entity = row.image === null ? null : entityOfRow(options.mapping, target.relation, row.image);
    if (row.image === null || entity === null) return row;
    const owner = { entity: entity.name, identity: target.pk, image: row.image };
    const lost = await storeBodies({ rows: ports.rows, bodies: ports.bodies, askFirst: true }, [owner]);
    if (lost.length === 0) return row;
  }
}

/**
 * What should stand under the key, at a version that never falls (RACE-61). The row's own key rises to the row's version. A key that the row
 * does not have keeps its version: a value of a unique item may have passed to another row, whose number this row's says nothing about.
 */
function itemFor(options: RepairOptions, target: RepairTarget, row: CurrentRow, item: Item | undefined): Item | null {
  const { mapping, generation, at } = options;
  const seen = versionOfItem(item);
  const entity = row.image === null ? null : entityOfRow(mapping, target.relation, row.image);
  const source = versionOf(generation, row.seq);
  if (row.image !== null && entity !== null) {
    const version = Math.max(seen ?? 0, source);
    const own = encodeItem(entity, row.image, { version, txn: null, at }).find((candidate) =>
      same(keyOfItem(candidate), target.key),
    );
    if (own !== undefined) return own;
  }
  // Nothing stands there and nothing should; or a unique value has passed to another row, whose item this is now.
  if (seen === null || namesAnother(mapping, target, item)) return null;
  return tombstone(nameOfKey(mapping, target), target.key, { version: seen, txn: null, at });
}

/** Whether this is a uniqueness item of another row than the one that is repaired. */
function namesAnother(mapping: Mapping, { relation, pk }: RepairTarget, item: Item | undefined): boolean {
  const [of, holder] = [item?.['_of'], item?.['_i']];
  if (of === undefined || holder === undefined || !('S' in of) || !('L' in holder)) return false;
  const identity = holder.L.map((part) => ('S' in part ? part.S : ''));
  return mapping.entities[of.S]?.table !== relation || identityText(identity) !== identityText(pk);
}

function same(one: ItemKey, other: ItemKey): boolean {
  return one.PK === other.PK && one.SK === other.SK;
}

/** Tombstones name an entity of the table; which of several it was does not matter to anyone. */
function nameOfKey(mapping: Mapping, { relation }: RepairTarget): string {
  return Object.values(mapping.entities).find(({ table }) => table === relation)?.name ?? relation;
}
