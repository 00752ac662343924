import { FIRST_LABEL, FIRST_MONTHS, type MappedTable } from './schema.ts';

/** What the generated DDL has made of the schema so far, and what it must lead to. */
export class SchemaModel {
  /** The present name of the enum's first label. */
  label: string = FIRST_LABEL;
  readonly months: Map<number, string> = new Map(FIRST_MONTHS.map((month) => [month, `events_${month}`]));
  readonly children: string[] = ['far_stations'];
  /** Tables that were a partition or child. */
  readonly departed: string[] = [];
  readonly unmapped: string[] = ['audit'];
  readonly indexes: string[] = [];
  readonly views: string[] = [];
  readonly functions: string[] = [];
  readonly added: { readonly table: MappedTable; readonly column: string }[] = [];
  /** Months and children whose rows left their table. */
  readonly removedMonths = new Set<number>();
  removedChildren = 0;
  /** Columns that DDL dropped, renamed or retyped, by table; `*` for the table or its key. */
  readonly broken: Map<MappedTable, Set<string>> = new Map();
  /** Kinds of executed statements that must start the rollback. */
  readonly halting: string[] = [];
  /** When the last TRUNCATE with CASCADE ended, on the monotonic clock; Infinity while it runs. */
  cascadeEnded = 0;
  #counter = 0;

  /** A name that is not taken. */
  name(prefix: string): string {
    this.#counter += 1;
    return `${prefix}_${this.#counter}`;
  }

  break(table: MappedTable, ...columns: readonly string[]): void {
    const known = this.broken.get(table) ?? new Set();
    for (const column of columns) known.add(column);
    this.broken.set(table, known);
  }

  isBroken(table: MappedTable, columns: readonly string[]): boolean {
    const known = this.broken.get(table);
    return known !== undefined && (known.has('*') || columns.some((column) => known.has(column)));
  }
}
