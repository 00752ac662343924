import type { Catalogue, CatalogueColumn, CatalogueTable } from './catalogue.ts';

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

/** True where rows of the table lie in inheritance children, in each of which keys hold by themselves. */
export function hasChildren({ schema, name, leaves }: CatalogueTable): boolean {
  return leaves.length > 1 && leaves.includes(`${schema}.${name}`);
}

/** True where a unique key of the source lies within these columns and holds in all of the table's rows. */
export function provenUnique(table: CatalogueTable, columns: readonly string[]): boolean {
  if (hasChildren(table)) return false;
  return [table.primaryKey, ...table.uniqueKeys].some(
    (key) => key.length > 0 && key.every((name) => columns.includes(name)),
  );
}

/** A record's own member: names like `constructor` must not find what every object has. */
export function ownProperty<T>(record: Readonly<Record<string, T>> | undefined, name: string): T | undefined {
  return record !== undefined && Object.hasOwn(record, name) ? record[name] : undefined;
}
