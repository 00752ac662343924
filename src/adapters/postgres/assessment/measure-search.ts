import type { SearchFacts } from '../../../domain/assess/facts.ts';
import type { Search } from '../../../domain/assess/searches.ts';
import { provenUnique } from '../../../domain/catalogue/tables.ts';
import type { Sql } from '../../../domain/ports/source.ts';
import { type EntitySql, entitySql } from '../sql/entity-sql.ts';

/**
 * The largest result of a pattern: the partition, or the part of it that `SK` fixes, with the most
 * bytes. `range`, `prefix` and `filter` are ignored, because a caller may leave them out.
 */
export async function measureSearch(sql: Sql, { pattern, members }: Search): Promise<SearchFacts | null> {
  const parts: string[] = [];
  for (const member of members) {
    const entity = entitySql(member.subject);
    const by = valuesOf(entity, member.PK, member.SK, member.fixed);
    if (by === null) return null;
    const columns = by.map((value) => value.path);
    // At most one item each: nothing is searched.
    if (members.length === 1 && provenUnique(member.subject.table, columns)) return null;
    const present = member.index === null ? 'true' : (entity.present[member.index] ?? 'false');
    const owner = by.map(({ text }, at) => `${text} AS g${at}`).join(', ');
    parts.push(
      `SELECT ${owner === '' ? `'' AS g0` : owner}, ${entity.itemBytes} AS bytes ${entity.from} AND ${present}`,
    );
  }
  const [first] = members;
  if (first === undefined) return null;
  const width = valuesOf(entitySql(first.subject), first.PK, first.SK, first.fixed)?.length ?? 0;
  const groups = Array.from({ length: Math.max(1, width) }, (_, at) => `g${at}`).join(', ');
  const [row] = await sql.query(
    `SELECT concat_ws('#', ${groups}) AS owner, count(*)::float8 AS items, sum(bytes)::float8 AS bytes
     FROM (${parts.join(' UNION ALL ')}) AS i GROUP BY ${groups} ORDER BY sum(bytes) DESC LIMIT 1`,
  );
  if (row === undefined) return null;
  return { pattern, owner: String(row['owner']), items: Number(row['items']), bytes: Number(row['bytes']) };
}

function valuesOf(
  entity: EntitySql,
  PK: string,
  SK: string,
  fixed: number,
): EntitySql['keys'][number]['values'] | null {
  const [pk, sk] = [PK, SK].map((at) => entity.keys.find((key) => key.at === at));
  if (pk === undefined || sk === undefined) return null;
  return [...pk.values, ...sk.values.slice(0, fixed)];
}
