import { isDeepStrictEqual } from 'node:util';
import { RowNotFound, ValueRefused, VersionRefused } from '../../domain/errors.ts';
import type { Item, ItemKey } from '../../domain/item.ts';
import { toCanonicalRow, type TextRow } from '../../domain/mapping/items/application-row.ts';
import { decodeItem } from '../../domain/mapping/items/decode.ts';
import { encodeItem, itemKey, itemKeys, tombstone } from '../../domain/mapping/items/encode.ts';
import type { EntityMapping, Mapping } from '../../domain/mapping/mapping.ts';
import type { Bodies } from '../../domain/ports/bodies.ts';
import type { ItemCursor, Page, Table } from '../../domain/ports/table.ts';
import type { Clock } from '../../domain/ports/clock.ts';
import { itemKeyText, keyOfItem, versionOfItem } from '../../domain/mapping/items/read-system-attributes.ts';
import type { ImageValue, RowImage } from '../../domain/row.ts';
import { base } from '../../domain/versions.ts';
import { type FollowedItems, withFollowedValues } from './follow-foreign-keys.ts';
import { assertGivenUp, type Contested, contestedValue, isHeldByAnother, rowText } from './unique-values.ts';
import { bodiesOf, entityNamed, identityOf, type Operation } from '../operation.ts';
import { ownProperty } from '../../domain/own-property.ts';

export interface TargetWriter {
  readonly table: Table;
  readonly bodies: Bodies;
  readonly mapping: Mapping;
  /** That of the migration; writes in `complete` start at the next one's base. */
  readonly generation: number;
  readonly clock: Clock;
  readonly uuid: () => string;
  readonly defaultsOf: (entity: string, row: TextRow) => Promise<TextRow>;
  /** Throws when this client may not write any more. */
  readonly checkLease: () => void;
  /** Called before each retry after a conflict, with the number of the failed attempt and of its items. */
  readonly onRetry?: (attempt: number, items: number, reason: string) => void;
  /** Called for each item that was put. */
  readonly onWritten: (item: Item) => void;
}

const MAX_ATTEMPTS = 6;

/**
 * Writes when DynamoDB is the only store. Optimistic: each item is put at exactly one more than the version that was read, so the condition
 * `newer` holds only if nobody has written it since. A refused write starts over with the current items.
 */
export async function writeTarget(
  writer: TargetWriter,
  operations: readonly Operation[],
): Promise<readonly (readonly string[] | null)[]> {
  for (let tries = 1; ; tries++) {
    const loaded = new Map<string, Item | null>();
    const staged = new Map<string, Item>();
    const identities: (readonly string[] | null)[] = [];
    const target: Staging = { loaded, staged, rows: new Map(), contested: [] };
    for (const operation of operations) identities.push(await plan(writer, operation, target));
    for (const value of target.contested) assertGivenUp(value, target.rows);
    if (staged.size === 0) return identities;
    const floor = base(writer.generation + 1);
    const items = [...staged].map(([text, item]): Item => {
      const version = Math.max(versionOfItem(loaded.get(text) ?? undefined) ?? 0, floor) + 1;
      return { ...item, _v: { N: String(version) } };
    });
    writer.checkLease();
    const outcome = await writer.table.transact(items, null, writer.uuid());
    if (outcome.kind === 'written') {
      for (const item of items) writer.onWritten(item);
      return identities;
    }
    if (tries === MAX_ATTEMPTS) {
      const keys = [...staged.values()].map((item) => itemKeyText(keyOfItem(item)));
      throw new VersionRefused({ keys });
    }
    writer.onRetry?.(tries, items.length, outcome.kind);
    await writer.clock.sleep(10 * 2 ** tries * (0.5 + Math.random() / 2));
  }
}

/** PostgreSQL is no longer there to refuse a NULL. */
function refuseNulls({ name, columns }: EntityMapping, image: RowImage): void {
  const column = columns.find(
    ({ column: each, notNull, generated }) => notNull && !generated && (ownProperty(image, each) ?? null) === null,
  );
  if (column !== undefined)
    throw new ValueRefused({ entity: name, column: column.column, reason: 'the column may not be NULL' });
}

/** What a call has read and what it is about to write, by key. */
interface Staging {
  readonly loaded: Map<string, Item | null>;
  readonly staged: Map<string, Item>;
  /** What the call makes of rows, null = deleted. */
  readonly rows: Map<string, RowImage | null>;
  /** Values that another row had when a row of this call took them. */
  readonly contested: Contested[];
}

