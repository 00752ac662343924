/** How one table is asked for by a statement, independent of the plan. Paths are columns, or follow foreign keys (`campaign_id.owner_id`). */
export interface Access {
  readonly table: string;
  readonly alias: string;
  /** Paths that the statement fixes to one value. */
  readonly equal: readonly FixedPath[];
  /** Paths that it fixes to a list of values, with their number; null if that is not known. */
  readonly lists: readonly { readonly path: string; readonly values: number | null }[];
  /** Columns equal to a column of another access: one value for each of its rows. */
  readonly joined: readonly { readonly path: string; readonly alias: string; readonly column: string }[];
  /** Columns that must be NULL. */
  readonly nulls: readonly string[];
  readonly ranges: readonly string[];
  /** Text columns searched by LIKE; `certain` if the pattern is known to begin with text. */
  readonly prefixes: readonly { readonly path: string; readonly lower: boolean; readonly certain: boolean }[];
  /** Conditions that no key can express. */
  readonly rest: readonly { readonly what: string; readonly obstacle: string | null }[];
  /** Sorting columns of this access; null if the statement sorts by something that a key cannot. */
  readonly order: readonly { readonly path: string; readonly descending: boolean }[] | null;
  /** LIMIT of the statement, for an access that it bounds. */
  readonly limit: number | 'given' | null;
  readonly offset: boolean;
  /** The statement returns columns of it. */
  readonly output: boolean;
}

export interface FixedPath {
  readonly path: string;
  readonly lower: boolean;
  /** A literal's text; absent for a parameter. */
  readonly constant?: string | null;
}

/** The accesses of one SELECT. */
export interface AskedQuery {
  readonly accesses: readonly Access[];
  /** Aggregates, grouping and the like. */
  readonly computes: readonly string[];
}
