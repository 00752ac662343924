import type { Catalogue, CatalogueColumn, CatalogueTable, ForeignKey } from './catalogue.ts';
import { findColumn, findTable } from './tables.ts';

/** One hop of a followed path: the foreign key's column, and the table it leads to. */
export interface Hop {
  readonly from: CatalogueTable;
  readonly column: string;
  readonly key: ForeignKey;
  readonly to: CatalogueTable;
}

export type Followed =
  | {
      readonly ok: true;
      readonly hops: readonly Hop[];
      readonly table: CatalogueTable;
      readonly column: CatalogueColumn;
    }
  | {
      readonly ok: false;
      readonly table: CatalogueTable;
      readonly column: string;
      readonly problem: 'no column' | 'no foreign key';
    };

/** Resolves a template's path: a column of the table, whatever its name, else foreign keys hop by hop (`campaign_id.owner_id`). */
export function followPath(catalogue: Catalogue, table: CatalogueTable, path: string): Followed {
  const own = findColumn(table, path);
  if (own !== null) return { ok: true, hops: [], table, column: own };
  const steps = path.split('.');
  const last = steps.pop() ?? path;
  const hops: Hop[] = [];
  let at = table;
  for (const step of steps) {
    if (findColumn(at, step) === null) return { ok: false, table: at, column: step, problem: 'no column' };
    const key = at.foreignKeys.find(({ columns }) => columns.length === 1 && columns[0] === step);
    const to = key === undefined ? null : findTable(catalogue, key.references.table);
    if (key === undefined || to === null) return { ok: false, table: at, column: step, problem: 'no foreign key' };
    hops.push({ from: at, column: step, key, to });
    at = to;
  }
  const column = findColumn(at, last);
  return column === null
    ? { ok: false, table: at, column: last, problem: 'no column' }
    : { ok: true, hops, table: at, column };
}
