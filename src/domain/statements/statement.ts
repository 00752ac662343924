/** A statement as its source gives it. */
export interface AskedStatement {
  readonly text: string;
  readonly calls: number;
  /** Rows returned or changed by all calls; null if the source does not say. */
  readonly rows: number | null;
}

/** An expression as far as it matters to a key. `constant` is a literal's text, null for NULL; absent for a parameter. */
export type Operand =
  | {
      readonly kind: 'column';
      readonly qualifier: string | null;
      readonly column: string;
      /** `lower(column)`. */
      readonly lower: boolean;
    }
  | { readonly kind: 'value'; readonly constant?: string | null }
  /** Computed from columns; `what` names the function or operator. */
  | { readonly kind: 'computed'; readonly what: string; readonly columns: readonly ColumnName[] };

export interface ColumnName {
  readonly qualifier: string | null;
  readonly column: string;
}

export type Comparison = '=' | '<' | '<=' | '>' | '>=';

/** One condition of a WHERE or ON; the conditions of a list hold all at once. */
export type Condition =
  | { readonly kind: 'compare'; readonly op: Comparison; readonly left: Operand; readonly right: Operand }
  /** `values` is null if their number is not known. */
  | { readonly kind: 'in'; readonly operand: Operand; readonly values: number | null }
  /** LIKE. `unknown`: the pattern is a parameter. */
  | { readonly kind: 'like'; readonly operand: Operand; readonly form: 'prefix' | 'contains' | 'unknown' }
  | { readonly kind: 'null'; readonly operand: Operand; readonly negated: boolean }
  /** Each branch is a list of conditions. */
  | { readonly kind: 'or'; readonly branches: readonly (readonly Condition[])[] }
  /** `IN (SELECT …)`, `= (SELECT …)` and `EXISTS (SELECT …)`, which has no operand. */
  | { readonly kind: 'related'; readonly operand: Operand | null; readonly negated: boolean; readonly query: Query }
  /** Anything else, applied to rows that were read. */
  | { readonly kind: 'other'; readonly what: string; readonly columns: readonly ColumnName[] };

export interface Relation {
  readonly schema: string | null;
  readonly table: string;
  /** The name that qualifies its columns. */
  readonly alias: string;
  /** Relation on the side of an outer join that may be absent. */
  readonly optional: boolean;
  /** ON of that outer join: restricts this relation only. */
  readonly on: readonly Condition[];
}

/** One SELECT, with what it reads and how. */
export interface Query {
  readonly relations: readonly Relation[];
  readonly conditions: readonly Condition[];
  readonly order: readonly { readonly operand: Operand; readonly descending: boolean }[];
  /** `given`: a parameter. */
  readonly limit: number | 'given' | null;
  readonly offset: boolean;
  /** Aggregates, grouping and the like, which need more than the rows of one key. */
  readonly computes: readonly string[];
  /** Columns of the result; null if it has others than plain columns. A `*` is the column `*`. */
  readonly output: readonly ColumnName[] | null;
  /** CTEs, derived tables, subqueries of the result, other members of a UNION. */
  readonly subqueries: readonly Query[];
}

export interface TableName {
  readonly schema: string | null;
  readonly table: string;
}

/** A statement after parsing, independent of the parser. */
export type ParsedStatement =
  | { readonly kind: 'read'; readonly query: Query }
  | {
      readonly kind: 'write';
      readonly verb: 'INSERT' | 'UPDATE' | 'DELETE' | 'MERGE';
      readonly target: TableName;
      /** The target, with the conditions of UPDATE and DELETE; for INSERT without conditions. */
      readonly query: Query;
    }
  /** Transactions, settings, DDL, COPY. */
  | { readonly kind: 'utility' }
  | { readonly kind: 'unparsed'; readonly reason: string };
