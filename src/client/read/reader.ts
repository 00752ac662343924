import { createRowSource } from '../../adapters/postgres/rows/row-source.ts';
import { cohort } from '../../domain/cutover/cohort.ts';
import { BodyMissing, PortageError, ValueRefused } from '../../domain/errors.ts';
import { toCanonicalRow, type ApplicationRow, toApplicationRow } from '../../domain/mapping/items/application-row.ts';
import { itemKey } from '../../domain/mapping/items/encode.ts';
import type { EntityMapping, Mapping } from '../../domain/mapping/mapping.ts';
import type { PatternArguments } from '../../domain/mapping/patterns/pattern-arguments.ts';
import { patternQuery } from '../../domain/mapping/patterns/pattern-query.ts';
import { comparesReads, readsFrom } from '../../domain/mode/modes.ts';
import type { Table } from '../../domain/ports/table.ts';
import type { Clock } from '../../domain/ports/clock.ts';
import { type Identity, isBodyRef, type RowImage } from '../../domain/row.ts';
import { batchedGets } from './batched-gets.ts';
import { PresentColumns } from './present-columns.ts';
import { comparableText, type EntityRow, type RowPage } from './row-page.ts';
import type { ModeSnapshot, Lease } from '../lease.ts';
import type { ClientLogger, LogFields } from '../logger.ts';
import { entityNamed, identityOf, type Values } from '../operation.ts';
import type { ClientOptions } from '../options.ts';
import type { OwnWrites } from '../own-writes.ts';
import { ShadowComparisons } from './shadow-compare.ts';
import { asInSource, patternFromSource, rowsFromSource } from './source-read.ts';
import { patternFromTarget, rowsFromTarget, type TargetAnswer, type TargetReader } from './target-read.ts';
import { parsePageToken, formatPageToken } from './page-token.ts';
import { ownProperty } from '../../domain/own-property.ts';

export interface ReadOptions {
  /** Routing key, for example the signed-in user: a caller always reads from one store. The partition's owner by default. */
  readonly caller?: string;
  /** Strongly consistent read. The default is eventually consistent, except right after this process's own writes. */
  readonly consistent?: boolean;
}

export interface QueryOptions extends ReadOptions {
  /** `next` of the previous page; null or absent for the first page. */
  readonly after?: string | null;
}

/** Rows of a pattern, and the entity of each by position; `next` is null on the last page. */
export type Rows = readonly ApplicationRow[] & { readonly next: string | null; readonly entities: readonly string[] };

/** Age in milliseconds at which a dual write is certainly settled. */
const RECENT_MS = 10 * 60_000;

interface ReadRequest {
  readonly caller: string;
  readonly source: (mapping: Mapping) => Promise<RowPage>;
  readonly target: (strong: boolean) => Promise<TargetAnswer>;
  /** The store that a page token belongs to. */
  readonly pinned?: 'source' | 'target';
  readonly pattern?: string;
  readonly entity?: string;
  /** Not all items have a column yet that is being carried; PostgreSQL has it. */
  readonly incomplete: boolean;
}

/** Names of a read in logs. */
function subjectOf({ entity, pattern }: ReadRequest): LogFields {
  return { entity: entity ?? null, pattern: pattern ?? null };
}

/** Sends each read to the store that the mode and the caller's cohort select. */
export class Reader {
  readonly #options: ClientOptions;
  readonly #lease: Lease;
  readonly #clock: Clock;
  readonly #ownWrites: OwnWrites;
  readonly #logger: ClientLogger;
  readonly #shadow: ShadowComparisons;
  readonly #table: Pick<Table, 'get' | 'query'>;
  readonly #settled = new Set<string>();
  readonly #present: PresentColumns;

  constructor(options: ClientOptions, lease: Lease, clock: Clock, ownWrites: OwnWrites, logger: ClientLogger) {
    this.#options = options;
    this.#lease = lease;
    this.#clock = clock;
    this.#ownWrites = ownWrites;
    this.#logger = logger;
    this.#present = new PresentColumns(options.source, options.plan.source.schema);
    this.#shadow = new ShadowComparisons(options.metrics, clock);
    const { table } = options;
    this.#table = { get: batchedGets((keys, how) => table.get(keys, how)), query: (query) => table.query(query) };
  }

  /** One row by its key, or null. Throws like `batchGet`. */
  async get(name: string, key: Values, options: ReadOptions = {}): Promise<ApplicationRow | null> {
    const [row] = await this.batchGet(name, [key], options);
    return row ?? null;
  }

