import type { Catalogue, CatalogueColumn, CatalogueTable } from '../catalogue.ts';

/** The table of that name; the catalogue holds one schema. */
export function findTable(catalogue: Catalogue, name: string): CatalogueTable | null {
  return Object.hasOwn(catalogue.tables, name) ? (catalogue.tables[name] ?? null) : null;
}

export function findColumn(table: CatalogueTable, name: string): CatalogueColumn | null {
  return table.columns.find((column) => column.name === name) ?? null;
}

/** The columns that name a row: the plan's choice, else the primary key. */
export function identityOf(table: CatalogueTable, chosen: readonly string[] | undefined): readonly string[] {
  return chosen ?? table.primaryKey;
}
