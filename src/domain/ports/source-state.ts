/** State of one table that holds rows, which must not change during a verification. Opaque texts: equal = unchanged. */
export interface LeafState {
  /** Names and types of its mapped columns. */
  readonly columns: string;
  /** Its storage, which TRUNCATE, VACUUM FULL, CLUSTER and rewriting DDL replace. */
  readonly storage: string;
  /** The capture triggers and how they are enabled. */
  readonly capture: string;
}

/** Reads the state of all leaf tables by `schema.table`, in one cheap statement. Attaching or detaching a partition adds or removes one. */
export type ReadSourceState = () => Promise<Readonly<Record<string, LeafState>>>;
