import type { EntityFacts } from '../../../domain/assess/facts.ts';
import { lowerCase } from '../../../domain/mapping/keys/template.ts';
import type { Sql } from '../../../domain/ports/source.ts';
import type { EntitySql } from '../sql/entity-sql.ts';

/** How many values with characters beyond ASCII are compared: as many as fit into one answer of the Data API. */
const MOST = 500;
const LONGEST = 300;

/**
 * Finds values of `lower` segments that PostgreSQL folds otherwise than the plan: lower() depends on the column's collation, the plan's rule
 * does not.
 */
export async function measureFolds(sql: Sql, { from, row, keys }: EntitySql): Promise<EntityFacts['folds']> {
  const found: EntityFacts['folds'][number][] = [];
  for (const { at, values } of keys)
    for (const { path, lower, raw, text } of values) {
      if (!lower || raw === null) continue;
      const answers = await sql.query(
        `SELECT ${row} AS row, ${raw} AS raw, ${text} AS folded ${from} AND (${raw}) COLLATE "C" ~ '[^\\u0001-\\u007f]' AND length(${raw}) <= ${LONGEST} LIMIT ${MOST}`,
      );
      const differing = answers.filter((answer) => lowerCase(String(answer['raw'])) !== answer['folded']);
      if (differing.length > 0)
        found.push({ at, path, rows: differing.length, example: String(differing[0]?.['row'] ?? '') });
    }
  return found;
}
