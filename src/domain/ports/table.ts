import type { AttributeValue, Item, ItemKey } from '../item.ts';
import type { Identity } from '../row.ts';

/** Record of a dual write in flight, for the sweeper (docs/protocol.md, dual write). */
export interface Intent {
  /** Id of the dual write, also in its items (`_t`) and changelog rows. */
  readonly txn: string;
  readonly generation: number;
  readonly xid: string;
  readonly at: string;
  readonly writes: readonly IntentWrite[];
}

export interface IntentWrite {
  readonly relation: string;
  readonly pk: Identity;
  readonly key: ItemKey;
  readonly seq: number;
}

export type PutOutcome = { readonly kind: 'written' } | { readonly kind: 'refused'; readonly present: Item };

export type TransactOutcome =
  | { readonly kind: 'written' }
  /** Version condition failed: a newer version is stored; `present` by position, null where the condition held. */
  | { readonly kind: 'refused'; readonly present: readonly (Item | null)[] }
  /** Contention or throttling: nothing was written, and a new attempt with a new token is safe. */
  | { readonly kind: 'conflict' };

export interface Page {
  readonly items: readonly Item[];
  readonly next: ItemCursor | null;
  /** Items read, including those that a filter removed. */
  readonly scanned: number;
  /** Read capacity units this page consumed. */
  readonly rcu: number;
}
/** Opaque, JSON-safe. */
export type ItemCursor = string;

export interface ItemQuery {
  readonly index: string | null;
  readonly pk: string;
  readonly sk: { readonly prefix: string } | { readonly from: string; readonly to: string } | null;
  readonly order: 'asc' | 'desc';
  readonly limit: number | null;
  /** Attributes that must equal these values. */
  readonly filter: Readonly<Record<string, AttributeValue>> | null;
  readonly after: ItemCursor | null;
  readonly consistent: boolean;
}

/**
 * The application table. Every request has a deadline (T, rule d): checked before each attempt, aborted at it.
 * Items and keys are complete; the adapter adds conditions, batching, retries of UnprocessedItems, and consumed capacity metrics.
 */
export interface Table {
  /** attribute_not_exists(_v), 25 a call (BatchExecuteStatement INSERT); by position. */
  insertAbsent(items: readonly Item[]): Promise<readonly ('inserted' | 'present')[]>;
  /** `newer`: attribute_not_exists(_v) or _v < the item's own _v. */
  putNewer(item: Item): Promise<PutOutcome>;
  /** Rule c: only where _v and _t are as seen (null = absent). */
  putIfSeen(item: Item, seen: { readonly version: number | null; readonly txn: string | null }): Promise<PutOutcome>;
  /** One TransactWriteItems: every item `newer`, plus the intent, under an idempotency token. Throws OutcomeUnknown when in doubt. */
  transact(items: readonly Item[], intent: Intent | null, token: string): Promise<TransactOutcome>;
  /** BatchGetItem; absent items are left out, order is not kept. */
  get(keys: readonly ItemKey[], options: { readonly consistent: boolean }): Promise<readonly Item[]>;
  query(query: ItemQuery): Promise<Page>;
  scan(segment: number, segments: number, after: ItemCursor | null): Promise<Page>;
}

/** What a load calls. */
export type TableLoad = Pick<Table, 'insertAbsent' | 'putNewer'>;

/** What applies and repairs single writes. */
export type TableRepair = Pick<Table, 'get' | 'putNewer' | 'putIfSeen'>;

/** What a verification calls: it writes nothing. */
export type TableReader = Pick<Table, 'get' | 'scan'>;

/** Intents live in the control table, spread over 16 partitions. */
export interface Intents {
  get(txn: string): Promise<Intent | null>;
  delete(txn: string): Promise<void>;
  list(): Promise<readonly Intent[]>;
}

/** What looks for intents and settles none. */
export type IntentReader = Pick<Intents, 'get' | 'list'>;

/** DynamoDB's TTL, which deletes expired items. */
export interface ExpirySwitch {
  /** Enables TTL on an attribute; idempotent. */
  enable(attribute: string): Promise<void>;
}
