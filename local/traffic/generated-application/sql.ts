import { quoteIdentifier } from '../../../src/adapters/postgres/sql/quote.ts';
import type { Values } from '../traffic-client.ts';
import type { CanonicalRow } from '../ledger/canonical-row.ts';
import { selectedAsText } from '../ledger/store-rows.ts';
import { shapeOf } from './entity-shape.ts';
import type { ProfiledColumn, ProfiledEntity } from './database-profile.ts';
import { parameterOf, valueOf } from './values.ts';
import { ownProperty } from '../../../src/domain/own-property.ts';

export interface PlainSql {
  readonly text: string;
  readonly values: readonly unknown[];
}

/** `conflict`: as the client's put writes it, which rules on the table may forbid. */
export function insertSql(entity: ProfiledEntity, row: Values, conflict: boolean): PlainSql {
  const names = Object.keys(row);
  const columns = names.map(quoteIdentifier).join(', ');
  const places = names.map((_, at) => `$${at + 1}`).join(', ');
  const identity = entity.identity.map(quoteIdentifier).join(', ');
  const first = quoteIdentifier(entity.identity[0] ?? '');
  const upsert = conflict ? ` ON CONFLICT (${identity}) DO UPDATE SET ${first} = excluded.${first}` : '';
  const answer = conflict ? ` RETURNING ${selectedAsText(shapeOf(entity))}` : '';
  const values = names.map((name) => parameterOf(columnOf(entity, name), ownProperty(row, name)));
  const insert = `INSERT INTO ${entity.table} AS t (${columns}) VALUES (${places})${upsert}${answer}`;
  return { text: insert, values };
}

export function updateSql(entity: ProfiledEntity, rows: readonly CanonicalRow[], changes: Values): PlainSql {
  const names = Object.keys(changes);
  const values = names.map((name) => parameterOf(columnOf(entity, name), ownProperty(changes, name)));
  const set = names.map((name, at) => `${quoteIdentifier(name)} = $${at + 1}`).join(', ');
  const where = identitySql(entity, rows, values);
  return {
    text: `UPDATE ${entity.table} AS t SET ${set} WHERE ${where} RETURNING ${selectedAsText(shapeOf(entity))}`,
    values,
  };
}

export function deleteSql(entity: ProfiledEntity, row: CanonicalRow): PlainSql {
  const values: unknown[] = [];
  return {
    text: `DELETE FROM ${entity.table} AS t WHERE ${identitySql(entity, [row], values)} RETURNING true AS gone`,
    values,
  };
}

/** The row of this identity as the profile's connection reads rows. */
export function selectSql(entity: ProfiledEntity, row: CanonicalRow): PlainSql {
  const values: unknown[] = [];
  const where = identitySql(entity, [row], values);
  return { text: `SELECT ${selectedAsText(shapeOf(entity))} FROM ${entity.table} AS t WHERE ${where}`, values };
}

function identitySql(entity: ProfiledEntity, rows: readonly CanonicalRow[], values: unknown[]): string {
  const alternatives = rows.map((row) => {
    const parts = entity.identity.map((name) => {
      const column = columnOf(entity, name);
      values.push(parameterOf(column, valueOf(column, ownProperty(row, name) ?? null)));
      return `t.${quoteIdentifier(name)} = $${values.length}`;
    });
    return `(${parts.join(' AND ')})`;
  });
  return alternatives.join(' OR ');
}

export function columnOf({ entity, columns }: ProfiledEntity, name: string): ProfiledColumn {
  const column = columns.find((candidate) => candidate.name === name);
  if (column !== undefined) return column;
  throw new RangeError(`${entity} has no column ${name}`);
}
