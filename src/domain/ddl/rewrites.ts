import { entitiesOfTable, type Mapping } from '../mapping/mapping.ts';

/** A column whose values DDL changed without a change of its name and type: a rewrite of the table, or a renamed label of an enum. */
export interface RewrittenColumn {
  readonly table: string;
  readonly column: string;
  readonly detail: string;
}

/**
 * True if carrying the rows again makes their items right. Keys, unique values and conditions need the former values too, of which a rewrite
 * leaves no trace.
 */
export function canCarryAgain(mapping: Mapping, { table, column }: RewrittenColumn): boolean {
  return entitiesOfTable(mapping, table).every(
    ({ identity, oldKeyColumns, where, indexes }) =>
      ![
        ...identity,
        ...oldKeyColumns,
        ...Object.keys(where),
        ...indexes.flatMap(({ when }) => Object.keys(when)),
      ].includes(column),
  );
}
