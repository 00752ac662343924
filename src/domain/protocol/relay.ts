import { ownProperty } from '../own-property.ts';
import { AccessDenied, isRetryable, ServiceRefused } from '../errors.ts';
import type { ItemKey } from '../item.ts';
import { UNIQUE } from '../mapping/items/encode.ts';
import { entityOfRow } from '../mapping/mapping.ts';
import { type MappedWrite, refuseImmutableChanges, writesOfChanges } from '../mapping/items/writes.ts';
import type { Mapping } from '../mapping/mapping.ts';
import type { Bodies } from '../ports/bodies.ts';
import type { Change, Changelog, RowSource } from '../ports/source.ts';
import type { ModeSource } from '../ports/control.ts';
import type { IntentReader, TableRepair } from '../ports/table.ts';
import { mapConcurrently } from '../concurrency.ts';
import type { Hook } from './test-hook.ts';
import { repair } from './repair.ts';
import { storeBodies } from './store-bodies.ts';
import { versionOf } from '../versions.ts';
import { versionOfItem } from '../mapping/items/read-system-attributes.ts';

export interface RelayPorts {
  readonly changelog: Changelog;
  readonly rows: RowSource;
  readonly table: TableRepair;
  readonly intents: IntentReader;
  readonly bodies: Bodies;
  readonly control: ModeSource;
}

export interface RelayOptions {
  readonly mapping: Mapping;
  readonly generation: number;
  readonly limit: number;
  /** Stamp of the items, ISO. */
  readonly at: string;
  readonly width?: number;
  readonly hook?: Hook;
}

/** How often a value is looked at again after someone else wrote its item. */
const MAX_TRIES = 5;

export interface RelayReport {
  /** Changes marked as done: applied, or overtaken by a newer version. */
  readonly done: number;
  readonly parked: number;
  /** True where more changes may be pending. */
  readonly more: boolean;
}

/** `waiting`: a dual write in flight holds an item that the change needs; the next round tries again. */
type RelayOutcome = { readonly kind: 'done' | 'waiting' } | { readonly kind: 'parked'; readonly reason: string };

/**
 * Copies committed changes that no dual write has marked as done to the target: those of writers that bypass the client, and of
 * transactions that were too large (RACE-6, RACE-76). Order does not matter: each put is conditional on a newer version, and a refusal by a
 * version at least as new counts as done. A change that can never be applied is parked, so that it does not block others (RACE-23).
 *
 * @throws EpochMoved where the source is in another generation (RACE-59)
 * @throws SourceUnavailable where PostgreSQL restarted between reading and flushing (RACE-55)
 */
export async function relayOnce(ports: RelayPorts, options: RelayOptions): Promise<RelayReport> {
  const { hook = () => {} } = options;
  const incarnation = await ports.changelog.incarnation();
  const changes = await ports.changelog.pending(options.limit);
  if (changes.length === 0) return { done: 0, parked: 0, more: false };
  await hook('read');
  const lost = await bodiesOf(ports, options.mapping, changes);
  await hook('bodies');
  // Rule a; also covers writers with synchronous_commit = off (RACE-56).
  await ports.changelog.flush(incarnation);
  await hook('flushed');
  const outcomes = await mapConcurrently(options.width ?? 8, changes, (change) => apply(ports, options, change, lost));
  await hook('applied');
  const done = changes.filter((_, index) => outcomes[index]?.kind === 'done').map(({ seq }) => seq);
  // A relay that stalls across a generation change has put items that the load may overwrite, so it must mark nothing (RACE-59).
  if (done.length > 0) await ports.changelog.markDone(done, options.generation);
  await hook('marked');
  let parked = 0;
  for (const [index, outcome] of outcomes.entries()) {
    const seq = changes[index]?.seq;
    if (outcome.kind !== 'parked' || seq === undefined) continue;
    await ports.changelog.park(seq, outcome.reason);
    parked++;
  }
  return { done: done.length, parked, more: changes.length === options.limit };
}

