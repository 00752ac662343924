import type { EntityMapping, Mapping } from '../../../domain/mapping/mapping.ts';
import type { SqlStatement } from '../../../domain/ports/captured-source.ts';
import { conditionSql } from './image.ts';
import { quoteIdentifier } from './quote.ts';
import { castTo, identityText, type Relation, relationOf } from './relation.ts';
import { ownProperty } from '../../../domain/own-property.ts';

/** Columns as canonical text, from `toCanonicalRow`. */
export type TextRow = Readonly<Record<string, string | null>>;

/**
 * INSERT … ON CONFLICT DO UPDATE of the given columns; returns the identity. `defaults` apply only
 * to a new row. The opening call is in a CTE that the rows pass through, so that it runs before the
 * first row is touched.
 */
export function putStatement(mapping: Mapping, entity: EntityMapping, row: TextRow, defaults: TextRow): SqlStatement {
  const relation = relationOf(mapping, entity.table);
  const inserted = { ...defaults, ...row };
  const names = Object.keys(inserted);
  const parameters = Object.fromEntries(names.map((name, index) => [`p${index}`, inserted[name] ?? null]));
  const set = Object.keys(row).filter((name) => !relation.identity.includes(name));
  // An update without columns must still fire the trigger.
  const updated = set.length === 0 ? relation.identity.slice(0, 1) : set;
  const columns = names.map(quoteIdentifier).join(', ');
  const values = names.map((name, index) => castTo(relation.table, name, `:p${index}`)).join(', ');
  const action = updated.map((name) => `${quoteIdentifier(name)} = excluded.${quoteIdentifier(name)}`).join(', ');
  return {
    text: (begin) =>
      `WITH b AS MATERIALIZED (SELECT ${begin} AS ok) INSERT INTO ${relation.root} AS t (${columns}) SELECT ${values} FROM b WHERE b.ok IS NOT NULL` +
      ` ON CONFLICT (${relation.identity.map(quoteIdentifier).join(', ')}) DO UPDATE SET ${action} RETURNING ${identityText(relation, 't')} AS pk`,
    parameters,
  };
}

/** UPDATE by identity, answering it where the row exists. */
export function updateStatement(
  mapping: Mapping,
  entity: EntityMapping,
  identity: TextRow,
  changes: TextRow,
): SqlStatement {
  const relation = relationOf(mapping, entity.table);
  const names = Object.keys(changes);
  const set = names.map((name, index) => `${quoteIdentifier(name)} = ${castTo(relation.table, name, `:p${index}`)}`);
  const parameters = Object.fromEntries(names.map((name, index) => [`p${index}`, changes[name] ?? null]));
  const where = byIdentity(relation, entity, identity);
  return {
    text: (begin) =>
      `WITH b AS MATERIALIZED (SELECT ${begin} AS ok) UPDATE ${relation.root} AS t SET ${set.join(', ')} FROM b WHERE b.ok IS NOT NULL AND ${where.text}` +
      ` RETURNING ${identityText(relation, 't')} AS pk`,
    parameters: { ...parameters, ...where.parameters },
  };
}

/** DELETE by identity, answering it where the row existed. */
export function deleteStatement(mapping: Mapping, entity: EntityMapping, identity: TextRow): SqlStatement {
  const relation = relationOf(mapping, entity.table);
  const where = byIdentity(relation, entity, identity);
  return {
    text: (begin) =>
      `WITH b AS MATERIALIZED (SELECT ${begin} AS ok) DELETE FROM ${relation.root} AS t USING b WHERE b.ok IS NOT NULL AND ${where.text}` +
      ` RETURNING ${identityText(relation, 't')} AS pk`,
    parameters: where.parameters,
  };
}

function byIdentity(
  relation: Relation,
  entity: EntityMapping,
  identity: TextRow,
): { readonly text: string; readonly parameters: TextRow } {
  const parameters: Record<string, string | null> = {};
  const parts = relation.identity.map((name, index) => {
    parameters[`k${index}`] = ownProperty(identity, name) ?? null;
    return `t.${quoteIdentifier(name)} = ${castTo(relation.table, name, `:k${index}`)}`;
  });
  return { text: `${parts.join(' AND ')} AND ${conditionSql(relation.table, entity.where, 't')}`, parameters };
}
