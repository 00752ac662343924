import { createCapturedSource } from '../../adapters/postgres/capture/captured-transaction.ts';
import { createChangelog } from '../../adapters/postgres/capture/changelog.ts';
import { createRowSource } from '../../adapters/postgres/rows/row-source.ts';
import { OutcomeUnknown, SourceUnavailable, WritesStopped } from '../../domain/errors.ts';
import type { TextRow } from '../../domain/mapping/items/application-row.ts';
import { itemBytes } from '../../domain/mapping/items/item-size.ts';
import { writesTo } from '../../domain/mode/modes.ts';
import type { Changelog, Sql, SqlRow } from '../../domain/ports/source.ts';
import type { Statement } from '../../domain/ports/captured-source.ts';
import { dualWrite, type DualWritten } from '../../domain/protocol/dual-write.ts';
import type { Clock } from '../../domain/ports/clock.ts';
import { defaultsOf } from './defaults.ts';
import type { Held, Lease } from '../lease.ts';
import { CounterBlocks } from './counter-blocks.ts';
import type { Operation } from '../operation.ts';
import type { ClientOptions } from '../options.ts';
import type { OwnWrites } from '../own-writes.ts';
import { asApplicationError, type SourceStep, sourceStep } from './source-statement.ts';
import { writeTarget } from './target-write.ts';

export interface WriteOptions {
  /** Accept that a transaction too large for the target is committed and follows a moment later by the relay. */
  readonly relay?: boolean;
}

interface Runner extends Sql {
  run(statement: Statement): Promise<readonly SqlRow[]>;
}

/** Sends writes where the mode says. */
export class Writer {
  readonly #options: ClientOptions;
  readonly #lease: Lease;
  readonly #clock: Clock;
  readonly #uuid: () => string;
  readonly #own: OwnWrites;
  /** One for all writers of the process, so that they share flushes. */
  readonly #changelog: Changelog;
  readonly #numbers: CounterBlocks;
  readonly #stored = new Set<string>();
  readonly #background = new Set<Promise<unknown>>();

  constructor(options: ClientOptions, lease: Lease, clock: Clock, uuid: () => string, own: OwnWrites) {
    this.#options = options;
    this.#lease = lease;
    this.#clock = clock;
    this.#uuid = uuid;
    this.#own = own;
    this.#changelog = createChangelog(options.source);
    this.#numbers = new CounterBlocks(options.control, options.plan, clock);
  }

