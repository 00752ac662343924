import type { EntityMapping, Mapping } from './mapping.ts';

/** The mapping without the columns that are still being carried: what every item has, for a comparison of the stores. */
export function withoutCarrying(mapping: Mapping): Mapping {
  const entities = Object.entries(mapping.entities).map(([name, entity]): [string, EntityMapping] => [
    name,
    { ...entity, columns: entity.columns.filter(({ attribute }) => !entity.carrying.has(attribute)) },
  ]);
  return { ...mapping, entities: Object.fromEntries(entities) };
}
