import type { KeyRange } from '../../../domain/ports/source.ts';
import { columnOf } from './image.ts';
import { quoteIdentifier } from './quote.ts';
import { castTo, type Relation } from './relation.ts';

const TEXTS = new Set(['text', 'varchar', 'bpchar', 'citext', 'name']);

/** Text under COLLATE "C": the order does not depend on the database's collation (RACE-7). */
function ordered(relation: Relation, name: string, value: string): string {
  return TEXTS.has(columnOf(relation.table, name).type) ? `${value} COLLATE "C"` : value;
}

/** Columns of the identity in order; the rows are `t`. */
export function orderSql(relation: Relation): string {
  return relation.identity.map((name) => ordered(relation, name, `t.${quoteIdentifier(name)}`)).join(', ');
}

/** Composite comparison over the whole identity: column by column would skip rows (RACE-7). */
export function rangeSql(relation: Relation, range: KeyRange): { text: string; parameters: Record<string, string> } {
  const parameters: Record<string, string> = {};
  const parts = (['after', 'upTo'] as const).flatMap((end) => {
    const bound = range[end];
    if (bound === null) return [];
    const values = relation.identity.map((name, index) => {
      parameters[`${end}${index}`] = bound[index] ?? '';
      return castTo(relation.table, name, `:${end}${index}`);
    });
    return [`(${orderSql(relation)}) ${end === 'after' ? '>' : '<='} (${values.join(', ')})`];
  });
  return { text: parts.length === 0 ? 'true' : parts.join(' AND '), parameters };
}
