import type { Change, RowSource, Sql, SqlRow, SqlValue } from './source.ts';

/** A statement that may be merged with the call that opens a captured transaction; `begin` is that call, or a harmless constant. */
export interface SqlStatement {
  readonly text: (begin: string) => string;
  readonly parameters: Readonly<Record<string, SqlValue>>;
}

export interface Collected {
  /** Null where nothing was written. */
  readonly xid: string | null;
  /** Changes that the trigger saw. Past 100 it stops handing them over, and `changes` is empty. */
  readonly count: number;
  /** Changes that the trigger could not record: the transaction is left to the relay and the sweeper. */
  readonly missed: number;
  readonly changes: readonly Change[];
}

/** A transaction of the source whose changes the trigger hands over (docs/protocol.md, dual write). */
export interface CapturedTransaction extends Sql {
  /** Runs a statement; the first one is merged with the opening call. */
  run(statement: SqlStatement): Promise<readonly SqlRow[]>;
  /** Checks deferred constraints at once, then returns the images of all changed rows. */
  collect(): Promise<Collected>;
  /** Marks changes as carried to the target, in this transaction. Throws WritesStopped where another generation has begun (RACE-59). */
  mark(seqs: readonly number[]): Promise<void>;
  /** Throws OutcomeUnknown when it is not known whether it took effect; any other error means that it did not. */
  commit(): Promise<void>;
  rollback(): Promise<void>;
  /** Rows as this transaction sees them. */
  readonly rows: Pick<RowSource, 'bodies'>;
}

export interface CapturedSource {
  begin(txn: string): Promise<CapturedTransaction>;
}
