import type { KeyPosition } from '../mapping/keys/key-text.ts';

/** Rows of one kind, and one of them by its identity. */
export interface Met {
  readonly rows: number;
  readonly example: string;
}

/** One value of a key template over all rows; null where no row is of that kind. */
export interface KeyValueFacts {
  readonly path: string;
  readonly nulls: Met | null;
  readonly empties: Met | null;
  /** Infinity, years before 1 or after 9999, NaN: values without a form in a key. */
  readonly refused: Met | null;
}

/** One key template over all rows; `at` is its place below the entity in the plan. */
export interface KeyFacts {
  readonly at: string;
  readonly position: KeyPosition;
  readonly maxBytes: number;
  readonly tooLong: number;
  readonly worst: string | null;
  readonly values: readonly KeyValueFacts[];
}

/** Rows that would share one key; `at` is the place in the plan that makes it. */
export interface DuplicateFacts {
  readonly at: string;
  readonly keys: number;
  readonly rows: number;
  readonly example: string;
}

export interface OwnerFacts {
  readonly owner: string;
  readonly rows: number;
  readonly bytes: number;
}

/** What the rows of one entity measure, as items. */
export interface EntityFacts {
  readonly entity: string;
  readonly rows: number;
  /** Bytes of all items, and of the largest with the row that makes it. */
  readonly bytes: number;
  readonly largest: { readonly row: string; readonly bytes: number } | null;
  /** Items above `sizes.alarmBytes`, and above what DynamoDB takes. */
  readonly large: number;
  readonly tooLarge: number;
  /** Units that writing every item once costs, without its indexes. */
  readonly writeUnits: number;
  readonly indexes: readonly { readonly name: string; readonly rows: number; readonly writeUnits: number }[];
  /** Uniqueness items. */
  readonly claims: number;
  readonly bodies: { readonly count: number; readonly bytes: number };
  readonly keys: readonly KeyFacts[];
  /** Numbers that DynamoDB cannot hold, by column. */
  readonly numbers: readonly (Met & { readonly column: string; readonly exact: boolean })[];
  readonly duplicates: readonly DuplicateFacts[];
  readonly owners: {
    readonly count: number;
    /** Owners past the plan's `shard.over`; 0 without `shard`. */
    readonly past: number;
    readonly top: readonly OwnerFacts[];
  };
}

/** The worst answer that a pattern can have: what one Query has to read. */
export interface SearchFacts {
  readonly pattern: string;
  readonly owner: string;
  readonly items: number;
  readonly bytes: number;
}

/** How the rows of a table that several entities share fall among them. */
export interface SplitFacts {
  readonly table: string;
  readonly none: number;
  readonly several: number;
}

export interface TriggerFacts {
  readonly table: string;
  readonly name: string;
  readonly function: string;
  readonly before: boolean;
  /** Its function writes tables, or is in a language that cannot be read here. */
  readonly writes: boolean;
  /** Its function assigns to the row on its way in. */
  readonly changes: boolean;
}

export interface CascadeFacts {
  readonly name: string;
  readonly from: string;
  readonly to: string;
  readonly onDelete: string;
  readonly onUpdate: string;
  /** Rows of the most-referenced parent; null where they may not be read, or not be counted in time. */
  readonly most: number | null;
}

export interface SequenceFacts {
  readonly name: string;
  /** The column that owns it, or null. */
  readonly table: string | null;
  readonly column: string | null;
  readonly last: string | null;
  readonly cycles: boolean;
}

/** A rule that only PostgreSQL enforces: partial and expression indexes, deferrable keys, exclusions, checks, rewrite rules (of INSERT and UPDATE apart). */
export interface ConstraintFacts {
  readonly table: string;
  readonly name: string;
  readonly kind: 'conditional' | 'deferrable' | 'exclusion' | 'check' | 'rule' | 'write-rule';
  readonly definition: string;
}

export interface RightsFacts {
  readonly table: string;
  /** Roles that may TRUNCATE without owning the table. */
  readonly truncate: readonly string[];
  /** Logins that may change the table's structure. */
  readonly ddl: readonly string[];
  /** What the login that asked lacks for capture: `SELECT`, `ownership`. */
  readonly lacks: readonly string[];
  /** Row-level security hides rows from the login that asked. */
  readonly hidden: boolean;
  readonly unlogged: boolean;
}

/** What the source does beside holding rows. */
export interface SourceFacts {
  readonly triggers: readonly TriggerFacts[];
  readonly cascades: readonly CascadeFacts[];
  readonly sequences: readonly SequenceFacts[];
  readonly constraints: readonly ConstraintFacts[];
  readonly rights: readonly RightsFacts[];
  /** Columns that only a child of the table has. */
  readonly childColumns: readonly { readonly table: string; readonly leaf: string; readonly column: string }[];
  /** Tables with inheritance children: their keys hold in each table by itself. */
  readonly parents: readonly string[];
  readonly otherSchemas: readonly { readonly schema: string; readonly tables: number }[];
  readonly largeObjects: number;
  /** Rows changed per day since the statistics began, or null where they say nothing. */
  readonly changesPerDay: number | null;
}

/** The longest statement that a table of this width needs. */
export interface StatementFacts {
  readonly entity: string;
  readonly characters: number;
}

export interface Facts {
  readonly source: SourceFacts;
  readonly entities: readonly EntityFacts[];
  readonly searches: readonly SearchFacts[];
  readonly splits: readonly SplitFacts[];
  /** What could not be measured, and why. */
  readonly unmeasured: readonly { readonly what: string; readonly reason: string }[];
}