/** Stages the items of an operation, on top of those that earlier operations of the same call have staged. */
async function plan(writer: TargetWriter, operation: Operation, target: Staging): Promise<readonly string[] | null> {
  const { mapping } = writer;
  if ('delete' in operation) {
    const entity = entityNamed(mapping, operation.delete);
    const key = itemKey(entity, toCanonicalRow(entity, operation.key));
    const present = await imageAt(writer, key, target);
    if (present === null) return null;
    for (const oldKey of itemKeys(entity, present)) await leave(writer, entity, present, oldKey, target);
    target.rows.set(rowText(entity, identityTexts(entity, present)), null);
    return identityTexts(entity, present);
  }
  const entity = entityNamed(mapping, 'put' in operation ? operation.put : operation.update);
  const given = toCanonicalRow(entity, 'put' in operation ? operation.row : operation.changes);
  const keyRow: TextRow =
    'put' in operation
      ? { ...(await writer.defaultsOf(entity.name, given)), ...given }
      : toCanonicalRow(entity, operation.key);
  const present = await imageAt(writer, itemKey(entity, keyRow), target);
  if (present === null && 'update' in operation) {
    throw new RowNotFound({
      entity: entity.name,
      identity: Object.values(identityOf(entity, operation.key)).map(String),
    });
  }
  const row = present === null ? keyRow : given;
  const image = await withFollowedValues(followedItems(writer, target), mapping, entity, {
    ...nullImage(entity),
    ...present,
    ...(await withStoredBodies(writer, entity, row)),
  });
  refuseNulls(entity, image);
  const items = encodeItem(entity, image, { version: 0, txn: null, at: writer.clock.now().toISOString() });
  const newKeys = new Set(items.map((item) => itemKeyText(keyOfItem(item))));
  if (present !== null)
    for (const old of itemKeys(entity, present))
      if (!newKeys.has(itemKeyText(old))) await leave(writer, entity, present, old, target);
  for (const item of items) {
    const existing = await stage(writer, item, target);
    const other = existing === null ? null : contestedValue(mapping, item, existing);
    if (other !== null) target.contested.push(other);
  }
  target.rows.set(rowText(entity, identityTexts(entity, image)), image);
  return identityTexts(entity, image);
}

function followedItems(writer: TargetWriter, target: Staging): FollowedItems {
  const { table, clock } = writer;
  return {
    at: (key) => itemAt(writer, key, target),
    inPartition: async (index, pk) => {
      const planned = [...target.staged.values()].filter((item) => isDeepStrictEqual(item[`${index}PK`], { S: pk }));
      const query = { index, pk, sk: null, order: 'asc', limit: null, filter: null, consistent: false } as const;
      const pages: Item[] = [];
      let after: ItemCursor | null = null;
      do {
        const page: Page = await table.query({ ...query, after });
        pages.push(...page.items);
        after = page.next;
      } while (after !== null);
      return [...planned, ...pages];
    },
    sleep: (milliseconds) => clock.sleep(milliseconds),
  };
}

/** Stages a tombstone under a key that the row has left, unless another row of the call has taken it. */
async function leave(
  writer: TargetWriter,
  entity: EntityMapping,
  present: RowImage,
  key: ItemKey,
  target: Staging,
): Promise<void> {
  const item = await itemAt(writer, key, target);
  if (item !== null && isHeldByAnother(writer.mapping, entity, present, item)) return;
  await stage(writer, tombstoneOf(writer, entity, key), target);
}

/** Stages an item; returns the item that is there now, null if there is none or only a tombstone. */
async function stage(writer: TargetWriter, item: Item, target: Staging): Promise<Item | null> {
  const key = keyOfItem(item);
  const existing = await itemAt(writer, key, target);
  target.staged.set(itemKeyText(key), item);
  return existing === null || existing['_d'] !== undefined ? null : existing;
}

async function itemAt(writer: TargetWriter, key: ItemKey, target: Staging): Promise<Item | null> {
  const text = itemKeyText(key);
  const planned = target.staged.get(text);
  if (planned !== undefined) return planned;
  const loadedItem = target.loaded.get(text);
  if (loadedItem !== undefined) return loadedItem;
  const [item] = await writer.table.get([key], { consistent: true });
  target.loaded.set(text, item ?? null);
  return item ?? null;
}

async function imageAt(writer: TargetWriter, key: ItemKey, target: Staging): Promise<RowImage | null> {
  const item = await itemAt(writer, key, target);
  if (item === null) return null;
  const { deleted, image } = decodeItem(writer.mapping, item);
  return deleted ? null : image;
}

/** Large values go to S3 first; the image then names them. */
async function withStoredBodies(writer: TargetWriter, entity: EntityMapping, row: TextRow): Promise<RowImage> {
  const image: Record<string, ImageValue> = { ...row };
  for (const column of Object.keys(entity.large)) {
    const text = ownProperty(row, column);
    if (typeof text !== 'string') continue;
    const [bodyEntry] = bodiesOf(entity, { [column]: text });
    if (bodyEntry === undefined) continue;
    const [hash, body] = bodyEntry;
    const ref = { sha256: hash, bytes: body.byteLength };
    await writer.bodies.put(body, ref);
    image[column] = ref;
  }
  return image;
}

function nullImage(entity: EntityMapping): RowImage {
  return Object.fromEntries(entity.columns.map(({ column }) => [column, null]));
}

function tombstoneOf(writer: TargetWriter, entity: EntityMapping, key: ItemKey): Item {
  return tombstone(entity.name, key, { version: 0, txn: null, at: writer.clock.now().toISOString() });
}

function identityTexts(entity: EntityMapping, image: RowImage): readonly string[] {
  return entity.identity.map((column) => String(ownProperty(image, column)));
}