  /** The rows that exist, in the order of the keys given. */
  async batchGet(name: string, keys: readonly Values[], options: ReadOptions = {}): Promise<readonly ApplicationRow[]> {
    const snapshot = this.#lease.latest;
    const entity = entityNamed(snapshot.mapping, name);
    const identities = keys.map((key) => Object.values(identityOf(entity, key)).map(String));
    // A key given twice is asked for once: BatchGetItem refuses it, and PostgreSQL might answer it twice.
    const distinctKeys = new Map(
      identities.map((identity, at) => [JSON.stringify(identity), { identity, key: keys[at] ?? {} }]),
    );
    const itemKeys = [...distinctKeys.values()].map(({ key }) => itemKey(entity, toCanonicalRow(entity, key)));
    const distinct = [...distinctKeys.values()].map(({ identity }) => identity);
    const { rows, from } = await this.#route(snapshot, {
      caller: options.caller ?? itemKeys[0]?.PK ?? '',
      entity: name,
      incomplete: entity.carrying.size > 0,
      source: async (mapping) => ({
        rows: await rowsFromSource(this.#options.source, mapping, name, distinct),
        next: null,
      }),
      target: (strong) => rowsFromTarget(this.#target(snapshot), itemKeys, strong || options.consistent === true),
    });
    const byIdentity = new Map(rows.map((row) => [identityText(entity, row.image), row]));
    const ordered = identities.flatMap((identity) => byIdentity.get(JSON.stringify(identity)) ?? []);
    return Promise.all(ordered.map((row) => this.#withBodies(snapshot, entity, row, from)));
  }

  /**
   * A page of a pattern's rows, in its order.
   *
   * @throws ValueRefused for invalid arguments or a token of a store that is gone
   * @throws SearchTooBroad if a filter would read too many items
   */
  async query(pattern: string, args: PatternArguments, options: QueryOptions = {}): Promise<Rows> {
    const snapshot = this.#lease.latest;
    const { mapping } = snapshot;
    const query = patternQuery(mapping, pattern, args);
    const { source } = this.#options;
    const entityOfPattern = query.sources[0]?.entity;
    const incomplete = query.sources.some(({ entity }) => (mapping.entities[entity]?.carrying.size ?? 0) > 0);
    const token = options.after === undefined || options.after === null ? null : parsePageToken(pattern, options.after);
    if (token?.store === 'source' && snapshot.state.mode === 'complete') {
      throw new ValueRefused({
        entity: `pattern ${pattern}`,
        column: 'after',
        reason: 'the page token is of a store that is gone; start at the first page',
      });
    }
    const { rows, next, from } = await this.#route(snapshot, {
      caller: options.caller ?? query.targets[0]?.pk ?? '',
      source: (present) => patternFromSource(this.#options.source, present, query, token?.at ?? null),
      target: async (strong) => {
        const isStrong = strong || options.consistent === true;
        const answer = await patternFromTarget(this.#target(snapshot), pattern, query, token?.at ?? null, isStrong);
        // A page token of DynamoDB goes on there; the values come from PostgreSQL.
        if (!incomplete || answer.kind !== 'rows' || snapshot.state.mode === 'complete') return answer;
        return {
          ...answer,
          rows: await this.#present.read(snapshot, (present) => asInSource(source, present, answer.rows)),
        };
      },
      ...(token === null ? {} : { pinned: token.store }),
      pattern,
      incomplete,
      ...(entityOfPattern === undefined ? {} : { entity: entityOfPattern }),
    });
    const applicationRows = rows.map(({ entity, image }) => toApplicationRow(entityNamed(mapping, entity), image));
    return Object.assign(applicationRows, {
      next: next === null ? null : formatPageToken({ store: from, at: next }),
      entities: rows.map(({ entity }) => entity),
    });
  }

  /** Waits for background comparisons to finish. */
  async settled(): Promise<void> {
    await this.#shadow.settled();
  }

  async #route(
    snapshot: ModeSnapshot,
    request: ReadRequest,
  ): Promise<RowPage & { readonly from: 'source' | 'target' }> {
    const { mode } = snapshot.state;
    const store = request.pinned ?? this.#storeOf(snapshot, request);
    const page =
      store === 'target' ? await this.#fromTarget(snapshot, request) : await this.#fromSource(snapshot, request);
    if (comparesReads(mode) && request.pinned === undefined && !request.incomplete)
      this.#compare(snapshot, request, page);
    return page;
  }

  #storeOf({ state }: ModeSnapshot, { caller, incomplete }: ReadRequest): 'source' | 'target' {
    if (state.mode === 'complete') return 'target';
    return incomplete ? 'source' : readsFrom(state, cohort(caller));
  }

