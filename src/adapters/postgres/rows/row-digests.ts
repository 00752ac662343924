import * as z from 'zod';
import type { EntityMapping, Mapping } from '../../../domain/mapping/mapping.ts';
import type { DigestedRow, RowDigests } from '../../../domain/ports/row-digests.ts';
import type { Sql } from '../../../domain/ports/source.ts';
import type { RowImage } from '../../../domain/row.ts';
import { AdaptiveBatchSize, batchOfKeys } from '../connection/adaptive-batch.ts';
import { canonical } from '../sql/canonical.ts';
import { bodyBytes, columnOf, conditionSql, followedSql } from '../sql/image.ts';
import { quoteIdentifier, quoteLiteral } from '../sql/quote.ts';
import { jsonBatchesSql, parseJsonBatches } from '../sql/json-batches.ts';
import { matchSql, type Relation, relationOf } from '../sql/relation.ts';
import { ownProperty } from '../../../domain/own-property.ts';

/** n, digest, followed paths in their order. */
const digestRow = z.tuple([z.number(), z.string()]).rest(z.string().nullable());
/** A digest takes about a hundred bytes of a response's 1 MiB. */
const ROWS = 2000;

/**
 * Digests of rows as `rowDigest` computes them: SHA-256 of the row's canonical text, computed in
 * PostgreSQL.
 */
export function createRowDigests(sql: Sql, mapping: Mapping): RowDigests {
  const batchSize = new AdaptiveBatchSize(ROWS, ROWS);
  return async (name, identities) => {
    const entity = mapping.entities[name];
    const digests: (DigestedRow | null)[] = identities.map(() => null);
    if (entity === undefined) return digests;
    const relation = relationOf(mapping, entity.table);
    const digest = `encode(sha256(convert_to(${rowText(entity, relation)}, 'UTF8')), 'hex')`;
    const text = jsonBatchesSql(
      `SELECT k.n, '[' || k.n || ',"' || ${digest} || '"'${followedValues(entity, relation, mapping)} || ']' AS json` +
        ` FROM json_array_elements(CAST(:keys AS json)) WITH ORDINALITY AS k(v, n)` +
        ` JOIN ${relation.root} AS t ON ${matchSql(relation, 'k.v')} WHERE ${conditionSql(relation.table, entity.where, 't')}`,
    );
    let at = 0;
    await batchSize.fetchAll(name, identities.length, async (size) => {
      const requested = identities.slice(at, at + size);
      const rows = parseJsonBatches(await sql.query(text, { keys: JSON.stringify(requested) }));
      for (const row of rows) {
        const [n, digest, ...values] = digestRow.parse(row);
        digests[at + n - 1] = { digest, followed: followedOf(entity, values) };
      }
      at += requested.length;
      return batchOfKeys({ last: requested.length, cut: false }, requested.length);
    });
    return digests;
  };
}

/** The text that `canonicalRow` makes of an image: JSON as JSON.stringify writes it, NULL apart from '', a body by its hash. */
function rowText(entity: EntityMapping, { table }: Relation): string {
  const values = entity.columns.map(({ column }) => {
    const value = `t.${quoteIdentifier(column)}`;
    const catalogued = columnOf(table, column);
    const json = `coalesce(to_json(${canonical(catalogued, value)})::text, 'null')`;
    const over = ownProperty(entity.large, column)?.over;
    if (over === undefined) return json;
    // OFFSET 0 evaluates the value once; otherwise each mention of a large value would decompress
    // it again.
    return (
      `(SELECT CASE WHEN octet_length(b.v) > ${over}` +
      ` THEN '["' || encode(sha256(b.v), 'hex') || '",' || octet_length(b.v) || ']' ELSE ${json} END` +
      ` FROM (SELECT ${bodyBytes(catalogued, value)} AS v OFFSET 0) AS b)`
    );
  });
  return `${quoteLiteral(`["${entity.name}",[`)} || ${values.join(` || ',' || `)} || ']]'`;
}

/** The followed paths' canonical texts as further members of a JSON array. */
function followedValues(entity: EntityMapping, { table }: Relation, { catalogue }: Mapping): string {
  return entity.followed
    .map((path) => ` || ',' || coalesce(to_json(${followedSql(table, catalogue, 't', path)})::text, 'null')`)
    .join('');
}

function followedOf({ followed }: EntityMapping, values: readonly (string | null)[]): RowImage {
  return followed.length === 0 ? NONE : Object.fromEntries(followed.map((path, at) => [path, values[at] ?? null]));
}

const NONE: RowImage = {};
