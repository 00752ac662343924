import type { CatalogueColumn, CatalogueTable } from '../../catalogue/catalogue.ts';
import { findColumn } from '../../catalogue/tables.ts';
import { columnType } from '../values/types.ts';
import { keyText } from './key-text.ts';

/** Why no key template can hold the column, whatever the plan says, or null if one can. */
export function keyObstacle(column: CatalogueColumn): string | null {
  if (/[#{}]/.test(column.name)) return 'no template can write a name with #, { or }';
  if (column.name.endsWith('|lower')) return 'no template can write a name that ends with |lower';
  const codec = keyText(columnType(column), 'SK');
  return typeof codec === 'string' ? codec : null;
}

/** Whether a key template can hold all of these columns. */
export function standsInKey(table: Pick<CatalogueTable, 'columns'>, names: readonly string[]): boolean {
  return names.every((name) => {
    const column = findColumn(table, name);
    return column !== null && keyObstacle(column) === null;
  });
}
