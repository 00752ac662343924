import { randomUUID } from 'node:crypto';
import { readCatalogue } from '../adapters/postgres/catalogue/read-catalogue.ts';
import type { ApplicationRow } from '../domain/mapping/items/application-row.ts';
import type { Mapping } from '../domain/mapping/mapping.ts';
import { compilePlan } from '../domain/plan-check/compile-plan.ts';
import type { PatternArguments } from '../domain/mapping/patterns/pattern-arguments.ts';
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
 * The application's access to its data, unchanged from before the migration until after it. Rows are entities of the plan, columns have
 * their catalogue names, values are as `mapping/items/application-row.ts` says. Errors carry `retryable`: true means that the write had no
 * effect (or the read returned nothing) and the same call may be repeated. After `OutcomeUnknown`, read the rows before writing again.
 * The rules behind it are in docs/protocol.md.
 */
export interface Client {
  /**
   * Inserts the row, or updates the given columns if it exists. Returns its identity columns.
   *
   * @throws UniqueTaken when another row has a unique value of this one
   * @throws LeaseExpired, WritesStopped when this process may not write now
   * @throws OutcomeUnknown when the response was lost
   * @example await client.put('USER', { id, email: 'ada@example.org', tags: [] });
   */
  put(entity: string, row: Values, options?: WriteOptions): Promise<ApplicationRow>;
  /** Changes columns of an existing row and returns its identity columns. Throws RowNotFound if there is none, else as `put`. */
  update(entity: string, key: Values, changes: Values, options?: WriteOptions): Promise<ApplicationRow>;
  /** Deletes a row. Returns whether it existed; throws as `put`. */
  delete(entity: string, key: Values, options?: WriteOptions): Promise<boolean>;
  /**
   * Several changes, all or none. Throws as `put` and `update`.
   *
   * @example await client.transact([{ put: 'USER', row }, { delete: 'SESSION', key: { id } }]);
   */
  transact(operations: readonly Operation[], options?: WriteOptions): Promise<void>;
  /**
   * Runs plain SQL in one transaction, for code that has not moved yet. Each use is counted under `callSite` (metric SqlUses).
   *
   * @param work gets the transaction, and may be called once; its parameters are named (`:id`)
   * @throws WritesStopped once DynamoDB is the only store
   */
  sql<T>(callSite: string, work: (tx: Sql) => Promise<T>, options?: WriteOptions): Promise<T>;
  /** A row with its large values, null if there is none. Throws BodyMissing if a large value cannot be found. */
  get(entity: string, key: Values, options?: ReadOptions): Promise<ApplicationRow | null>;
  /**
   * The rows of a pattern of the plan, one page at a time. Large values in S3 are returned as references; `get` returns the values.
   *
   * @throws SearchTooBroad when a filter would read more than `search.maxFilteredItems` items
   * @throws ValueRefused when an argument or the page token is not valid
   * @example const page = await client.query('sessionsOfCampaign', { user_id, campaign_id }, { after: last.next });
   */
  query(pattern: string, args: PatternArguments, options?: QueryOptions): Promise<Rows>;
  /** The rows that exist, in the order of their keys. Throws as `get`. */
  batchGet(entity: string, keys: readonly Values[], options?: ReadOptions): Promise<readonly ApplicationRow[]>;
  /** Waits for background work, sends the metrics and gives up the lease. */
  close(): Promise<void>;
}

/**
 * Opens a client: reads the mode once, then keeps its lease until `close`.
 *
 * @throws the error of the control table when it cannot be read
 * @throws PlanError when the plan does not fit the catalogue
 * @example
 * const client = await openClient({ plan, source, table, intents, bodies, control, metrics });
 * try {
 *   await client.put('USER', { id, email });
 * } finally {
 *   await client.close();
 * }
 */
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
    if (
      cached?.generation === state.generation &&
      cached.mapping.revision >= state.mappingRevision &&
      (cached.captured || state.mode === 'off')
    )
      return cached.mapping;
    const facts = await control.facts(state.generation);
    // Before a generation has its facts, only PostgreSQL is written and read, and the schema as it is will do.
    const catalogue = facts?.catalogue ?? (await readCatalogue(source, plan.source.schema));
    const mapping = compilePlan(plan, catalogue, facts?.shards ?? {}, facts ?? {});
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
