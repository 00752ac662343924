import type { Random } from '../../../examples/campaigns/generator/random.ts';
import type { Values } from '../traffic-client.ts';
import type { CanonicalRow } from '../ledger/canonical-row.ts';
import type { DatabaseProfile, ProfiledColumn, ProfiledEntity } from './database-profile.ts';
import { any, changedValue, freshValue, valueOf } from './values.ts';
import { ownProperty } from '../../../src/domain/own-property.ts';

/**
 * A new row modelled on an existing one, with another identity and its own unique values; null if
 * none can be generated.
 */
export function freshRow(random: Random, profile: DatabaseProfile, entity: ProfiledEntity): Values | null {
  const model = entity.rows[random.between(0, Math.max(0, entity.rows.length - 1))];
  if (model === undefined) return null;
  const row: Record<string, Values[string]> = {};
  for (const column of entity.columns) {
    if (column.kind === null && !column.optional) return null;
    if (column.optional && (column.kind === null || entity.made.includes(column.name))) continue;
    const value = columnValue(random, profile, entity, column, model);
    if (value === undefined && !column.optional) return null;
    if (value !== undefined) row[column.name] = value;
  }
  return entity.identity.every((name) => (ownProperty(row, name) ?? null) !== null) ? row : null;
}

function columnValue(
  random: Random,
  profile: DatabaseProfile,
  entity: ProfiledEntity,
  column: ProfiledColumn,
  model: CanonicalRow,
): Values[string] {
  const present = ownProperty(model, column.name) ?? null;
  const fresh = (): Values[string] =>
    freshValue(random, column, present, ownProperty(entity.free, column.name) ?? null);
  if (entity.identity.includes(column.name)) {
    if (column.references?.alone === false) return valueOf(column, present);
    if (column.references !== null) return valueOf(column, any(random, parentsOf(profile, column)) ?? present);
    // Values that cannot be generated, such as dates, are copied: another column of the identity
    // has to differ.
    return fresh() ?? valueOf(column, present);
  }
  if (column.unique) {
    if (column.references === null && present !== null) return fresh() ?? (column.nullable ? null : undefined);
    return column.nullable ? null : valueOf(column, any(random, parentsOf(profile, column)));
  }
  if (column.kind === 'body' || column.kind === 'byte-body') {
    return present === null ? null : changedValue(random, column, present, []);
  }
  return valueOf(column, present);
}

/** Values that a foreign key may take. */
export function parentsOf({ entities }: DatabaseProfile, { references }: ProfiledColumn): readonly string[] {
  if (references === null) return [];
  return entities
    .filter(({ relation }) => relation === references.table)
    .flatMap(({ rows }) => rows.flatMap((row) => ownProperty(row, references.column) ?? []));
}
