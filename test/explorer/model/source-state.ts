import type { RowImage } from '../../../src/domain/row.ts';
import { GENERATION } from './rows.ts';

export interface LogRow {
  readonly seq: number;
  readonly xid: number;
  readonly txn: string | null;
  readonly pk: string;
  readonly oldKey: RowImage | null;
  readonly row: RowImage | null;
  readonly state: 'open' | 'done' | 'parked';
}

type Rows = Readonly<Record<string, RowImage>>;

/** What everybody sees of PostgreSQL. */
export interface Db {
  readonly rows: Rows;
  readonly log: readonly LogRow[];
  /** Transactions that took effect, in the order of their commits: names, and numbers. */
  readonly committed: readonly string[];
  readonly xids: readonly number[];
  readonly seq: number;
  readonly xid: number;
  readonly captured: boolean;
  readonly fenced: boolean;
  /** In which marks count. */
  readonly generation: number;
}

export interface Tx {
  readonly name: string;
  readonly xid: number;
  readonly rows: Readonly<Record<string, RowImage | null>>;
  readonly log: readonly LogRow[];
  readonly marks: readonly number[];
  /** COMMIT was sent, and nobody knows what came of it. */
  readonly doubt: boolean;
}

export interface Source {
  readonly now: Db;
  /** What a crash would leave; null once no crash is to come any more. */
  readonly durable: Db | null;
  readonly open: readonly Tx[];
  readonly crashes: number;
  /** Changes with each restart (`Changelog.incarnation`). */
  readonly incarnation: number;
  /** What a restore brings back. */
  readonly snapshot: Db | null;
}

export function newSource(rows: Rows, crashes: number, captured = true, snapshot = false): Source {
  const now: Db = {
    rows,
    log: [],
    committed: [],
    xids: [],
    seq: 0,
    xid: 0,
    captured,
    fenced: false,
    generation: GENERATION,
  };
  return { now, durable: crashes > 0 ? now : null, open: [], crashes, incarnation: 1, snapshot: snapshot ? now : null };
}
