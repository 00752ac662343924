import { createDeferred } from '../../process/deferred.ts';
import { DataApiError, isServerError } from './errors.ts';
import type { BoundStatement } from './parameters.ts';
import { type Lease, leavesTraces } from './pools.ts';
import type { RowFormat } from './row-format.ts';
import { type Limits, ProtocolStatement, type StatementResult } from './statement.ts';

export interface RunOptions {
  readonly format: RowFormat;
  readonly limits: Limits;
  readonly timeoutMs: number;
  readonly continueAfterTimeout: boolean;
  /** Asks PostgreSQL to cancel the statement of this backend. */
  readonly cancel: (pid: number) => Promise<void>;
}

export interface Running {
  readonly result: Promise<StatementResult>;
  /**
   * Resolves when the connection is free again: later than the result if the statement continues
   * after its timeout.
   */
  readonly settled: Promise<void>;
}

const QUERY_CANCELED = '57014';

/** Runs a statement on a connection within the time limit. */
export function run(lease: Lease, bound: BoundStatement, options: RunOptions): Running {
  if (leavesTraces(bound.text)) lease.spoil();
  const statement = new ProtocolStatement(bound, options.format, options.limits);
  const { promise: timedOut, reject } = createDeferred<never>();
  timedOut.catch(() => {});
  let late = false;
  let cancelled: Promise<void> | undefined;
  const timer = setTimeout(() => {
    late = true;
    if (options.continueAfterTimeout) return reject(statementTimeout(lease));
    cancelled = options.cancel(processId(lease)).catch(() => {});
  }, options.timeoutMs);

  lease.client.query(statement);
  const finished = statement.result
    .catch((error: unknown) => {
      throw late && isServerError(error) && error.code === QUERY_CANCELED ? statementTimeout(lease) : error;
    })
    .finally(() => {
      clearTimeout(timer);
      // The cancel request must have been delivered, or it could hit the connection's next statement.
      return cancelled;
    });
  return { result: Promise.race([finished, timedOut]), settled: finished.then(nothing, nothing) };
}

function statementTimeout(lease: Lease): DataApiError {
  const details = { dbConnectionId: processId(lease) };
  return new DataApiError('StatementTimeoutException', 'Request timed out', details);
}

function processId({ client }: Lease): number {
  return 'processID' in client && typeof client.processID === 'number' ? client.processID : 0;
}

function nothing(): void {}
