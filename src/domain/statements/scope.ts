import type { Catalogue, CatalogueTable } from '../catalogue/catalogue.ts';
import { findColumn, findTable } from '../catalogue/tables.ts';
import type { ColumnName, TableName } from './statement.ts';

/** A relation of a query after resolution; each is an object of its own. `table` is null if it is not in the schema that moves. */
export interface Source {
  readonly alias: string;
  readonly table: CatalogueTable | null;
  readonly optional: boolean;
  /** False for a relation that only restricts others, as in EXISTS. */
  readonly output: boolean;
}

/** A column of a relation. */
export interface Place {
  readonly source: Source;
  readonly column: string;
}

/** The relations that a name may refer to, those of the innermost query first. */
export type Scope = readonly (readonly Source[])[];

/** A relation's table, for a partition its root; null if it is in another schema. Names without a schema mean the one that moves. */
export function tableOf(catalogue: Catalogue, schema: string, relation: TableName): CatalogueTable | null {
  if (relation.schema !== null && relation.schema !== schema) return null;
  const leaf = `${schema}.${relation.table}`;
  return (
    findTable(catalogue, relation.table) ??
    Object.values(catalogue.tables).find(({ leaves }) => leaves.includes(leaf)) ??
    null
  );
}

/** The column that a name refers to, or null: a column of a derived table, of a function's result, or unknown. */
export function placeOf(scope: Scope, { qualifier, column }: ColumnName): Place | null {
  for (const sources of scope) {
    const source = sources.find(({ alias, table }) =>
      qualifier === null ? table !== null && findColumn(table, column) !== null : alias === qualifier,
    );
    if (source !== undefined) return { source, column };
  }
  return null;
}

/** The same column of the same relation. */
export function samePlace(left: Place, right: Place): boolean {
  return left.source === right.source && left.column === right.column;
}
