import type { TableSpecification } from '../stack/tables.ts';

/** The tables of a plan where no template is at hand; a test holds them equal to those of infra/data.ts. */
export function planTables(
  names: { readonly table: string; readonly control: string },
  indexes: readonly string[],
): readonly TableSpecification[] {
  return [tableOf(names.table, indexes), tableOf(names.control, [])];
}

function tableOf(name: string, indexes: readonly string[]): TableSpecification {
  const keys = ['', ...indexes].flatMap((prefix) => [`${prefix}PK`, `${prefix}SK`]);
  return {
    name,
    attributeTypes: Object.fromEntries(keys.map((key) => [key, 'S' as const])),
    keys: { partitionKey: 'PK', sortKey: 'SK' },
    indexes: indexes.map((index) => ({
      name: index,
      partitionKey: `${index}PK`,
      sortKey: `${index}SK`,
      projection: { type: 'ALL', attributes: [] },
    })),
    expiry: null,
    streamView: null,
  };
}
