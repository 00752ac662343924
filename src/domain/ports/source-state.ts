/** State of one table that holds rows, which must not change during a verification. Equal = unchanged. */
export interface LeafState {
  /** Names and types of its mapped columns. */
  readonly columns: string;
  /** Its storage, which TRUNCATE, VACUUM FULL, CLUSTER and rewriting DDL replace. */
  readonly storage: string;
  readonly capture: (typeof CAPTURE_STATES)[number];
}

/** What capture does on a table: `all`, `rows` (TRUNCATE is not refused yet, as on a new partition), or `none`. */
export const CAPTURE_STATES = ['all', 'rows', 'none'] as const;

/** Reads the state of all leaf tables by `schema.table`, in one cheap statement. Attaching or detaching a partition adds or removes one. */
export type ReadSourceState = () => Promise<Readonly<Record<string, LeafState>>>;
