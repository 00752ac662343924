import { DeadlineExceeded, OutcomeUnknown, Throttled, TooManyImages, VersionRefused } from '../errors.ts';
import { checkWrites } from '../mapping/items/limits.ts';
import { entityOfRow, type Mapping } from '../mapping/mapping.ts';
import { type MappedWrite, refuseImmutableChanges, writesOfChanges } from '../mapping/items/writes.ts';
import type { Intent, Table } from '../ports/table.ts';
import type { CapturedSource, CapturedTransaction, Collected } from '../ports/captured-source.ts';
import type { Clock } from '../ports/clock.ts';
import type { Hook } from './test-hook.ts';
import { writerOfItem } from '../mapping/items/read-system-attributes.ts';
import { storeBodies } from './store-bodies.ts';
import { repairWrites, type SweepPorts } from './sweep.ts';

export interface DualWritePorts extends SweepPorts {
  readonly table: Table;
  readonly captured: CapturedSource;
  readonly clock: Clock;
  readonly uuid: () => string;
}

export interface DualWriteOptions {
  readonly mapping: Mapping;
  readonly generation: number;
  /** Throws when this client may not write to the target any more; called before each attempt (RACE-39, RACE-46). */
  readonly checkLease: () => void;
  /** How long conflicts are retried, in milliseconds. */
  readonly deadlineMs: number;
  /** The caller accepts that a transaction too large for one request is committed and copied by the relay (RACE-76). */
  readonly relay?: boolean;
  /** Bodies that the caller has in memory, by hash. */
  readonly bodyCache?: ReadonlyMap<string, Uint8Array>;
  /** Hashes of bodies known to be in S3; this call adds to them. */
  readonly uploaded?: Set<string>;
  /** Receives work that the write does not wait for. */
  readonly background: (work: Promise<unknown>) => void;
  readonly hook?: Hook;
}

export interface DualWritten<T> {
  readonly result: T;
  readonly writes: readonly MappedWrite[];
  /** Committed in the source only; the relay copies it to the target. */
  readonly relayed: boolean;
}

const MAX_IMAGES = 100;

/** Whether the target may hold the transaction's items: decides whether a rollback has to repair them. */
type TargetState = 'no' | 'maybe' | 'yes';

/**
 * Writes to both stores or to neither (docs/protocol.md, dual write, steps 1 to 10).
 *
 * @param change makes the application's changes in the transaction; the rows that they result in are collected from the trigger
 * @throws OutcomeUnknown where it is not known whether the write took effect; after any other error it did not
 * @throws TooManyImages, TransactionTooLarge, ItemTooLarge, ValueRefused, ImmutableChanged before anything is written to the target
 * @throws VersionRefused, Throttled, DeadlineExceeded after which the whole transaction may be retried
 */
export async function dualWrite<T>(
  ports: DualWritePorts,
  options: DualWriteOptions,
  change: (tx: CapturedTransaction) => Promise<T>,
): Promise<DualWritten<T>> {
  const { hook = () => {} } = options;
  const txn = ports.uuid();
  const tx = await ports.captured.begin(txn);
  let targetState: TargetState = 'no';
  let intent: Intent | null = null;
  let prepared: {
    readonly result: T;
    readonly writes: readonly MappedWrite[];
    readonly collected: Collected;
    readonly relayed: boolean;
  };
  try {
    await hook('begun');
    const result = await change(tx);
    await hook('changed');
    const collected = await tx.collect();
    await hook('collected');
    const mapped = mapChanges(ports, options, txn, collected);
    prepared = { result, collected, writes: mapped.writes, relayed: mapped.relayed };
    if (mapped.writes.length > 0 && collected.xid !== null) {
      intent = mapped.intent;
      await storeChangedBodies(ports, options, tx, mapped.writes);
      await hook('bodies');
      await ports.changelog.flush();
      await hook('flushed');
      // Marking fails unless the transaction is still open. After a restart in between, the flush would belong to another incarnation of the
      // server, and the sequence numbers of this transaction would be assigned again (RACE-55).
      await tx.mark(collected.changes.map(({ seq }) => seq));
      await hook('marked');
      // From here on, what the target holds after a failure is unknown until an attempt has an outcome.
      await writeTarget(ports, options, mapped.writes, mapped.intent, (state) => (targetState = state));
      await hook('written');
    }
  } catch (error) {
    await abort(ports, options, tx, targetState, intent);
    // The source was never told to commit, so the write did not take effect, whatever the target holds.
    if (error instanceof OutcomeUnknown) {
      throw new DeadlineExceeded({ operation: 'TransactWriteItems', deadlineMs: options.deadlineMs }, { cause: error });
    }
    throw error;
  }
  await commit(ports, options, tx, prepared.collected.xid, intent);
  await hook('committed');
  if (intent !== null) options.background(ports.intents.delete(txn));
  return { result: prepared.result, writes: prepared.writes, relayed: prepared.relayed };
}

interface Mapped {
  readonly writes: readonly MappedWrite[];
  readonly intent: Intent;
  readonly relayed: boolean;
}