/** Changes whose body the source no longer holds: the row has changed since, so a newer change must exist. */
async function bodiesOf(
  ports: RelayPorts,
  mapping: Mapping,
  changes: readonly Change[],
): Promise<ReadonlyMap<number, 'superseded' | 'unexplained'>> {
  const owners = changes.flatMap((change) => {
    const entity = change.row === null ? null : entityOfRow(mapping, change.relation, change.row);
    if (change.row === null || entity === null || Object.keys(entity.large).length === 0) return [];
    return [{ entity: entity.name, identity: change.pk, image: change.row, change }];
  });
  const lost = new Set(await storeBodies({ rows: ports.rows, bodies: ports.bodies, askFirst: true }, owners));
  const verdicts = new Map<number, 'superseded' | 'unexplained'>();
  for (const owner of owners.filter((candidate) => lost.has(candidate))) {
    const { relation, pk, seq } = owner.change;
    const [current] = await ports.rows.current(relation, [pk]);
    verdicts.set(seq, current !== undefined && current.seq > seq ? 'superseded' : 'unexplained');
  }
  return verdicts;
}

async function apply(
  ports: RelayPorts,
  options: RelayOptions,
  change: Change,
  lost: ReadonlyMap<number, 'superseded' | 'unexplained'>,
): Promise<RelayOutcome> {
  try {
    const body = lost.get(change.seq);
    if (body === 'unexplained')
      return {
        kind: 'parked',
        reason: 'the source holds another body than the change names, but no newer change exists',
      };
    refuseImmutableChanges(options.mapping, [change]);
    const writes = writesOfChanges(options.mapping, options.generation, [change], { txn: null, at: options.at });
    for (const write of writes) {
      // The newer change writes the item with its body; this change still tombstones the row's former keys.
      if (body === 'superseded' && write.image !== null) continue;
      if (isExchangeable(options.mapping, write.key)) {
        if (!(await settleValue(ports, options, write))) return { kind: 'waiting' };
        continue;
      }
      const refusal = await put(ports.table, write);
      if (refusal !== null) return { kind: 'parked', reason: refusal };
    }
    return { kind: 'done' };
  } catch (error) {
    // A transient failure leaves the change pending; a permanent one must not block the others (RACE-23).
    if (isRetryable(error) || !(error instanceof Error) || !isPermanent(error)) throw error;
    return { kind: 'parked', reason: `${error.name}: ${error.message}` };
  }
}

/**
 * Whether rows may exchange the value within one transaction, because PostgreSQL checks it at the end. Then the numbers of their changes do
 * not tell whose it is: one row may give it up by a later change than the one by which the other took it.
 */
function isExchangeable({ entities }: Mapping, { PK, SK }: ItemKey): boolean {
  const [, entity = '', name] = SK === UNIQUE ? PK.split('#') : [];
  return ownProperty(entities, entity)?.unique.some((rule) => rule.name === name && rule.deferrable) === true;
}

/** Gives such a value to the row that has it in PostgreSQL now. False where a dual write in flight holds the item. */
async function settleValue(ports: RelayPorts, options: RelayOptions, write: MappedWrite): Promise<boolean> {
  const { mapping, generation, at } = options;
  const target = { relation: write.relation, pk: write.pk, key: write.key, left: versionOf(generation, write.seq) };
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const result = await repair(ports, { mapping, generation, at }, target);
    if (result !== 'overtaken') return result !== 'in doubt';
  }
  return false;
}

async function put(table: TableRepair, write: MappedWrite): Promise<string | null> {
  const outcome = await table.putNewer(write.item);
  if (outcome.kind === 'written') return null;
  const present = versionOfItem(outcome.present);
  const ours = versionOfItem(write.item);
  if (present !== null && ours !== null && present >= ours) return null;
  return `refused by an item whose _v is ${present ?? 'not a number'}`;
}

/** DynamoDB's names for an item that it will never take. */
const ITEM_REFUSALS = new Set(['ValidationException', 'ItemCollectionSizeLimitExceededException']);

/** Whether the change would fail again: by a rule of the mapping or a limit of the target. */
function isPermanent(error: Error): boolean {
  return error instanceof ServiceRefused
    ? ITEM_REFUSALS.has(error.fields.error)
    : 'retryable' in error && !(error instanceof AccessDenied);
}
