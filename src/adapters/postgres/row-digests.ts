import { z } from 'zod';
import type { EntityMapping, Mapping } from '../../domain/mapping/mapping.ts';
import type { DigestedRow, RowDigests } from '../../domain/ports/row-digests.ts';
import type { Sql } from '../../domain/ports/source.ts';
import { Appetite, portionOfKeys } from './adaptive.ts';
import { canonical } from './canonical.ts';
import { bodyBytes, columnOf, conditionSql, followedSql } from './image.ts';
import { identifier, literal } from './names.ts';
import { matchSql, type Relation, relationOf } from './relation.ts';

/** Rows of one answer's row: n, digest, followed paths. A row of an answer may have 64 KB; only of followed paths can there be that many. */
const group = z.array(z.tuple([z.number(), z.string(), z.record(z.string(), z.string().nullable()).nullable()]));
const ROWS_PER_GROUP = 500;

/** Digests of rows in the form of `rowDigest`: SHA-256 of the row's one text, put together where the row is. */
export function createRowDigests(sql: Sql, mapping: Mapping): RowDigests {
  const appetite = new Appetite(1000, 2000);
  return async (name, identities) => {
    const entity = mapping.entities[name];
    const found: (DigestedRow | null)[] = identities.map(() => null);
    if (entity === undefined) return found;
    const relation = relationOf(mapping, entity.table);
    const together = entity.followed.length === 0 ? ROWS_PER_GROUP : 1;
    const digests =
      `SELECT k.n, translate(encode(sha256(convert_to(${rowText(entity, relation)}, 'UTF8')), 'base64'), E'\\n', '') AS digest,` +
      ` ${followedObject(entity, relation, mapping)} AS followed FROM json_array_elements(CAST(:keys AS json)) WITH ORDINALITY AS k(v, n)` +
      ` JOIN ${relation.root} AS t ON ${matchSql(relation, 'k.v')} WHERE ${conditionSql(relation.table, entity.where, 't')}`;
    const text = `SELECT json_agg(json_build_array(n, digest, followed))::text AS rows FROM (${digests}) AS d GROUP BY n / ${together}`;
    let at = 0;
    await appetite.feed(name, identities.length, async (size) => {
      const asked = identities.slice(at, at + size);
      for (const answer of await sql.query(text, { keys: JSON.stringify(asked) }))
        for (const [n, digest, followed] of group.parse(JSON.parse(String(answer['rows']))))
          found[at + n - 1] = { digest: Buffer.from(digest, 'base64'), followed: followed ?? {} };
      at += asked.length;
      return portionOfKeys({ last: asked.length, cut: false }, asked.length);
    });
    return found;
  };
}

/** The text that `canonicalRow` makes of an image: JSON as JSON.stringify writes it, NULL apart from '', a body by its hash. */
function rowText(entity: EntityMapping, { table }: Relation): string {
  const values = entity.columns.map(({ column }) => {
    const value = `t.${identifier(column)}`;
    const catalogued = columnOf(table, column);
    const json = `coalesce(to_json(${canonical(catalogued, value)})::text, 'null')`;
    const over = entity.large[column]?.over;
    if (over === undefined) return json;
    const bytes = bodyBytes(catalogued, value);
    return (
      `CASE WHEN octet_length(${bytes}) > ${over}` +
      ` THEN '["' || encode(sha256(${bytes}), 'hex') || '",' || octet_length(${bytes}) || ']' ELSE ${json} END`
    );
  });
  return `${literal(`["${entity.name}",[`)} || ${values.join(` || ',' || `)} || ']]'`;
}

/** The followed paths as a JSON object of canonical texts, NULL where the entity has none. */
function followedObject(entity: EntityMapping, { table }: Relation, { catalogue }: Mapping): string {
  if (entity.followed.length === 0) return 'NULL';
  const members = entity.followed.map((path) => `${literal(path)}, ${followedSql(table, catalogue, 't', path)}`);
  return `json_build_object(${members.join(', ')})`;
}
