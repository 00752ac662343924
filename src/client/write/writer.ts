import { createCapturedSource } from '../../adapters/postgres/capture/captured-transaction.ts';
import { createChangelog } from '../../adapters/postgres/capture/changelog.ts';
import { isCaptureMissing } from '../../adapters/postgres/connection/statement-failed.ts';
import { createRowSource } from '../../adapters/postgres/rows/row-source.ts';
import { OutcomeUnknown, SourceUnavailable, WritesStopped } from '../../domain/errors.ts';
import type { TextRow } from '../../domain/mapping/items/application-row.ts';
import { itemBytes } from '../../domain/mapping/items/item-size.ts';
import { writesTo } from '../../domain/mode/modes.ts';
import type { Changelog, Sql, SqlRow } from '../../domain/ports/source.ts';
import type { SqlStatement } from '../../domain/ports/captured-source.ts';
import { dualWrite, type DualWritten } from '../../domain/protocol/dual-write.ts';
import type { Clock } from '../../domain/ports/clock.ts';
import { defaultsOf } from './defaults.ts';
import type { ModeSnapshot, Lease } from '../lease.ts';
import { CounterBlocks } from './counter-blocks.ts';
import { type ClientLogger, logFailedWrite } from '../logger.ts';
import type { Operation } from '../operation.ts';
import type { ClientOptions } from '../options.ts';
import type { OwnWrites } from '../own-writes.ts';
import { toApplicationError, type SourceStep, sourceStep } from './source-statement.ts';
import { writeTarget } from './target-write.ts';

export interface WriteOptions {
  /** Commit a transaction that is too large for one request to DynamoDB in PostgreSQL only; the relay applies it soon after. By default it is refused. */
  readonly relay?: boolean;
}

interface StatementRunner extends Sql {
  run(statement: SqlStatement): Promise<readonly SqlRow[]>;
}

/** Sends each write to the stores that the mode selects. */
export class Writer {
  readonly #options: ClientOptions;
  readonly #lease: Lease;
  readonly #clock: Clock;
  readonly #uuid: () => string;
  readonly #ownWrites: OwnWrites;
  readonly #logger: ClientLogger;
  /** Shared by all writes of the process, so that they share flushes. */
  readonly #changelog: Changelog;
  readonly #counters: CounterBlocks;
  readonly #uploadedBodies = new Set<string>();
  readonly #background = new Set<Promise<unknown>>();

  constructor(
    options: ClientOptions,
    lease: Lease,
    clock: Clock,
    uuid: () => string,
    ownWrites: OwnWrites,
    logger: ClientLogger,
  ) {
    this.#options = options;
    this.#lease = lease;
    this.#clock = clock;
    this.#uuid = uuid;
    this.#ownWrites = ownWrites;
    this.#logger = logger;
    this.#changelog = createChangelog(options.source);
    this.#counters = new CounterBlocks(options.control, options.plan, clock);
  }

