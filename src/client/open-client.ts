import { randomUUID } from 'node:crypto';
import { readCatalogue } from '../adapters/postgres/catalogue/read-catalogue.ts';
import type { ApplicationRow } from '../domain/mapping/items/application-row.ts';
import type { Mapping } from '../domain/mapping/mapping.ts';
import { compilePlan } from '../domain/plan-check/compile-plan.ts';
import type { PatternArguments } from '../domain/mapping/patterns/pattern-query.ts';
import type { ModeState } from '../domain/mode/modes.ts';
import type { Sql } from '../domain/ports/source.ts';
import { type ModeSnapshot, Lease } from './lease.ts';
import { createClientLogger } from './logger.ts';
import { machineClock } from './machine-clock.ts';
import { identityRow } from './identity-row.ts';
import type { Operation, Values } from './operation.ts';
import type { ClientOptions } from './options.ts';
import { OwnWrites } from './own-writes.ts';
import { type QueryOptions, Reader, type ReadOptions, type Rows } from './read/reader.ts';
import { type WriteOptions, Writer } from './write/writer.ts';

/**
 * The application's access to its data, the same from before the migration to after it. Rows are entities of the plan, columns have
 * their catalogue names, values are as \`mapping/application.ts\` says. Errors carry \`retryable\`: true means that the write did
 * not take effect (or the read gave nothing) and the same call may be made again; \`OutcomeUnknown\` alone leaves it open.
 */
export interface Client {
  /** Inserts the row, or updates the columns given where it exists. Answers its identity. */
  put(entity: string, row: Values, options?: WriteOptions): Promise<ApplicationRow>;
  /** Changes columns of an existing row. Throws RowNotFound where there is none. */
  update(entity: string, key: Values, changes: Values, options?: WriteOptions): Promise<ApplicationRow>;
  /** Answers whether there was a row to delete. */
  delete(entity: string, key: Values, options?: WriteOptions): Promise<boolean>;
  /** Several changes, all or none. */
  transact(operations: readonly Operation[], options?: WriteOptions): Promise<void>;
  /** Plain SQL in one transaction, for code not yet moved; its use is counted per call site, and ends with \`drained\`. */
  sql<T>(callSite: string, work: (tx: Sql) => Promise<T>, options?: WriteOptions): Promise<T>;
  /** A row with its large values, null where there is none. */
  get(entity: string, key: Values, options?: ReadOptions): Promise<ApplicationRow | null>;
  /** A pattern of the plan. Large values in S3 show as references: \`get\` brings them. */
  query(pattern: string, args: PatternArguments, options?: QueryOptions): Promise<Rows>;
  batchGet(entity: string, keys: readonly Values[], options?: ReadOptions): Promise<readonly ApplicationRow[]>;
  /** Waits for what is under way, sends the metrics and lets go of the lease. */
  close(): Promise<void>;
}

/** Opens a client. Throws what the control table says when it cannot be reached. */
export async function openClient(options: ClientOptions): Promise<Client> {
  const {
    plan,
    control,
    source,
    metrics,
    clock = machineClock,
    flushMs = 10_000,
    logger = createClientLogger(),
  } = options;
  const uuid = options.ids === undefined ? randomUUID : () => options.ids?.uuid() ?? randomUUID();
  let cached: { readonly generation: number; readonly captured: boolean; readonly mapping: Mapping } | null = null;

  const mappingOf = async (state: ModeState): Promise<Mapping> => {
    if (cached?.generation === state.generation && (cached.captured || state.mode === 'off')) return cached.mapping;
    const facts = await control.facts(state.generation);
    // Before a generation has its facts, only PostgreSQL is written and read, and the schema as it is will do.
    const catalogue = facts?.catalogue ?? (await readCatalogue(source, plan.source.schema));
    const mapping = compilePlan(plan, catalogue, facts?.shards ?? {});
    cached = { generation: state.generation, captured: facts !== null, mapping };
    return mapping;
  };
  const loadMode = async (): Promise<ModeSnapshot> => {
    const state = await control.mode();
    return { state, mapping: await mappingOf(state) };
  };

  const lease = new Lease(loadMode, plan.writes.leaseSeconds * 1000, clock, logger);
  await lease.start();
  const ownWrites = new OwnWrites(clock);
  const writer = new Writer(options, lease, clock, uuid, ownWrites, logger);
  const reader = new Reader(options, lease, clock, ownWrites, logger);
  const flushing = setInterval(() => {
    // A zero says that this client would have reported a use: no data is not an answer.
    metrics.count('SqlUses', 0);
    void metrics.flush().catch(() => {});
  }, flushMs);
  flushing.unref();

  const one = async (operation: Operation, more?: WriteOptions): Promise<readonly string[] | null> => {
    const [identity] = await writer.transact([operation], more);
    return identity ?? null;
  };
  return {
    put: async (entity, row, more) => identityRow(lease.latest.mapping, entity, await one({ put: entity, row }, more)),
    update: async (entity, key, changes, more) =>
      identityRow(lease.latest.mapping, entity, await one({ update: entity, key, changes }, more)),
    delete: async (entity, key, more) => (await one({ delete: entity, key }, more)) !== null,
    transact: async (operations, more) => {
      await writer.transact(operations, more);
    },
    sql: (callSite, work, more) => writer.sql(callSite, work, more),
    get: (entity, key, more) => reader.get(entity, key, more),
    query: (pattern, args, more) => reader.query(pattern, args, more),
    batchGet: (entity, keys, more) => reader.batchGet(entity, keys, more),
    close: async () => {
      clearInterval(flushing);
      await Promise.all([writer.settled(), reader.settled()]);
      lease.stop();
      await metrics.flush();
    },
  };
}
