import type { CatalogueColumn } from '../../catalogue/catalogue.ts';
import { columnType } from '../values/types.ts';
import { keyText } from './key-text.ts';

/** Why no key template can hold the column, whatever the plan says, or null if one can. */
export function keyObstacle(column: CatalogueColumn): string | null {
  if (/[#{}]/.test(column.name)) return 'no template can write a name with #, { or }';
  if (column.name.endsWith('|lower')) return 'no template can write a name that ends with |lower';
  const codec = keyText(columnType(column), 'SK');
  return typeof codec === 'string' ? codec : null;
}
