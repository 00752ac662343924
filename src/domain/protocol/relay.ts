import { isRetryable } from '../errors.ts';
import { entityOfRow } from '../mapping/mapping.ts';
import { type MappedWrite, refuseImmutableChanges, writesOfChanges } from '../mapping/items/writes.ts';
import type { Mapping } from '../mapping/mapping.ts';
import type { Bodies } from '../ports/bodies.ts';
import type { Change, Changelog, RowSource } from '../ports/source.ts';
import type { Table } from '../ports/table.ts';
import { mapConcurrently } from '../concurrency.ts';
import type { Hook } from './test-hook.ts';
import { storeBodies } from './store-bodies.ts';
import { versionOfItem } from '../mapping/items/system-attributes.ts';

export interface RelayPorts {
  readonly changelog: Changelog;
  readonly rows: RowSource;
  readonly table: Table;
  readonly bodies: Bodies;
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

export interface RelayReport {
  /** Changes discharged: applied, or overtaken by a newer version. */
  readonly done: number;
  readonly parked: number;
  /** There may be more to do at once. */
  readonly more: boolean;
}

type Outcome = { readonly kind: 'done' } | { readonly kind: 'parked'; readonly reason: string };

/**
 * Carries committed changes that no dual write has carried to the target: writers that bypass the client, and transactions that were too
 * large (RACE-6, RACE-76). Order does not matter: each put is `newer`, and a refusal by a version at least as new means done (RACE-23).
 */
export async function relayOnce(ports: RelayPorts, options: RelayOptions): Promise<RelayReport> {
  const { hook = () => {} } = options;
  const incarnation = await ports.changelog.incarnation();
  const changes = await ports.changelog.pending(options.limit);
  if (changes.length === 0) return { done: 0, parked: 0, more: false };
  await hook('read');
  const lost = await bodiesOf(ports, options.mapping, changes);
  await hook('bodies');
  // Rule a, for a bypassing writer with synchronous_commit = off too (RACE-56).
  await ports.changelog.flush(incarnation);
  await hook('flushed');
  const fates = await mapConcurrently(options.width ?? 8, changes, (change) => apply(ports, options, change, lost));
  await hook('applied');
  const done = changes.filter((_, index) => fates[index]?.kind === 'done').map(({ seq }) => seq);
  // A relay that slept through the start of a generation has put what the load may cover; it marks nothing then (RACE-59).
  if (done.length > 0) await ports.changelog.markDone(done, options.generation);
  await hook('marked');
  let parked = 0;
  for (const [index, fate] of fates.entries()) {
    const seq = changes[index]?.seq;
    if (fate.kind !== 'parked' || seq === undefined) continue;
    await ports.changelog.park(seq, fate.reason);
    parked++;
  }
  return { done: done.length, parked, more: changes.length === options.limit };
}

/** What the source no longer holds for a change: its row has changed since, and a newer change must be there to say so. */
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
): Promise<Outcome> {
  try {
    const body = lost.get(change.seq);
    if (body === 'unexplained')
      return { kind: 'parked', reason: 'the source has another body than the change says, and no newer change' };
    refuseImmutableChanges(options.mapping, [change]);
    const writes = writesOfChanges(options.mapping, options.generation, [change], { txn: null, at: options.at });
    for (const write of writes) {
      // The newer change brings the item with its body; what this one leaves behind under older keys is still its own to bury.
      if (body === 'superseded' && write.image !== null) continue;
      const refusal = await put(ports.table, write);
      if (refusal !== null) return { kind: 'parked', reason: refusal };
    }
    return { kind: 'done' };
  } catch (error) {
    // What may pass stays pending; what cannot must not keep the rest waiting (RACE-23).
    if (isRetryable(error) || !(error instanceof Error) || !isPermanent(error)) throw error;
    return { kind: 'parked', reason: `${error.name}: ${error.message}` };
  }
}

async function put(table: Table, write: MappedWrite): Promise<string | null> {
  const outcome = await table.putNewer(write.item);
  if (outcome.kind === 'written') return null;
  const present = versionOfItem(outcome.present);
  const ours = versionOfItem(write.item);
  if (present !== null && ours !== null && present >= ours) return null;
  return `refused by an item whose _v is ${present ?? 'no number'}`;
}

/** Refusals that the same change will meet again: by a rule of the mapping or by a limit of the target. */
function isPermanent(error: Error): boolean {
  return (
    'retryable' in error ||
    error.name === 'ValidationException' ||
    error.name === 'ItemCollectionSizeLimitExceededException'
  );
}
