import type { Condition } from './condition.ts';

/** One column as the catalogue describes it. `type` is the base type's name (domains and arrays resolved), e.g. `int4`, `text`, `numeric`. */
export interface CatalogueColumn {
  readonly name: string;
  readonly type: string;
  /** Where the type lives: `pg_catalog` for PostgreSQL's own, else any schema of the database. */
  readonly typeSchema: string;
  /** `b` base, `e` enum, `c` composite, `r` range, `m` multirange (pg_type.typtype). */
  readonly kind: string;
  readonly array: boolean;
  /** Precision and scale of numeric(p,s), length of char(n) or varchar(n); null where none is declared. */
  readonly precision: number | null;
  readonly scale: number | null;
  readonly length: number | null;
  readonly notNull: boolean;
  readonly hasDefault: boolean;
  readonly defaultExpression: string | null;
  readonly generated: boolean;
  /** Absent where texts are compared and sorted by their bytes, and for types without a collation. */
  readonly collation?: Collation;
}

/** A collation that does not sort texts by their bytes. */
export interface Collation {
  readonly name: string;
  /** False if texts of different bytes may be equal. */
  readonly deterministic: boolean;
}

export interface ForeignKey {
  readonly columns: readonly string[];
  readonly references: { readonly table: string; readonly columns: readonly string[] };
  /** Its name if it may be checked at the end of a transaction; otherwise absent. */
  readonly deferrable?: string;
}

/** A unique index that is more than a list of columns: partial, on expressions, deferrable, NULLS NOT DISTINCT, or on columns that no key can hold. */
export interface UniqueIndex {
  readonly name: string;
  /** As PostgreSQL prints it. */
  readonly definition: string;
  /** Null if the key is not made of columns and `lower(column)` alone. */
  readonly key: readonly UniquePart[] | null;
  /** What the index demands of its rows; null if it demands more than conditions can say. */
  readonly when: Readonly<Record<string, Condition>> | null;
  /** `same` for NULLS NOT DISTINCT, where a column of the key may be NULL. */
  readonly nulls: 'distinct' | 'same';
  readonly deferrable: boolean;
  /** It is the primary key's; absent otherwise. */
  readonly primary?: boolean;
  /** Where `key` or `when` is null: SQL that replaces it by an index on generated columns, which a plan can say; so where no key can hold a column. */
  readonly rewrite?: string;
}

/** A column of a unique index's key, or its lower case. */
export interface UniquePart {
  readonly column: string;
  readonly lower: boolean;
}

export interface CatalogueTable {
  readonly schema: string;
  readonly name: string;
  /** Tables that hold rows of this one: itself, partitions, inheritance children, as `schema.table`. */
  readonly leaves: readonly string[];
  /** Those of them that are foreign tables; absent where there are none. */
  readonly foreignLeaves?: readonly string[];
  /** Columns that inheritance children have beyond these, as `schema.table.column`; absent where there are none. */
  readonly childColumns?: readonly string[];
  readonly columns: readonly CatalogueColumn[];
  readonly primaryKey: readonly string[];
  /** Columns of plain unique indexes, which hold for all rows and are checked at once. */
  readonly uniqueKeys: readonly (readonly string[])[];
  /** All other unique indexes; absent where there are none. */
  readonly uniqueIndexes?: readonly UniqueIndex[];
  readonly foreignKeys: readonly ForeignKey[];
}

/** The source's schema as read from pg_catalog; `fingerprint` changes with any DDL that matters to capture. */
export interface Catalogue {
  readonly tables: Readonly<Record<string, CatalogueTable>>;
  readonly fingerprint: string;
}
