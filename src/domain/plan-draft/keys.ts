import type { Catalogue, CatalogueTable, ForeignKey } from '../catalogue/catalogue.ts';
import { standsInKey } from '../mapping/keys/key-obstacle.ts';
import { looseEquality } from '../catalogue/collation.ts';
import { findColumn, hasChildren } from '../catalogue/tables.ts';

function neverNull(table: CatalogueTable, columns: readonly string[]): boolean {
  return columns.every((name) => findColumn(table, name)?.notNull === true);
}

/** A row whose identity has equal texts of different bytes has several keys. */
function comparesBytes(table: CatalogueTable, columns: readonly string[]): boolean {
  return columns.every((name) => {
    const column = findColumn(table, name);
    return column !== null && looseEquality(column) === null;
  });
}

/** The columns that identify a row: the primary key, else the shortest unique key that is never NULL; null if there is none. */
export function draftIdentity(table: CatalogueTable): readonly string[] | null {
  const keys = [
    ...(table.primaryKey.length > 0 ? [table.primaryKey] : []),
    ...[...table.uniqueKeys].sort((left, right) => left.length - right.length),
  ];
  return keys.find((key) => neverNull(table, key) && standsInKey(table, key) && comparesBytes(table, key)) ?? null;
}

/**
 * The parent whose partition holds the rows: a table whose key is a prefix of theirs, else the only table that every row refers to.
 * Null if there is none, or if several qualify.
 */
export function draftParent(
  catalogue: Catalogue,
  table: CatalogueTable,
  identity: readonly string[],
  drafted: ReadonlySet<string>,
): ForeignKey | null {
  const usable = table.foreignKeys.filter(({ columns, references }) => {
    const parent = Object.hasOwn(catalogue.tables, references.table) ? catalogue.tables[references.table] : undefined;
    return (
      references.table !== table.name &&
      drafted.has(references.table) &&
      parent !== undefined &&
      !hasChildren(parent) &&
      sameList(draftIdentity(parent) ?? [], references.columns) &&
      neverNull(table, columns) &&
      standsInKey(table, columns)
    );
  });
  const within = usable.find(
    ({ columns }) => columns.length < identity.length && columns.every((column, at) => identity[at] === column),
  );
  if (within !== undefined) return within;
  const [only, ...others] = usable;
  // A row that extends its parent has the parent's key, and shares its partition.
  return only === undefined || others.length > 0 ? null : only;
}

/** True if both lists have the same members in the same order. */
export function sameList(left: readonly string[], right: readonly string[]): boolean {
  return left.length === right.length && left.every((item, at) => item === right[at]);
}

/** `{a}`, in lower case where `lower`, or where PostgreSQL compares the column so. */
export function segment(table: CatalogueTable, name: string, lower = false): string {
  const column = findColumn(table, name);
  return lower || (column !== null && looseEquality(column) !== null) ? `{${name}|lower}` : `{${name}}`;
}

/** `{a}#{b}`. */
export function segments(columns: readonly string[]): string {
  return columns.map((column) => `{${column}}`).join('#');
}

/** The time column to sort rows by: their creation time. */
export function sortingTime(table: CatalogueTable): string | null {
  const times = table.columns.filter(
    ({ type, array, notNull }) => ['timestamptz', 'timestamp', 'date'].includes(type) && !array && notNull,
  );
  const named = times.find(({ name }) => /^(?:created|inserted|started|placed|added)/i.test(name));
  const [first] = times.filter(({ name }) => !/^(?:updated|modified|changed)/i.test(name));
  const chosen = named ?? first;
  return chosen !== undefined && standsInKey(table, [chosen.name]) ? chosen.name : null;
}
