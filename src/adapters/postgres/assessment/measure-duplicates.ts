import type { DuplicateFacts } from '../../../domain/assess/facts.ts';
import { findColumn, identityOf, provenUnique } from '../../../domain/catalogue/tables.ts';
import type { Sql } from '../../../domain/ports/source.ts';
import type { EntitySql, KeySql } from '../sql/entity-sql.ts';
import { quoteIdentifier } from '../sql/quote.ts';
import { brief } from './example.ts';

/**
 * Rows that share a key not protected by a unique index: the identity, and unique values of the
 * plan.
 */
export async function duplicatesOf(
  sql: Sql,
  { subject, from, row }: EntitySql,
  key: KeySql,
): Promise<readonly DuplicateFacts[]> {
  const { table, entity } = subject;
  const identity = identityOf(table, entity.identity).filter((name) => findColumn(table, name) !== null);
  const own = key.at === 'key.SK';
  const columns = own ? identity : key.values.map(({ path }) => path);
  const proven = provenUnique(table, columns) && (own || !key.values.some(isStricter(key)));
  if (own ? columns.length === 0 : !key.at.startsWith('unique.')) return [];
  if (proven) return [];
  const by = own ? identity.map((name) => `t.${quoteIdentifier(name)}`) : key.values.map(({ text }) => text);
  const present = own ? by.map((expression) => `${expression} IS NOT NULL`).join(' AND ') : key.present;
  const [found] = await sql.query(
    `SELECT count(*) AS keys, coalesce(sum(n), 0)::float8 AS rows, min(example) AS example FROM (
       SELECT count(*) AS n, min(${row}) AS example ${from} AND ${present}
       GROUP BY (${by.join(', ')}) HAVING count(*) > 1) AS d`,
  );
  const keys = Number(found?.['keys'] ?? 0);
  if (found === undefined || keys === 0) return [];
  return [{ at: own ? 'key' : key.at, keys, rows: Number(found['rows']), example: brief(String(found['example'])) }];
}

/** Whether a value of a rule forbids more than a unique index of the same columns: its lower case, or NULL as a value. */
function isStricter({ nullsSame }: KeySql): (value: KeySql['values'][number]) => boolean {
  return ({ lower, column }) => lower || (nullsSame && !column.notNull);
}