  async #fromSource(snapshot: ModeSnapshot, request: ReadRequest): Promise<RowPage & { readonly from: 'source' }> {
    const page = await this.#measured('postgres', () => this.#present.read(snapshot, request.source));
    return { ...page, from: 'source' };
  }

  async #fromTarget(
    snapshot: ModeSnapshot,
    request: ReadRequest,
  ): Promise<RowPage & { readonly from: 'source' | 'target' }> {
    return this.#measured('dynamodb', async () => {
      const answer = await request.target(false);
      if (answer.kind === 'rows') return { ...answer, from: 'target' };
      // A token of one store means nothing to the other; in complete there is no other.
      if (request.pinned !== undefined || snapshot.state.mode === 'complete') throw new InDoubt();
      this.#options.metrics.count('ReadFallbacks', 1);
      this.#logger.debug('read fell back to PostgreSQL', subjectOf(request));
      return { ...(await this.#present.read(snapshot, request.source)), from: 'source' };
    });
  }

  #compare(snapshot: ModeSnapshot, request: ReadRequest, page: RowPage & { readonly from: 'source' | 'target' }): void {
    const { compare } = this.#options;
    const share = snapshot.state.mode === 'shadow' ? (compare?.shadow ?? 1) : (compare?.reads ?? 0.25);
    if (Math.random() >= share) return;
    const text = ({ rows }: RowPage): string => {
      const texts = rows.map((row) => comparableText(snapshot.mapping.entities[row.entity], row));
      // Only a pattern has an order; a batch by keys is put in order after it was read.
      return (request.pattern === undefined ? texts.sort() : texts).join('\n');
    };
    const target = async (strong: boolean): Promise<string | null> => {
      const answer = await request.target(strong);
      return answer.kind === 'rows' ? text(answer) : null;
    };
    const first = page.from === 'source' ? { source: text(page) } : { target: text(page) };
    // In shadow the target's own speed and errors are measured here: nobody else asks it.
    const firstTargetRead =
      page.from === 'source' ? () => this.#measured('dynamodb', () => target(false)) : () => target(true);
    let targetReads = 0;
    this.#shadow.compare(
      async () => text(await this.#present.read(snapshot, request.source)),
      () => (targetReads++ === 0 ? firstTargetRead() : target(true)),
      first,
      () => this.#logger.warn('stores differ', subjectOf(request)),
    );
  }

  async #measured<T>(store: 'postgres' | 'dynamodb', work: () => Promise<T>): Promise<T> {
    const { metrics } = this.#options;
    const dimensions = { Store: store };
    const start = this.#clock.monotonic();
    try {
      const result = await work();
      metrics.milliseconds('ReadLatency', this.#clock.monotonic() - start, dimensions);
      // A zero says that a read was made: no data is not health.
      metrics.count('ReadErrors', 0, dimensions);
      return result;
    } catch (error) {
      metrics.count('ReadErrors', 1, dimensions);
      throw error;
    } finally {
      metrics.count('Reads', 1, dimensions);
    }
  }

  #target(snapshot: ModeSnapshot): TargetReader {
    const { intents, metrics, plan } = this.#options;
    if (this.#settled.size > 100_000) this.#settled.clear();
    return {
      table: this.#table,
      intents,
      mapping: snapshot.mapping,
      confirming:
        snapshot.state.mode === 'complete'
          ? null
          : { now: this.#clock.now(), recentMs: RECENT_MS, settled: this.#settled },
      recent: (index, partition) => this.#ownWrites.recent(index, partition),
      maxFilteredItems: plan.search.maxFilteredItems,
      recordSearch: (pattern, rcu) => {
        metrics.count('SearchCapacity', rcu, { Pattern: pattern });
        metrics.count('SearchCapacity', rcu);
      },
    };
  }

  /** Adds the large values to a row, from the store that the row was read from. */
  async #withBodies(
    snapshot: ModeSnapshot,
    entity: EntityMapping,
    { image }: EntityRow,
    from: 'source' | 'target',
  ): Promise<ApplicationRow> {
    const complete: Record<string, RowImage[string]> = { ...image };
    for (const column of Object.keys(entity.large)) {
      const ref = ownProperty(image, column);
      if (!isBodyRef(ref)) continue;
      const identity = entity.identity.map((name) => String(ownProperty(image, name)));
      const body =
        from === 'target'
          ? await this.#options.bodies.get(ref.sha256)
          : await this.#bodyFromSource(snapshot, entity, identity, column);
      if (body === null) throw new BodyMissing({ sha256: ref.sha256 });
      const type = entity.columns.find((candidate) => candidate.column === column)?.type;
      complete[column] = Buffer.from(body).toString(type?.kind === 'bytes' && !type.array ? 'hex' : 'utf8');
    }
    return toApplicationRow(entity, complete);
  }

  #bodyFromSource(
    snapshot: ModeSnapshot,
    entity: EntityMapping,
    identity: Identity,
    column: string,
  ): Promise<Uint8Array | null> {
    return createRowSource(this.#options.source, snapshot.mapping).body(entity.name, identity, column);
  }
}

/** A row of this page is being written and PostgreSQL cannot be read instead. A retry finds the write settled. */
class InDoubt extends PortageError {
  override readonly name = 'InDoubt';
  readonly retryable = true;
  readonly fields = {};

  constructor() {
    super('a row of this page is being written at this moment. Retry.');
  }
}

function identityText(entity: EntityMapping, image: RowImage): string {
  return JSON.stringify(entity.identity.map((column) => String(ownProperty(image, column))));
}
