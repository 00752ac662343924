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
}

export interface ForeignKey {
  readonly columns: readonly string[];
  readonly references: { readonly table: string; readonly columns: readonly string[] };
}

export interface CatalogueTable {
  readonly schema: string;
  readonly name: string;
  /** Tables that hold rows of this one: itself, partitions, inheritance children, as `schema.table`. */
  readonly leaves: readonly string[];
  /** Columns that inheritance children have beyond these, as `schema.table.column`; absent where there are none. */
  readonly childColumns?: readonly string[];
  readonly columns: readonly CatalogueColumn[];
  readonly primaryKey: readonly string[];
  readonly uniqueKeys: readonly (readonly string[])[];
  readonly foreignKeys: readonly ForeignKey[];
}

/** The source's schema as read from pg_catalog; `fingerprint` changes with any DDL that matters to capture. */
export interface Catalogue {
  readonly tables: Readonly<Record<string, CatalogueTable>>;
  readonly fingerprint: string;
}
