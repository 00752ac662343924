/** What a verification must not see changed while it runs, for one table that holds rows: opaque words, equal = unchanged. */
export interface LeafState {
  /** Names, types and order of its columns. */
  readonly columns: string;
  /** Its storage: TRUNCATE gives another one, as VACUUM FULL, CLUSTER and rewriting DDL do. */
  readonly storage: string;
  /** Capture's triggers, and whether they are enabled for everybody. */
  readonly capture: string;
}

/** By leaf, as `schema.table`: a partition that is attached or detached is one more or one less. One cheap statement. */
export type ReadSourceState = () => Promise<Readonly<Record<string, LeafState>>>;
