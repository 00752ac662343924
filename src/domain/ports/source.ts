import type { Catalogue } from '../catalogue/catalogue.ts';
import type { Identity, RowImage } from '../row.ts';

export type SqlValue = string | number | boolean | null;
export type SqlRow = Readonly<Record<string, SqlValue>>;

/** Named parameters, `:name` in the text. Values travel as parameters, never as text. */
export interface Sql {
  query(text: string, parameters?: Readonly<Record<string, SqlValue>>): Promise<readonly SqlRow[]>;
}

export interface SourceTransaction extends Sql {
  commit(): Promise<void>;
  rollback(): Promise<void>;
}

/** PostgreSQL as a connection: the Data API on AWS. */
export interface SqlSource extends Sql {
  begin(): Promise<SourceTransaction>;
}

/** A row with its changelog position, from one snapshot: the highest changelog seq of this generation, 0 when unchanged in it. */
export interface SourceRow {
  readonly identity: Identity;
  readonly image: RowImage;
  readonly seq: number;
}

/** Identity, and the columns that keys and uniqueness items are made of, where the entity has such items. */
export type RowKey = Pick<SourceRow, 'identity' | 'image'>;

/** Identities in (after, upTo]; null = open end. Order is that of the identity columns (text under COLLATE "C"). */
export interface KeyRange {
  readonly after: Identity | null;
  readonly upTo: Identity | null;
}

/** The present state of an identity. Where no row exists, `seq` is that of the deletion, 0 when it is older than capture. */
export interface CurrentRow {
  readonly identity: Identity;
  readonly seq: number;
  readonly image: RowImage | null;
}

/** Where a stride begins and how far it goes. */
export interface StrideRequest {
  /** The last row that was passed before; null = none. */
  readonly after: Identity | null;
  /** Rows of the table to pass, of whatever entity they are. */
  readonly limit: number;
  /** Rows of the entity from one mark to the next, counted from its first row, of which `counted` were passed before. */
  readonly every: number;
  readonly counted: number;
}

/** What a stride passed. */
export interface Stride {
  /** The last row that was passed; null = the table ended. */
  readonly last: Identity | null;
  /** Rows of the entity among those passed. */
  readonly rows: number;
  readonly marks: readonly Identity[];
}

/** Passes over an entity's table without reading its rows. */
export interface RowStrides {
  /**
   * Passes at most `limit` rows of an entity's table in identity order. The limit counts all rows of the table, because few of them may
   * belong to the entity; an adapter passes fewer where so many take too long.
   */
  stride(entity: string, request: StrideRequest): Promise<Stride>;
}

/** Rows of mapped entities, as the loader, the verifier, the sweeper and the relay read them. */
export interface RowSource extends RowStrides {
  /** Up to `limit` rows of an entity in identity order, from one snapshot; fewer than `limit` means the range is exhausted. */
  page(entity: string, range: KeyRange, limit: number): Promise<readonly SourceRow[]>;
  /** The rows with these identities, from one snapshot; those that do not exist are left out. */
  rows(entity: string, identities: readonly Identity[]): Promise<readonly SourceRow[]>;
  /** Rows of a mapped table whatever entity they belong to, and the absence of rows; one result per identity, in order. For repairs. */
  current(relation: string, identities: readonly Identity[]): Promise<readonly CurrentRow[]>;
  /** As `page`, but only the keys of each row. */
  keys(entity: string, range: KeyRange, limit: number): Promise<readonly RowKey[]>;
  /** A large column's whole value read in chunks, or null when the row or value is gone. */
  body(entity: string, identity: Identity, column: string): Promise<Uint8Array | null>;
  /** The whole values of a large column for several rows, in as few calls as the limits allow. */
  bodies(entity: string, identities: readonly Identity[], column: string): Promise<ReadonlyMap<string, Uint8Array>>;
  catalogue(): Promise<Catalogue>;
}

/** One changelog row (docs/protocol.md, trigger). `row` null = the key did not exist any more when the trigger looked. */
export interface Change {
  readonly seq: number;
  readonly xid: string;
  readonly txn: string | null;
  readonly relation: string;
  readonly pk: Identity;
  /** Columns of the old row that make keys and unique items; null on insert. */
  readonly oldKey: RowImage | null;
  readonly row: RowImage | null;
}

export type TransactionStatus = 'in progress' | 'committed' | 'aborted' | 'unknown' | 'future';

/** A change that the trigger could not record: its statement went on, and the sweeper repairs the row by its key. */
export interface MissedChange {
  readonly id: number;
  readonly operation: 'INSERT' | 'UPDATE' | 'DELETE';
  readonly relation: string;
  /** Null where not even the identity could be computed. */
  readonly pk: Identity | null;
  /** Null for an insert, and where it could not be computed. */
  readonly oldKey: RowImage | null;
  /** SQLSTATE and message. */
  readonly reason: string;
}

/** The changes that the trigger could not record. */
export interface MissedChanges {
  /** Up to `limit` of them with an id above `after`, oldest first. */
  list(limit: number, after: number): Promise<readonly MissedChange[]>;
  /** Deletes one whose row has been repaired. */
  delete(id: number): Promise<void>;
}

/** What waits in the source at this moment. */
export interface SourceBacklog {
  readonly pending: number;
  /** Numbers of the oldest and the newest pending row; null where none is pending. */
  readonly oldest: number | null;
  readonly newest: number | null;
  readonly parked: number;
  readonly missed: number;
  /** Tables that joined a mapped one and whose rows are not all in the changelog yet. */
  readonly adopting: number;
  /** Tables of which a new column is being carried. */
  readonly carrying: number;
  readonly openWriters: number;
}

/** The changelog in PostgreSQL, as relay and sweeper use it. */
export interface Changelog {
  /** Committed rows without a done mark, oldest first. */
  pending(limit: number): Promise<readonly Change[]>;
  /** Marks changelog rows as done by the relay. Throws EpochMoved where the source is in another generation, whose load covers them (RACE-59). */
  markDone(seqs: readonly number[], generation: number): Promise<void>;
  /** Parks a row that cannot be applied: it is kept, raises an alarm and blocks the gates. */
  park(seq: number, reason: string): Promise<void>;
  backlog(): Promise<SourceBacklog>;
  status(xid: string): Promise<TransactionStatus>;
  /** Id of the server's incarnation, which changes with each restart. A restart may lose commits that were not flushed. */
  incarnation(): Promise<string>;
  /**
   * Returns once a synchronous commit that began after this call is durable (rule a). Concurrent callers share one. With `incarnation`, throws
   * SourceUnavailable where the server has restarted since: a flush does not cover what was read before a restart (RACE-55).
   */
  flush(incarnation?: string): Promise<void>;
  /** Deletes done rows, except the newest of each key (RACE-69). Returns their number. */
  prune(): Promise<number>;
}
