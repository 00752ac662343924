import type { KeyPosition } from '../mapping/keys/key-text.ts';

/** A number of rows, with the identity of one of them as an example. */
export interface Met {
  readonly rows: number;
  readonly example: string;
}

/** One value of a key template over all rows; null if there is no such row. */
export interface KeyValueFacts {
  readonly path: string;
  readonly nulls: Met | null;
  readonly empties: Met | null;
  /** Years before 1 or after 9999, which a key cannot hold. */
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

/** Measurements of one entity's rows as items. */
export interface EntityFacts {
  readonly entity: string;
  readonly rows: number;
  /** Bytes of all items, and of the largest with its row. */
  readonly bytes: number;
  readonly largest: { readonly row: string; readonly bytes: number } | null;
  /** Items above `sizes.alarmBytes`, and above DynamoDB's limit. */
  readonly large: number;
  readonly tooLarge: number;
  /** Write units for writing every item once, without indexes. */
  readonly writeUnits: number;
  readonly indexes: readonly { readonly name: string; readonly rows: number; readonly writeUnits: number }[];
  /** Uniqueness items. */
  readonly claims: number;
  readonly bodies: { readonly count: number; readonly bytes: number };
  readonly keys: readonly KeyFacts[];
  /** Numbers that DynamoDB cannot hold, by column. */
  readonly numbers: readonly (Met & { readonly column: string; readonly exact: boolean })[];
  readonly duplicates: readonly DuplicateFacts[];
  /** Values of `lower` segments that PostgreSQL and the plan fold differently; `at` is the place in the plan. */
  readonly folds: readonly (Met & { readonly at: string; readonly path: string })[];
  readonly owners: {
    readonly count: number;
    /** Owners past the plan's `shard.over`; 0 without `shard`. */
    readonly past: number;
    readonly top: readonly OwnerFacts[];
  };
}

/** The most that one Query of a pattern must read. */
export interface SearchFacts {
  readonly pattern: string;
  readonly owner: string;
  readonly items: number;
  readonly bytes: number;
}

/** How the rows of a shared table are distributed over its entities. */
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
  /** Its function changes the row before it is written. */
  readonly changes: boolean;
}

export interface CascadeFacts {
  readonly name: string;
  readonly from: string;
  readonly to: string;
  readonly onDelete: string;
  readonly onUpdate: string;
  /** Rows of the most-referenced parent; null if they could not be read or counted in time. */
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

/** A rule that only PostgreSQL enforces: deferrable primary keys, exclusions, checks, rewrite rules (of INSERT and UPDATE apart). */
export interface ConstraintFacts {
  readonly table: string;
  readonly name: string;
  readonly kind: 'deferrable' | 'exclusion' | 'check' | 'rule' | 'write-rule';
  readonly definition: string;
}

export interface RightsFacts {
  readonly table: string;
  /** Roles that may TRUNCATE without owning the table. */
  readonly truncate: readonly string[];
  /** Logins that may change the table's structure. */
  readonly ddl: readonly string[];
  /** What the login used lacks for capture: `SELECT`, `ownership`. */
  readonly lacks: readonly string[];
  /** Row-level security hides rows from the login used. */
  readonly hidden: boolean;
  readonly unlogged: boolean;
}

/** What changes the schema, or runs when it is changed. */
export interface DdlFacts {
  readonly eventTriggers: readonly { readonly name: string; readonly event: string; readonly function: string }[];
  /** Partitioned tables, each with its partition key as PostgreSQL prints it. */
  readonly partitioned: readonly { readonly table: string; readonly key: string }[];
  /** Whether the role of the check may create an event trigger, by which capture follows new partitions at once. */
  readonly mayFollow: boolean;
  /** Extensions that make and drop partitions by schedule. */
  readonly schedulers: readonly string[];
}

/** A login that the decommission locks out, unless the plan keeps it. */
export interface LoginFacts {
  readonly role: string;
  /** It may write to a mapped table, or to a table or view beside it. */
  readonly writes: boolean;
  /** What the login used lacks for locking it out: `ALTER ROLE`, `ending its sessions`. */
  readonly lacks: readonly string[];
}

/** What the installation of capture refuses, or would disturb. */
export interface SurroundingFacts {
  /** A schema `portage` is there that is not capture's. */
  readonly foreignPortage: boolean;
  /** The database is in SQL_ASCII, in which PostgreSQL checks no text. */
  readonly unchecked: boolean;
  /** Publications FOR ALL TABLES. */
  readonly publications: readonly string[];
  /** Somebody keeps a logical replication slot in this database. */
  readonly subscribed: boolean;
  /** Subscriptions by which others replicate into this database. */
  readonly subscriptions: readonly string[];
  /** Columns whose type has a cast to text by a function of the database's own. */
  readonly casts: readonly {
    readonly table: string;
    readonly column: string;
    readonly type: string;
    readonly function: string;
    /** It seems to read tables. */
    readonly reads: boolean;
  }[];
}

/** Facts about the source other than its rows. */
export interface SourceFacts {
  readonly triggers: readonly TriggerFacts[];
  readonly cascades: readonly CascadeFacts[];
  readonly sequences: readonly SequenceFacts[];
  readonly constraints: readonly ConstraintFacts[];
  readonly rights: readonly RightsFacts[];
  readonly logins: readonly LoginFacts[];
  /** The login of the sign-in trigger is there. */
  readonly signInLogin: boolean;
  /** Tables with inheritance children: their keys are unique only within each table. */
  readonly parents: readonly string[];
  readonly otherSchemas: readonly { readonly schema: string; readonly tables: number }[];
  readonly largeObjects: number;
  readonly ddl: DdlFacts;
  readonly around: SurroundingFacts;
  /** Rows changed per day since the statistics began, or null if there are none. */
  readonly changesPerDay: number | null;
}

/** The longest statement that a table of this width needs. */
export interface StatementFacts {
  readonly entity: string;
  readonly characters: number;
}

/** A measurement that the source refused. */
export interface Unmeasured {
  readonly what: string;
  readonly reason: string;
  /** A text is not UTF-8, which a database in SQL_ASCII lets pass. */
  readonly notUtf8: boolean;
}

export interface Facts {
  readonly source: SourceFacts;
  readonly entities: readonly EntityFacts[];
  readonly searches: readonly SearchFacts[];
  readonly splits: readonly SplitFacts[];
  /** Beginnings of password hashes, up to the salt, by the number of users; '' for forms that no sign-in can check. */
  readonly hashes: readonly { readonly cost: string; readonly users: number }[];
  readonly unmeasured: readonly Unmeasured[];
}
