import type { Clusters } from './clusters.ts';
import { columnMetadata } from './column-metadata.ts';
import { badRequest, DataApiError } from './errors.ts';
import { bindParameters } from './parameters.ts';
import { cancelBackend, type Destination, type Lease, Pools } from './pools.ts';
import type { BatchExecuteRequest, BeginTransactionRequest, EndTransactionRequest, ExecuteRequest } from './request.ts';
import type { RowFormat } from './row-format.ts';
import { run, type RunOptions } from './run.ts';
import { type Limits, tooLarge } from './statement.ts';
import { type TransactionLimits, Transactions } from './transactions.ts';

export interface DataApiLimits extends Limits {
  readonly statementMs: number;
  readonly transaction: TransactionLimits;
}

/** AWS's limits; the limit on rows is documented inconsistently and assumed to exist. */
export const AWS_LIMITS: DataApiLimits = {
  responseBytes: 1_048_576,
  rowBytes: 65_536,
  statementMs: 45_000,
  transaction: { idleMs: 180_000, totalMs: 86_400_000 },
};

const PLAIN: RowFormat = { as: 'fields', decimals: 'STRING', longs: 'LONG' };

/** The operations of the Data API; each answers with a response body as JSON text. */
export class DataApiService {
  readonly #clusters: Clusters;
  readonly #limits: DataApiLimits;
  readonly #pools = new Pools();
  readonly #transactions: Transactions;

  constructor(clusters: Clusters, limits: DataApiLimits) {
    this.#clusters = clusters;
    this.#limits = limits;
    this.#transactions = new Transactions(limits.transaction);
  }

  async execute(request: ExecuteRequest): Promise<string> {
    const bound = bindParameters(request.sql, request.parameters ?? []);
    const format: RowFormat = {
      as: request.formatRecordsAs === 'JSON' ? 'json' : 'fields',
      decimals: request.resultSetOptions?.decimalReturnType ?? 'STRING',
      longs: request.resultSetOptions?.longReturnType ?? 'LONG',
    };
    const to = this.#destination(request);
    const held = await this.#hold(request, to);
    const running = run(held.lease, bound, this.#runOptions(to, format, request.continueAfterTimeout ?? false));
    const freed = running.settled.then(held.release);
    const { columns, rows, updated } = await running.result;
    await freed;

    const members = [`"numberOfRecordsUpdated":${updated}`, '"generatedFields":[]'];
    if (columns !== null) {
      const all = `[${rows.join(',')}]`;
      members.push(format.as === 'json' ? `"formattedRecords":${JSON.stringify(all)}` : `"records":${all}`);
      if (request.includeResultMetadata === true) {
        members.push(`"columnMetadata":${JSON.stringify(columnMetadata(columns))}`);
      }
    }
    const body = `{${members.join(',')}}`;
    // The statement has run and is not undone, so a write must not be repeated; a read may request
    // less.
    if (Buffer.byteLength(body) > this.#limits.responseBytes) throw tooLarge();
    return body;
  }

  /** All parameter sets or none: outside a transaction the batch is its own transaction. */
  async batchExecute(request: BatchExecuteRequest): Promise<string> {
    const sets = request.parameterSets ?? [[]];
    const batch = sets.map((parameters) => bindParameters(request.sql, parameters));
    const to = this.#destination(request);
    const held = await this.#hold(request, to);
    const own = request.transactionId === undefined;
    const deadline = performance.now() + this.#limits.statementMs;
    try {
      if (own) await held.lease.client.query('BEGIN');
      for (const bound of batch) {
        const timeoutMs = Math.max(deadline - performance.now(), 1);
        await run(held.lease, bound, { ...this.#runOptions(to, PLAIN, false), timeoutMs }).result;
      }
      if (own) await held.lease.client.query('COMMIT');
    } finally {
      // A connection that is still inside the batch's transaction is closed, which rolls it back.
      held.release();
    }
    return JSON.stringify({ updateResults: sets.map(() => ({ generatedFields: [] })) });
  }

  async begin(request: BeginTransactionRequest): Promise<string> {
    const to = this.#destination(request);
    const lease = await this.#pools.lease('transactions', to);
    try {
      await lease.client.query('BEGIN');
    } catch (error) {
      lease.spoil();
      lease.release();
      throw error;
    }
    return JSON.stringify({ transactionId: this.#transactions.add(request.resourceArn, to.database, lease) });
  }

  async commit(request: EndTransactionRequest): Promise<string> {
    const command = await this.#end(request, 'COMMIT');
    if (command !== 'COMMIT') {
      // PostgreSQL turns COMMIT of a failed transaction into a silent ROLLBACK.
      const message = 'ERROR: current transaction is aborted and was rolled back; SQLState: 25P02';
      throw new DataApiError('DatabaseErrorException', message);
    }
    return JSON.stringify({ transactionStatus: 'Transaction Committed' });
  }

  async rollback(request: EndTransactionRequest): Promise<string> {
    await this.#end(request, 'ROLLBACK');
    return JSON.stringify({ transactionStatus: 'Rollback Complete' });
  }

  async close(): Promise<void> {
    this.#transactions.close();
    await this.#pools.close();
  }

  async #end(request: EndTransactionRequest, statement: 'COMMIT' | 'ROLLBACK'): Promise<string> {
    this.#destination(request);
    const lease = this.#transactions.take(request.transactionId, request.resourceArn);
    this.#transactions.forget(request.transactionId);
    try {
      const { command } = await lease.client.query(statement);
      return command;
    } finally {
      lease.release();
    }
  }

  /** The connection for a call: its transaction's, or one for this call alone. */
  async #hold(
    request: { resourceArn: string; database?: string | undefined; transactionId?: string | undefined },
    to: Destination,
  ): Promise<{ lease: Lease; release: () => void }> {
    const id = request.transactionId;
    if (id !== undefined) {
      const lease = this.#transactions.take(id, request.resourceArn, request.database);
      return { lease, release: () => this.#transactions.giveBack(id) };
    }
    const lease = await this.#pools.lease('statements', to);
    return { lease, release: () => lease.release() };
  }

  /** Checked on every call, in AWS's order: endpoint, secret, instance. */
  #destination(request: BeginTransactionRequest | EndTransactionRequest): Destination {
    const { resourceArn, secretArn } = request;
    const cluster = this.#clusters.resolve(resourceArn);
    if (cluster === null) throw new DataApiError('DatabaseNotFoundException', `There is no cluster ${resourceArn}`);
    if (!cluster.httpEndpointEnabled) {
      const message = `HttpEndpoint is not enabled for resource ${resourceArn}`;
      throw new DataApiError('HttpEndpointNotEnabledException', message);
    }
    const login = this.#clusters.secret(secretArn);
    if (login === null) throw new DataApiError('SecretsErrorException', `There is no secret ${secretArn}`);
    if (cluster.address === null) {
      throw new DataApiError('DatabaseNotFoundException', `Cluster ${resourceArn} has no available instance`);
    }
    const { database, schema } = 'database' in request || 'schema' in request ? request : {};
    if (schema !== undefined) throw badRequest('The schema parameter is not supported for PostgreSQL');
    // Like PostgreSQL and AWS: without a database name, the one named after the user.
    return { ...cluster.address, ...login, database: database ?? login.user };
  }

  #runOptions(to: Destination, format: RowFormat, continueAfterTimeout: boolean): RunOptions {
    return {
      format,
      limits: this.#limits,
      timeoutMs: this.#limits.statementMs,
      continueAfterTimeout,
      cancel: (pid) => cancelBackend(to, pid),
    };
  }
}