/** Step 3: one write per item key, every limit checked before anything is written anywhere (RACE-13, RACE-18). */
function mapChanges(ports: DualWritePorts, options: DualWriteOptions, txn: string, collected: Collected): Mapped {
  const at = ports.clock.now().toISOString();
  const { mapping, generation } = options;
  const empty: Intent = { txn: txn, generation, xid: collected.xid ?? '', at, writes: [] };
  // An image is missing, so only the source has the whole transaction.
  if (collected.missed > 0) return { writes: [], intent: empty, relayed: true };
  if (collected.count > MAX_IMAGES) {
    if (options.relay === true) return { writes: [], intent: empty, relayed: true };
    throw new TooManyImages({ images: collected.count, limit: MAX_IMAGES });
  }
  refuseImmutableChanges(mapping, collected.changes);
  const writes = writesOfChanges(mapping, generation, collected.changes, { txn, at });
  const intent: Intent = {
    ...empty,
    writes: writes.map(({ relation, pk, key, seq }) => ({ relation, pk, key, seq })),
  };
  try {
    checkWrites(writes, intent);
  } catch (error) {
    if (options.relay === true && error instanceof Error && error.name === 'TransactionTooLarge') {
      return { writes: [], intent: empty, relayed: true };
    }
    throw error;
  }
  return { writes, intent, relayed: false };
}

/** Stores bodies before pointers (RACE-24): from memory, else from this transaction, which alone sees the new values. */
async function storeChangedBodies(
  ports: DualWritePorts,
  options: DualWriteOptions,
  tx: CapturedTransaction,
  writes: readonly MappedWrite[],
): Promise<void> {
  const owners = writes.flatMap(({ relation, pk, image }) => {
    const entity = image === null ? null : entityOfRow(options.mapping, relation, image);
    return image === null || entity === null ? [] : [{ entity: entity.name, identity: pk, image }];
  });
  const { bodyCache, uploaded } = options;
  const lost = await storeBodies(
    {
      rows: tx.rows,
      bodies: ports.bodies,
      askFirst: true,
      ...(bodyCache === undefined ? {} : { bodyCache }),
      ...(uploaded === undefined ? {} : { uploaded }),
    },
    owners,
  );
  if (lost.length > 0)
    throw new TypeError(`body hashes of ${lost.length} rows differ from the captured images in the same transaction`);
}

/** Step 8: writes all items and the intent in one request. Retries conflicts until the deadline, each attempt with a new token (RACE-73). */
async function writeTarget(
  ports: DualWritePorts,
  options: DualWriteOptions,
  writes: readonly MappedWrite[],
  intent: Intent,
  setTargetState: (state: TargetState) => void,
): Promise<void> {
  const { hook = () => {} } = options;
  const items = writes.map(({ item }) => item);
  const until = ports.clock.monotonic() + options.deadlineMs;
  for (let attempt = 0; ; attempt++) {
    options.checkLease();
    setTargetState('maybe');
    const outcome = await ports.table.transact(items, intent, ports.uuid());
    await hook('attempted');
    if (outcome.kind === 'written') return setTargetState('yes');
    if (outcome.kind === 'refused') {
      // Our own earlier request succeeded, and the network delivered it twice.
      if (outcome.present.some((item) => item !== null && writerOfItem(item) === intent.txn))
        return setTargetState('yes');
      setTargetState('no');
      const refused = writes.filter((_, index) => outcome.present[index] !== null);
      throw new VersionRefused({ keys: refused.map(({ key }) => `${key.PK} ${key.SK}`) });
    }
    setTargetState('no');
    const pause = Math.min(10 * 2 ** attempt, 400);
    if (ports.clock.monotonic() + pause >= until) throw new Throttled({ operation: 'TransactWriteItems' });
    await ports.clock.sleep(pause);
  }
}

/** Rolls back. If that succeeds, repairs what the target may hold at once; otherwise the sweeper does it. */
async function abort(
  ports: DualWritePorts,
  options: DualWriteOptions,
  tx: CapturedTransaction,
  targetState: TargetState,
  intent: Intent | null,
): Promise<void> {
  try {
    await tx.rollback();
  } catch {
    // The transaction will end as aborted, but it may still be open: the sweeper repairs the target.
    return;
  }
  if (targetState !== 'no' && intent !== null) await undo(ports, options, intent);
}

async function undo(ports: DualWritePorts, options: DualWriteOptions, intent: Intent): Promise<void> {
  try {
    // Items and intent are written together: without an intent there is nothing to repair, and a late request brings its intent for the sweeper.
    if ((await ports.intents.get(intent.txn)) === null) return;
    const { mapping, generation, hook } = options;
    const at = ports.clock.now().toISOString();
    await repairWrites(ports, { mapping, generation, at, ...(hook === undefined ? {} : { hook }) }, intent);
    await ports.intents.delete(intent.txn);
  } catch {
    // The intent is still stored, so the sweeper tries again.
  }
}

/** Step 9: commits. If the response is lost, the status of the transaction decides; only the source knows it. */
async function commit(
  ports: DualWritePorts,
  options: DualWriteOptions,
  tx: CapturedTransaction,
  xid: string | null,
  intent: Intent | null,
): Promise<void> {
  try {
    await tx.commit();
  } catch (error) {
    if (!(error instanceof OutcomeUnknown)) {
      if (intent !== null) await undo(ports, options, intent);
      throw error;
    }
    const status = xid === null ? 'committed' : await statusUntil(ports, options, xid);
    if (status === 'committed') return;
    if (status !== 'aborted')
      throw new OutcomeUnknown({ operation: 'COMMIT', txn: intent?.txn ?? null }, { cause: error });
    if (intent !== null) await undo(ports, options, intent);
    throw new DeadlineExceeded({ operation: 'COMMIT', deadlineMs: options.deadlineMs }, { cause: error });
  }
}

async function statusUntil(ports: DualWritePorts, options: DualWriteOptions, xid: string): Promise<string> {
  const until = ports.clock.monotonic() + options.deadlineMs;
  for (;;) {
    const status = await ports.changelog.status(xid).catch(() => 'unreachable');
    const open = status === 'in progress' || status === 'unreachable';
    if (!open || ports.clock.monotonic() + 100 >= until) return status;
    await ports.clock.sleep(100);
  }
}
