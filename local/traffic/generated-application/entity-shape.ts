import type { ColumnKind, EntityShape, Shapes } from '../ledger/columns.ts';
import type { DatabaseProfile, ProfiledEntity } from './database-profile.ts';

/**
 * The columns that the ledger promises: all that can be canonicalised, except those that the
 * database generates.
 */
export function shapeOf(entity: ProfiledEntity): EntityShape {
  const promised = entity.columns.filter(({ name }) => !entity.made.includes(name));
  return {
    table: entity.table,
    identity: entity.identity,
    columns: Object.fromEntries(
      promised.flatMap(({ name, kind }): [string, ColumnKind][] => (kind === null ? [] : [[name, kind]])),
    ),
    renamed: Object.fromEntries(entity.columns.map(({ name, attribute }) => [name, attribute])),
    bodies: entity.bodies,
  };
}

export function shapesOf({ entities }: DatabaseProfile): Shapes {
  return Object.fromEntries(entities.map((entity) => [entity.entity, shapeOf(entity)]));
}