  /** Several operations, all or none. Returns the identities, null for a delete that found no row. */
  async transact(
    operations: readonly Operation[],
    options: WriteOptions = {},
  ): Promise<readonly (readonly string[] | null)[]> {
    return this.#measured(async () => {
      const snapshot = await this.#lease.fresh();
      const store = writesTo(snapshot.state.mode);
      if (store === 'target') return this.#writeTarget(snapshot, operations);
      const defaults = (entity: string, row: TextRow): TextRow =>
        store === 'both' ? this.#defaults(snapshot, entity, row) : {};
      const steps = operations.map((operation) => sourceStep(snapshot.mapping, operation, defaults));
      const bodyCache = new Map(steps.flatMap(({ bodies }) => [...bodies]));
      const change = (runner: StatementRunner): Promise<(readonly string[] | null)[]> => runInOrder(steps, runner);
      const [only] = steps;
      if (store === 'source' && steps.length === 1 && only !== undefined) {
        return runInOrder(steps, {
          query: this.#options.source.query,
          run: (statement) => runAlone(this.#options.source, statement),
        });
      }
      try {
        return await this.#runWork(snapshot, change, options, bodyCache);
      } catch (error) {
        // A deferred constraint is violated by no statement, but at the end.
        throw toApplicationError([...new Set(steps.map(({ entity }) => entity))].join(', '), error);
      }
    });
  }

  /** Plain SQL in one transaction, captured and carried like any other write. */
  async sql<T>(callSite: string, work: (tx: Sql) => Promise<T>, options: WriteOptions = {}): Promise<T> {
    this.#options.metrics.count('SqlUses', 1, { CallSite: callSite });
    this.#options.metrics.count('SqlUses', 1);
    return this.#measured(async () => {
      const snapshot = await this.#lease.fresh();
      return this.#runWork(snapshot, work, options, new Map());
    });
  }

  /** Waits for background work to finish. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#background);
  }

  async #runWork<T>(
    snapshot: ModeSnapshot,
    work: (runner: StatementRunner) => Promise<T>,
    options: WriteOptions,
    bodyCache: ReadonlyMap<string, Uint8Array>,
  ): Promise<T> {
    const { mode } = snapshot.state;
    const store = writesTo(mode);
    if (store === 'both') return this.#writeBothOrSource(snapshot, work, options, bodyCache);
    if (store === 'source') return this.#writeSource(work);
    throw new WritesStopped({ mode });
  }

  /** Capture may be taken out of the source at any time (runbooks/remove-capture.md): the application then goes on with PostgreSQL. */
  async #writeBothOrSource<T>(
    snapshot: ModeSnapshot,
    work: (runner: StatementRunner) => Promise<T>,
    options: WriteOptions,
    bodyCache: ReadonlyMap<string, Uint8Array>,
  ): Promise<T> {
    try {
      return (await this.#writeBoth(snapshot, work, options, bodyCache)).result;
    } catch (error) {
      // It is found before the target is written, and the transaction was rolled back.
      if (!isCaptureMissing(error)) throw error;
      this.#options.metrics.count('CaptureMissing', 1);
      this.#logger.warn('capture is missing; writing to PostgreSQL only', { error: 'CaptureMissing' });
      return this.#writeSource(work);
    }
  }

  async #writeSource<T>(work: (runner: StatementRunner) => Promise<T>): Promise<T> {
    const tx = await this.#options.source.begin();
    let result: T;
    try {
      result = await work({ query: tx.query, run: (statement) => runPlain(tx, statement) });
    } catch (error) {
      await tx.rollback().catch(() => {});
      throw error;
    }
    await tx.commit();
    return result;
  }

  async #writeBoth<T>(
    snapshot: ModeSnapshot,
    work: (runner: StatementRunner) => Promise<T>,
    options: WriteOptions,
    bodyCache: ReadonlyMap<string, Uint8Array>,
  ): Promise<DualWritten<T>> {
    const { plan, source, table, intents, bodies, control, metrics, hook } = this.#options;
    const lease = this.#lease;
    const { mapping, state } = snapshot;
    const { generation } = state;
    const deadlineMs = plan.writes.deadlineSeconds * 1000;
    const written = await dualWrite(
      {
        captured: createCapturedSource(source, { mapping, generation, lockMs: deadlineMs, idleMs: 4 * deadlineMs }),
        rows: createRowSource(source, mapping),
        changelog: this.#changelog,
        table,
        intents,
        bodies,
        control,
        clock: this.#clock,
        uuid: this.#uuid,
      },
      {
        // The present one: a column that was added during a long transaction is in its images.
        get mapping() {
          return lease.latest.mapping;
        },
        generation,
        checkLease: () => this.#assertStillDual(generation),
        deadlineMs,
        bodyCache,
        uploaded: this.#uploadedBodies,
        background: (promise) => this.#inBackground(promise),
        ...(options.relay === undefined ? {} : { relay: options.relay }),
        ...(hook === undefined ? {} : { hook }),
      },
      work,
    );
    for (const { item, image } of written.writes) {
      this.#ownWrites.record(item);
      if (image !== null) metrics.count('ItemBytes', itemBytes(item));
    }
    if (this.#uploadedBodies.size > 50_000) this.#uploadedBodies.clear();
    return written;
  }

  /** Checked before each attempt at DynamoDB: the lease is valid, and mode and generation are still those of this write. */
  #assertStillDual(generation: number): void {
    const { state } = this.#lease.current;
    if (writesTo(state.mode) !== 'both' || state.generation !== generation)
      throw new WritesStopped({ mode: state.mode });
  }

  #writeTarget(
    snapshot: ModeSnapshot,
    operations: readonly Operation[],
  ): Promise<readonly (readonly string[] | null)[]> {
    const { table, bodies } = this.#options;
    return writeTarget(
      {
        table,
        bodies,
        mapping: snapshot.mapping,
        generation: snapshot.state.generation,
        clock: this.#clock,
        uuid: this.#uuid,
        defaultsOf: async (entity, row) => ({
          ...this.#defaults(snapshot, entity, row),
          ...(await this.#counters.forRow(snapshot.mapping, entity, row)),
        }),
        checkLease: () => {
          const { mode } = this.#lease.current.state;
          if (writesTo(mode) !== 'target') throw new WritesStopped({ mode });
        },
        onRetry: (attempt, items, reason) =>
          this.#logger.debug('write conflicted; retrying', { attempt, items, reason }),
        onWritten: (item) => this.#ownWrites.record(item),
      },
      operations,
    );
  }

  #defaults(snapshot: ModeSnapshot, entity: string, row: TextRow): TextRow {
    return defaultsOf(this.#options.plan, snapshot.mapping, entity, row, { clock: this.#clock, uuid: this.#uuid });
  }

  async #measured<T>(work: () => Promise<T>): Promise<T> {
    const { metrics } = this.#options;
    const start = this.#clock.monotonic();
    try {
      const result = await work();
      metrics.count('Writes', 1);
      metrics.milliseconds('WriteLatency', this.#clock.monotonic() - start);
      return result;
    } catch (error) {
      // With no write that succeeds there would be no rate.
      metrics.count('Writes', 0);
      metrics.count('WriteErrors', 1);
      logFailedWrite(this.#logger, error);
      throw error;
    }
  }

  #inBackground(promise: Promise<unknown>): void {
    const tracked = promise.catch(() => {}).finally(() => this.#background.delete(tracked));
    this.#background.add(tracked);
  }
}

async function runInOrder(
  steps: readonly SourceStep[],
  runner: StatementRunner,
): Promise<(readonly string[] | null)[]> {
  const answers: (readonly string[] | null)[] = [];
  for (const { entity, statement, parseAnswer: answer } of steps) {
    try {
      answers.push(answer(await runner.run(statement)));
    } catch (error) {
      throw toApplicationError(entity, error);
    }
  }
  return answers;
}

/** A statement that commits by itself: if its response is lost, its outcome is unknown, and the caller must not repeat it blindly. */
async function runAlone(sql: Sql, statement: SqlStatement): Promise<readonly SqlRow[]> {
  try {
    return await runPlain(sql, statement);
  } catch (error) {
    if (!(error instanceof SourceUnavailable) || error.fields.mayHaveRun !== true) throw error;
    throw new OutcomeUnknown({ operation: error.fields.operation, txn: null }, { cause: error });
  }
}

function runPlain(sql: Sql, { text, parameters }: SqlStatement): Promise<readonly SqlRow[]> {
  return sql.query(text(`'plain'::text`), parameters);
}
