import type { RowStrides, Sql } from '../../../domain/ports/source.ts';
import { sqlstateOf } from '../connection/statement-failed.ts';
import { orderSql, rangeSql } from '../sql/identity-range.ts';
import { identityText, type Relation } from '../sql/relation.ts';
import { parseIdentity } from './parse-identity.ts';

/** Where an entity's rows are: its table, and a condition on the rows `t`. */
export interface EntityRows {
  readonly relation: Relation;
  readonly condition: string;
}

/** SQLSTATE of a statement that was cancelled, also at the time limit of a Data API call. */
const CANCELLED = '57014';
/** So few rows take long only where something is wrong. */
const FEWEST_ROWS = 500;

/** Passes over tables in statements of bounded size. Where a statement runs into the time limit, smaller ones follow. */
export function createStrides(sql: Sql, entityRows: (entity: string) => EntityRows): RowStrides['stride'] {
  let most = Number.POSITIVE_INFINITY;
  return async (entity, request) => {
    const { relation, condition } = entityRows(entity);
    const { text, parameters } = rangeSql(relation, { after: request.after, upTo: null });
    const order = orderSql(relation);
    const isMark = '(mine AND (rows + :counted) % :every = 0)';
    const statement =
      `WITH passed AS MATERIALIZED (SELECT ${identityText(relation, 't')} AS pk, ${condition} AS mine,` +
      ` row_number() OVER (ORDER BY ${order}) AS n FROM ${relation.root} AS t WHERE ${text} ORDER BY ${order} LIMIT :limit),` +
      ` counted AS (SELECT *, count(*) FILTER (WHERE mine) OVER (ORDER BY n) AS rows, count(*) OVER () AS passed FROM passed)` +
      ` SELECT pk, rows, passed, ${isMark} AS mark FROM counted WHERE ${isMark} OR n = passed ORDER BY n`;
    for (;;) {
      const limit = Math.min(request.limit, most);
      try {
        const { every, counted } = request;
        const found = await sql.query(statement, { ...parameters, limit, every, counted });
        const end = found.at(-1);
        const passed = Number(end?.['passed'] ?? 0);
        return {
          last: passed < limit ? null : parseIdentity(end?.['pk']),
          rows: Number(end?.['rows'] ?? 0),
          marks: found.filter((row) => row['mark'] === true).map((row) => parseIdentity(row['pk'])),
        };
      } catch (error) {
        if (sqlstateOf(error) !== CANCELLED || limit <= FEWEST_ROWS) throw error;
        most = Math.max(FEWEST_ROWS, Math.floor(limit / 4));
      }
    }
  };
}
