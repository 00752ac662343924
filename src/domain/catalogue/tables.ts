import type { Catalogue, CatalogueColumn, CatalogueTable, UniqueIndex } from './catalogue.ts';

/** The table of that name; the catalogue holds one schema. */
export function findTable(catalogue: Catalogue, name: string): CatalogueTable | null {
  return Object.hasOwn(catalogue.tables, name) ? (catalogue.tables[name] ?? null) : null;
}

/** The column of this name, or null. */
export function findColumn(table: Pick<CatalogueTable, 'columns'>, name: string): CatalogueColumn | null {
  return table.columns.find((column) => column.name === name) ?? null;
}

/** The columns that identify a row: the plan's choice, else the primary key. */
export function identityOf(table: CatalogueTable, chosen: readonly string[] | undefined): readonly string[] {
  return chosen ?? table.primaryKey;
}

/** True if inheritance children hold rows of the table. A key is then unique within each of them only. */
export function hasChildren({ schema, name, leaves }: CatalogueTable): boolean {
  return leaves.length > 1 && leaves.includes(`${schema}.${name}`);
}

/** Every unique index, that of the primary key first; the name and text of one that is only a list of columns are not known. */
export function uniqueIndexesOf({
  primaryKey,
  uniqueKeys,
  uniqueIndexes = [],
}: CatalogueTable): readonly UniqueIndex[] {
  const keys = primaryKey.length === 0 ? uniqueKeys : [primaryKey, ...uniqueKeys];
  const plain = keys.map((columns): UniqueIndex => ({
    name: '',
    definition: '',
    key: columns.map((column) => ({ column, lower: false })),
    when: {},
    nulls: 'distinct',
    deferrable: false,
  }));
  return [...plain, ...uniqueIndexes];
}

/** True if a unique key of the source consists of some of these columns and covers all rows of the table. */
export function provenUnique(table: CatalogueTable, columns: readonly string[]): boolean {
  if (hasChildren(table)) return false;
  return [table.primaryKey, ...table.uniqueKeys].some(
    (key) => key.length > 0 && key.every((name) => columns.includes(name)),
  );
}
