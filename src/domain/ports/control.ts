import type { Catalogue } from '../catalogue/catalogue.ts';
import type { ModeState } from '../mode/modes.ts';

/** The migration's mode, which every client and task needs; read with a strong read. */
export interface ModeSource {
  mode(): Promise<ModeState>;
}

/** Owners (values of the PK template) whose items carry `#SHARD#<n>`; fixed at load, changed only under `stopped`. */
export type ShardOwners = Readonly<Record<string, readonly string[]>>;

/** A column that the source got during a generation, and that items have since. */
export interface CarriedColumn {
  readonly table: string;
  readonly column: string;
  /** The mapping's revision from which on every item has it; null while rows are still being carried. */
  readonly finished: number | null;
}

/** Fixed at the start of a generation, except for carried columns, and needed for mapping from then on, also when PostgreSQL is gone. */
export interface GenerationFacts {
  readonly generation: number;
  readonly catalogue: Catalogue;
  readonly shards: ShardOwners;
  /** Hash of the plan's content that the items were made with (`planHash`); absent in records of older versions. */
  readonly planHash?: string;
  /** Rises with each column that is carried; that of the mode follows. Absent in records of older versions: 0. */
  readonly mappingRevision?: number;
  /** Columns that the catalogue has got since the generation began. */
  readonly carried?: readonly CarriedColumn[];
}

export interface ControlTable extends ModeSource {
  /** Conditional on `epoch`; throws EpochMoved when another process moved it. Returns the new state. */
  move(from: ModeState, to: Omit<ModeState, 'epoch'>): Promise<ModeState>;
  facts(generation: number): Promise<GenerationFacts | null>;
  /** With `after` only over facts of this mapping revision; throws EpochMoved where another process has saved others. */
  saveFacts(facts: GenerationFacts, after?: number): Promise<void>;
  /** Small records by kind and id (checkpoints, runs, gates, evidence, locks). `write` is conditional on the revision read (0 = must not exist) and throws RecordChanged. */
  read<T>(kind: string, id: string): Promise<{ readonly value: T; readonly revision: number } | null>;
  write(kind: string, id: string, value: unknown, revision: number | 'any'): Promise<number>;
  list<T>(kind: string): Promise<readonly { readonly id: string; readonly value: T }[]>;
  remove(kind: string, id: string): Promise<void>;
}

/**
 * Kinds of records in the control table. A kind is the partition key of its records, so that a role may be allowed to write some kinds
 * and not others. `FACTS` and `INTENT` are followed by `#` and a number.
 */
export type RecordKind =
  | 'ACCEPTED'
  | 'AUTH'
  | 'BACKLOG'
  | 'BASELINE'
  | 'CAPTURE'
  | 'COUNTER'
  | 'EVIDENCE'
  | 'FACTS'
  | 'FAILURE'
  | 'GATE'
  | 'INTENT'
  | 'LOAD'
  | 'LOAD-PLAN'
  | 'LOCK'
  | 'MODE'
  | 'PHASE'
  | 'RECOVERY'
  | 'REPAIR'
  | 'RUN'
  | 'SCHEMA'
  | 'SIGN-IN'
  | 'USER_REFUSED'
  | 'VERIFICATION'
  | 'VERIFYING'
  | 'WINDOW';