  /** Several operations, all or none. Answers the identities, null for a delete that found nothing. */
  async transact(
    operations: readonly Operation[],
    options: WriteOptions = {},
  ): Promise<readonly (readonly string[] | null)[]> {
    return this.#counted(async () => {
      const held = await this.#lease.fresh();
      const where = writesTo(held.state.mode);
      if (where === 'target') return this.#target(held, operations);
      const defaults = (entity: string, row: TextRow): TextRow =>
        where === 'both' ? this.#defaults(held, entity, row) : {};
      const steps = operations.map((operation) => sourceStep(held.mapping, operation, defaults));
      const known = new Map(steps.flatMap(({ bodies }) => [...bodies]));
      const change = (runner: Runner): Promise<(readonly string[] | null)[]> => inOrder(steps, runner);
      const [only] = steps;
      if (where === 'source' && steps.length === 1 && only !== undefined) {
        return inOrder(steps, {
          query: this.#options.source.query,
          run: (statement) => runAlone(this.#options.source, statement),
        });
      }
      return this.#change(held, change, options, known);
    });
  }

  /** Plain SQL in one transaction, captured and carried like any other write. */
  async sql<T>(callSite: string, work: (tx: Sql) => Promise<T>, options: WriteOptions = {}): Promise<T> {
    this.#options.metrics.count('SqlUses', 1, { CallSite: callSite });
    this.#options.metrics.count('SqlUses', 1);
    return this.#counted(async () => {
      const held = await this.#lease.fresh();
      return this.#change(held, work, options, new Map());
    });
  }

  /** Waits for what was left to be done off the requests' path. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#background);
  }

  async #change<T>(
    held: Held,
    work: (runner: Runner) => Promise<T>,
    options: WriteOptions,
    known: ReadonlyMap<string, Uint8Array>,
  ): Promise<T> {
    const { mode } = held.state;
    const where = writesTo(mode);
    if (where === 'both') return (await this.#dual(held, work, options, known)).result;
    if (where === 'source') return this.#plain(work);
    throw new WritesStopped({ mode });
  }

  async #plain<T>(work: (runner: Runner) => Promise<T>): Promise<T> {
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

  async #dual<T>(
    held: Held,
    work: (runner: Runner) => Promise<T>,
    options: WriteOptions,
    known: ReadonlyMap<string, Uint8Array>,
  ): Promise<DualWritten<T>> {
    const { plan, source, table, intents, bodies, metrics, hook } = this.#options;
    const { mapping, state } = held;
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
        clock: this.#clock,
        uuid: this.#uuid,
      },
      {
        mapping,
        generation,
        checkLease: () => this.#stillDual(generation),
        deadlineMs,
        known,
        stored: this.#stored,
        background: (promise) => this.#inBackground(promise),
        ...(options.relay === undefined ? {} : { relay: options.relay }),
        ...(hook === undefined ? {} : { hook }),
      },
      work,
    );
    for (const { item, image } of written.writes) {
      this.#own.note(item);
      if (image !== null) metrics.count('ItemBytes', itemBytes(item));
    }
    if (this.#stored.size > 50_000) this.#stored.clear();
    return written;
  }

  /** Before each attempt at the target: the lease holds, and nobody has moved on to a mode or generation that this write does not fit. */
  #stillDual(generation: number): void {
    const { state } = this.#lease.current;
    if (writesTo(state.mode) !== 'both' || state.generation !== generation)
      throw new WritesStopped({ mode: state.mode });
  }

  #target(held: Held, operations: readonly Operation[]): Promise<readonly (readonly string[] | null)[]> {
    const { table, bodies } = this.#options;
    return writeTarget(
      {
        table,
        bodies,
        mapping: held.mapping,
        generation: held.state.generation,
        clock: this.#clock,
        uuid: this.#uuid,
        defaultsOf: async (entity, row) => ({
          ...this.#defaults(held, entity, row),
          ...(await this.#numbers.forRow(held.mapping, entity, row)),
        }),
        checkLease: () => {
          const { mode } = this.#lease.current.state;
          if (writesTo(mode) !== 'target') throw new WritesStopped({ mode });
        },
        written: (item) => this.#own.note(item),
      },
      operations,
    );
  }

  #defaults(held: Held, entity: string, row: TextRow): TextRow {
    return defaultsOf(this.#options.plan, held.mapping, entity, row, { clock: this.#clock, uuid: this.#uuid });
  }

  async #counted<T>(work: () => Promise<T>): Promise<T> {
    const { metrics } = this.#options;
    const start = this.#clock.monotonic();
    try {
      const result = await work();
      metrics.count('Writes', 1);
      metrics.milliseconds('WriteLatency', this.#clock.monotonic() - start);
      return result;
    } catch (error) {
      metrics.count('WriteErrors', 1);
      throw error;
    }
  }

  #inBackground(promise: Promise<unknown>): void {
    const tracked = promise.catch(() => {}).finally(() => this.#background.delete(tracked));
    this.#background.add(tracked);
  }
}

async function inOrder(steps: readonly SourceStep[], runner: Runner): Promise<(readonly string[] | null)[]> {
  const answers: (readonly string[] | null)[] = [];
  for (const { entity, statement, answer } of steps) {
    try {
      answers.push(answer(await runner.run(statement)));
    } catch (error) {
      throw asApplicationError(entity, error);
    }
  }
  return answers;
}

/** A statement that commits by itself: without its answer nobody knows what became of it, so nobody may be told to repeat it. */
async function runAlone(sql: Sql, statement: Statement): Promise<readonly SqlRow[]> {
  try {
    return await runPlain(sql, statement);
  } catch (error) {
    if (!(error instanceof SourceUnavailable) || error.fields.mayHaveRun !== true) throw error;
    throw new OutcomeUnknown({ operation: error.fields.operation, txn: null }, { cause: error });
  }
}

function runPlain(sql: Sql, { text, parameters }: Statement): Promise<readonly SqlRow[]> {
  return sql.query(text(`'plain'::text`), parameters);
}
