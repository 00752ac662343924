import type { Item, ItemKey } from '../../../src/domain/item.ts';
import type { ModeState } from '../../../src/domain/mode/modes.ts';
import type { Change, CurrentRow, SourceRow, TransactionStatus } from '../../../src/domain/ports/source.ts';
import type { Intent, PutOutcome, TransactOutcome } from '../../../src/domain/ports/table.ts';
import type { LoadCheckpoint } from '../../../src/domain/protocol/load-range.ts';
import type { RowImage } from '../../../src/domain/row.ts';

/** What a process asks of PostgreSQL. `tx` names a transaction by its process. */
export type SourceOp =
  | {
      readonly do: 'change';
      readonly tx: string;
      readonly first: boolean;
      readonly pk: string;
      readonly row: RowImage | null;
      /** `portage.txn` of a dual write. */
      readonly txn: string | null;
      /** A number taken before the lock, by a broken trigger only. */
      readonly number: number | null;
      /** A trigger of the application's own changes the row to this behind the statement (RACE-57). */
      readonly behind: RowImage | null;
    }
  | { readonly do: 'number' }
  | { readonly do: 'mark'; readonly tx: string; readonly seqs: readonly number[]; readonly generation: number }
  | { readonly do: 'commit'; readonly tx: string; readonly durable: boolean }
  | { readonly do: 'rollback'; readonly tx: string }
  | { readonly do: 'incarnation' }
  | { readonly do: 'flush' }
  | { readonly do: 'pending'; readonly limit: number }
  | { readonly do: 'markDone'; readonly seqs: readonly number[]; readonly generation: number }
  | { readonly do: 'park'; readonly seq: number }
  | { readonly do: 'backlog' }
  | { readonly do: 'status'; readonly xid: string }
  | { readonly do: 'prune' }
  | { readonly do: 'current'; readonly pks: readonly string[] }
  | { readonly do: 'page'; readonly after: string | null; readonly limit: number }
  | { readonly do: 'rows'; readonly pks: readonly string[] }
  | { readonly do: 'bodies'; readonly tx: string | null; readonly pks: readonly string[] }
  | { readonly do: 'openWriters' }
  | { readonly do: 'stillOpen'; readonly writers: readonly string[] }
  | { readonly do: 'capture'; readonly generation: number }
  | { readonly do: 'discharge' }
  | { readonly do: 'restore' }
  | { readonly do: 'fence' }
  | { readonly do: 'unfence' }
  /** No question: a reader shows a value to its caller now. */
  | { readonly do: 'shown'; readonly value: string };

/** A request to the target that changes it: it may land late, twice, or not at all. */
export type TargetWrite =
  | { readonly do: 'insertAbsent'; readonly items: readonly Item[] }
  | { readonly do: 'putNewer'; readonly item: Item }
  | { readonly do: 'putIfSeen'; readonly item: Item; readonly version: number | null; readonly txn: string | null }
  | { readonly do: 'transact'; readonly items: readonly Item[]; readonly intent: Intent | null; readonly token: string }
  /** Only a broken repair sends it: all keys or none, each as seen. */
  | { readonly do: 'putAllIfSeen'; readonly puts: readonly SeenPut[] };

export interface SeenPut {
  readonly item: Item;
  readonly version: number | null;
  readonly txn: string | null;
}

export type TargetOp =
  | TargetWrite
  | { readonly do: 'get'; readonly keys: readonly ItemKey[] }
  | { readonly do: 'scan' }
  | { readonly do: 'intent'; readonly txn: string }
  | { readonly do: 'intents' }
  | { readonly do: 'forget'; readonly txn: string }
  | { readonly do: 'putBody'; readonly hash: string }
  | { readonly do: 'bodySize'; readonly hash: string };

/** The control table, and time. */
export type ControlOp =
  | { readonly do: 'mode' }
  | { readonly do: 'lease'; readonly epoch: number }
  | { readonly do: 'move'; readonly epoch: number; readonly to: Omit<ModeState, 'epoch'> }
  | { readonly do: 'awaitLeases' }
  | { readonly do: 'awaitRequests' }
  | { readonly do: 'checkpoint' }
  | { readonly do: 'saveCheckpoint'; readonly value: LoadCheckpoint };

export type Op =
  | ({ readonly on: 'source' } & SourceOp)
  | ({ readonly on: 'target' } & TargetOp)
  | ({ readonly on: 'control' } & ControlOp);

/** What a process is told. */
export type Answer =
  | { readonly kind: 'done' }
  | { readonly kind: 'changes'; readonly changes: readonly Change[] }
  | { readonly kind: 'incarnation'; readonly incarnation: number }
  | { readonly kind: 'count'; readonly count: number }
  | {
      readonly kind: 'backlog';
      readonly pending: number;
      readonly oldest: number | null;
      readonly newest: number | null;
      readonly parked: number;
      readonly missed: number;
      readonly adopting: number;
      readonly carrying: number;
      readonly openWriters: number;
    }
  | { readonly kind: 'status'; readonly status: TransactionStatus }
  | { readonly kind: 'current'; readonly rows: readonly CurrentRow[] }
  | { readonly kind: 'rows'; readonly rows: readonly SourceRow[] }
  | { readonly kind: 'bodies'; readonly bodies: readonly (readonly [string, string])[] }
  | { readonly kind: 'writers'; readonly writers: readonly string[] }
  | { readonly kind: 'put'; readonly outcome: PutOutcome }
  | { readonly kind: 'transact'; readonly outcome: TransactOutcome }
  | { readonly kind: 'inserted'; readonly outcomes: readonly ('inserted' | 'present')[] }
  | { readonly kind: 'items'; readonly items: readonly Item[] }
  | { readonly kind: 'intent'; readonly intent: Intent | null }
  | { readonly kind: 'intents'; readonly intents: readonly Intent[] }
  | { readonly kind: 'size'; readonly size: number | null }
  | { readonly kind: 'mode'; readonly state: ModeState }
  | { readonly kind: 'lease'; readonly held: boolean }
  | { readonly kind: 'checkpoint'; readonly value: LoadCheckpoint | null }
  /** `lost`: no such transaction any more. `doubt`: no answer came. `deadline`: given up. `refused`: by a rule of the store. */
  | { readonly kind: 'failed'; readonly why: 'lost' | 'doubt' | 'deadline' | 'refused' };

/** One thing that may come of an operation: the store afterwards, what the process is told, and how it went, in words. */
export interface Step<S> {
  readonly next: S;
  /** Null where nobody is told: an event of the store's own. */
  readonly answer: Answer | null;
  readonly how: string;
  /** A promise that this very step breaks. */
  readonly flaw?: string;
}
