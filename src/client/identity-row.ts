import { type ApplicationRow, toApplicationRow } from '../domain/mapping/items/application-row.ts';
import type { Mapping } from '../domain/mapping/mapping.ts';
import { entityNamed } from './operation.ts';
import { ownProperty } from '../domain/own-property.ts';

/** The identity columns of a written row, as an application sees values. */
export function identityRow(mapping: Mapping, name: string, identity: readonly string[] | null): ApplicationRow {
  const entity = entityNamed(mapping, name);
  const row = toApplicationRow(
    entity,
    Object.fromEntries(entity.identity.map((column, at) => [column, identity?.[at] ?? null])),
  );
  return Object.fromEntries(entity.identity.map((column) => [column, ownProperty(row, column) ?? null]));
}
