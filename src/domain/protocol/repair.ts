import { MappingOutdated } from '../errors.ts';
import type { Item, ItemKey } from '../item.ts';
import { encodeItem, tombstone } from '../mapping/items/encode.ts';
import { entityOfRow, type Mapping } from '../mapping/mapping.ts';
import type { Bodies } from '../ports/bodies.ts';
import type { Changelog, CurrentRow, RowSource } from '../ports/source.ts';
import type { ModeSource } from '../ports/control.ts';
import type { IntentReader, TableRepair } from '../ports/table.ts';
import { type Identity, identityText } from '../row.ts';
import { versionOf } from '../versions.ts';
import type { Hook } from './test-hook.ts';
import { keyOfItem, versionOfItem, writerOfItem } from '../mapping/items/read-system-attributes.ts';
import { storeBodies } from './store-bodies.ts';

export interface RepairPorts {
  readonly table: TableRepair;
  readonly intents: IntentReader;
  readonly rows: RowSource;
  readonly changelog: Pick<Changelog, 'incarnation' | 'flush'>;
  readonly bodies: Bodies;
  readonly control: ModeSource;
}

export interface RepairTarget {
  readonly relation: string;
  readonly pk: Identity;
  readonly key: ItemKey;
  /** Version of the change by which the row may have left the key: a tombstone of at least this version keeps late older copies out. */
  readonly left?: number;
}

export interface RepairOptions {
  readonly mapping: Mapping;
  readonly generation: number;
  /** Stamp of the items, ISO. */
  readonly at: string;
  /** Uuid of the aborted dual write that is being repaired: its own intent does not block the repair. */
  readonly settling?: string;
  readonly hook?: Hook;
}

/** `in doubt`: a dual write of the item is open and settles it. `overtaken`: the item was written since it was read. `absent`: nothing to do. */
export type RepairResult = 'repaired' | 'in doubt' | 'overtaken' | 'absent';

/**
 * Rule c, for one key: reads the item, then its intent, then the source, in this order (RACE-60), and puts the source's state if the item
 * is unchanged since it was read. The row's present key gets its image, any other key a tombstone (RACE-63). Each key is repaired on its own
 * (RACE-62). May be repeated.
 *
 * @throws SourceUnavailable where PostgreSQL restarted between reading and flushing (RACE-55)
 * @throws MappingOutdated where the mapping has got a column since: the item would lose its value
 */
export async function repair(ports: RepairPorts, options: RepairOptions, target: RepairTarget): Promise<RepairResult> {
  const { hook = () => {} } = options;
  const incarnation = await ports.changelog.incarnation();
  const [item] = await ports.table.get([target.key], { consistent: true });
  await hook('item');
  const writer = writerOfItem(item);
  if (writer !== null && writer !== options.settling && (await ports.intents.get(writer)) !== null) return 'in doubt';
  await hook('intent');
  const row = await settledRow(ports, options, target);
  await hook('source');
  const expected = itemFor(options, target, row, item);
  if (expected === null) return 'absent';
  await ports.changelog.flush(incarnation);
  await hook('flushed');
  await assertPresentMapping(ports, options.mapping, target.relation);
  const outcome = await ports.table.putIfSeen(expected, { version: versionOfItem(item), txn: writer });
  await hook('put');
  return outcome.kind === 'written' ? 'repaired' : 'overtaken';
}

/** A change that carries a new column is written only after lease and T: a request that begins before that, with the older mapping, has ended. */
async function assertPresentMapping({ control }: RepairPorts, { revision }: Mapping, relation: string): Promise<void> {
  const { mappingRevision } = await control.mode();
  if (mappingRevision > revision)
    throw new MappingOutdated({
      relation,
      reason: `it is of revision ${revision}, the present one is ${mappingRevision}`,
    });
}

/** The present row with its bodies in S3; read again where it changed in between. */
async function settledRow(ports: RepairPorts, options: RepairOptions, target: RepairTarget): Promise<CurrentRow> {
  for (;;) {
    const [row] = await ports.rows.current(target.relation, [target.pk]);
    if (row === undefined) throw new TypeError(`${target.relation} returned no result for ${target.pk.join(', ')}`);
    const entity = row.image === null ? null : entityOfRow(options.mapping, target.relation, row.image);
    if (row.image === null || entity === null) return row;
    const owner = { entity: entity.name, identity: target.pk, image: row.image };
    const lost = await storeBodies({ rows: ports.rows, bodies: ports.bodies, askFirst: true }, [owner]);
    if (lost.length === 0) return row;
  }
}

/**
 * The item that belongs under the key, at a version that never falls (RACE-61). The row's own key gets at least the row's version. A key that
 * the row no longer has keeps its version: a unique value may have passed to another row, whose version is unrelated to this row's.
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
  // Neither item nor row exists; or the item belongs to another row, to which the unique value has passed.
  if ((seen === null && target.left === undefined) || belongsToAnother(mapping, target, item)) return null;
  const version = Math.max(seen ?? 0, target.left ?? 0);
  return tombstone(entityNameOf(mapping, target), target.key, { version, txn: null, at });
}

/** Whether this is a uniqueness item of another row than the one that is repaired. */
function belongsToAnother(mapping: Mapping, { relation, pk }: RepairTarget, item: Item | undefined): boolean {
  const [of, holder] = [item?.['_of'], item?.['_i']];
  if (of === undefined || holder === undefined || !('S' in of) || !('L' in holder)) return false;
  const identity = holder.L.map((part) => ('S' in part ? part.S : ''));
  return mapping.entities[of.S]?.table !== relation || identityText(identity) !== identityText(pk);
}

function same(one: ItemKey, other: ItemKey): boolean {
  return one.PK === other.PK && one.SK === other.SK;
}

/** Tombstones name an entity of the table; which of several does not matter. */
function entityNameOf(mapping: Mapping, { relation }: RepairTarget): string {
  return Object.values(mapping.entities).find(({ table }) => table === relation)?.name ?? relation;
}
