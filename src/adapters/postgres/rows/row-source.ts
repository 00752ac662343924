import { PlanError } from '../../../domain/errors.ts';
import type { EntityMapping, Mapping } from '../../../domain/mapping/mapping.ts';
import type { CurrentRow, RowKey, RowSource, SourceRow, Sql, SqlValue } from '../../../domain/ports/source.ts';
import type { RowImage } from '../../../domain/row.ts';
import { AdaptiveBatchSize, batchOfKeys, batchOfRows } from '../connection/adaptive-batch.ts';
import { readBodies } from './body-reader.ts';
import { identityOf, parseIdentity } from './parse-identity.ts';
import { createStrides } from './strides.ts';
import { readCatalogue } from '../catalogue/read-catalogue.ts';
import { type JoinedParts, joinParts, partsSql } from '../sql/split-text.ts';
import { conditionSql } from '../sql/image.ts';
import { quoteIdentifier, quoteLiteral } from '../sql/quote.ts';
import { orderSql, rangeSql } from '../sql/identity-range.ts';
import { jsonBatchesSql, parseJsonBatches } from '../sql/json-batches.ts';
import {
  entityImage,
  identityText,
  matchSql,
  oldKeyImage,
  type Relation,
  relationOf,
  rowImage,
} from '../sql/relation.ts';

const KEYS = 4000;

interface RowBatch extends JoinedParts {
  readonly rows: readonly CurrentRow[];
}

function toSourceRows({ identity, image, seq }: CurrentRow): readonly SourceRow[] {
  return image === null ? [] : [{ identity, image, seq }];
}

/**
 * Reads rows of the mapped entities over any connection; inside a transaction it sees that
 * transaction's changes.
 */
export function createRowSource(sql: Sql, mapping: Mapping): RowSource {
  const batchSize = new AdaptiveBatchSize(200);
  // Most rows take a few hundred bytes of a response's 1 MiB.
  const keyBatchSize = new AdaptiveBatchSize(KEYS, KEYS);

  const read = async (text: string, parameters: Readonly<Record<string, SqlValue>>): Promise<RowBatch> => {
    const answer = joinParts(await sql.query(text, parameters));
    const rows = answer.joined.map(({ row, text: body }) => ({
      identity: parseIdentity(row['pk']),
      image: body === null ? null : parseImage(body),
      seq: Number(row['seq']),
    }));
    return { ...answer, rows };
  };

  return {
    page: async (name, range, limit) => {
      const { entity, relation } = entityAndRelation(mapping, name);
      const rows: SourceRow[] = [];
      await batchSize.fetchAll(name, limit, async (size) => {
        const { text, parameters } = rangeSql(relation, {
          after: rows.at(-1)?.identity ?? range.after,
          upTo: range.upTo,
        });
        const page = `(SELECT * FROM ${relation.root} AS t WHERE ${whereSql(relation, entity)} AND ${text} ORDER BY ${orderSql(relation)} LIMIT :size) AS t`;
        const images =
          `WITH page AS MATERIALIZED (SELECT ${identityText(relation, 't')} AS pk, ${entityImage(mapping, entity, 't')} AS image,` +
          ` row_number() OVER (ORDER BY ${orderSql(relation)}) AS n FROM ${page}), numbered AS MATERIALIZED (SELECT page.*, ${seqSql(relation, 'page.pk')} AS seq FROM page) ` +
          partsSql('pk, seq', 'image', 'numbered');
        const answer = await read(images, { ...parameters, size });
        rows.push(...answer.rows.flatMap(toSourceRows));
        return batchOfRows(answer, size);
      });
      return rows;
    },

    rows: async (name, identities) => {
      const { entity, relation } = entityAndRelation(mapping, name);
      const rows: SourceRow[] = [];
      // Absent rows leave no trace in an answer, so what was asked, not what came, counts.
      let at = 0;
      await batchSize.fetchAll(`${name} rows`, identities.length, async (size) => {
        const requested = identities.slice(at, at + size);
        const text =
          `WITH page AS MATERIALIZED (SELECT ${identityText(relation, 't')} AS pk, ${entityImage(mapping, entity, 't')} AS image, k.n` +
          ` FROM ${keysSql()} JOIN ${relation.root} AS t ON ${matchSql(relation, 'k.v')} WHERE ${whereSql(relation, entity)}),` +
          ` numbered AS MATERIALIZED (SELECT page.*, ${seqSql(relation, 'page.pk')} AS seq FROM page) ` +
          partsSql('pk, seq', 'image', 'numbered');
        const answer = await read(text, { keys: JSON.stringify(requested) });
        rows.push(...answer.rows.flatMap(toSourceRows));
        const batch = batchOfKeys(answer, requested.length);
        at += batch.progress;
        return batch;
      });
      return rows;
    },

    current: async (relationName, identities) => {
      const relation = relationOf(mapping, relationName);
      const first = relation.identity[0] ?? '';
      const rows: CurrentRow[] = [];
      await batchSize.fetchAll(`${relationName} current`, identities.length, async (size) => {
        const requested = identities.slice(rows.length, rows.length + size);
        const text =
          `WITH page AS MATERIALIZED (SELECT k.v::text AS pk, CASE WHEN t.${quoteIdentifier(first)} IS NOT NULL THEN ${rowImage(mapping, relation, 't')} END AS image, k.n` +
          ` FROM ${keysSql()} LEFT JOIN ${relation.root} AS t ON ${matchSql(relation, 'k.v')}),` +
          ` numbered AS MATERIALIZED (SELECT page.*, ${seqSql(relation, 'page.pk')} AS seq FROM page) ` +
          partsSql('pk, seq', 'image', 'numbered');
        const answer = await read(text, { keys: JSON.stringify(requested) });
        rows.push(...answer.rows);
        return batchOfKeys(answer, requested.length);
      });
      return rows;
    },

    keys: async (name, range, limit) => {
      const { entity, relation } = entityAndRelation(mapping, name);
      const order = orderSql(relation);
      const image = entity.unique.length === 0 ? quoteLiteral('{}') : oldKeyImage(mapping, relation, 't');
      const keys: RowKey[] = [];
      await keyBatchSize.fetchAll(name, limit, async (size) => {
        const { text, parameters } = rangeSql(relation, {
          after: keys.at(-1)?.identity ?? range.after,
          upTo: range.upTo,
        });
        const page = `(SELECT * FROM ${relation.root} AS t WHERE ${whereSql(relation, entity)} AND ${text} ORDER BY ${order} LIMIT :size) AS t`;
        const select =
          `SELECT row_number() OVER (ORDER BY ${order}) AS n,` +
          ` '[' || ${identityText(relation, 't')} || ',' || ${image} || ']' AS json FROM ${page}`;
        const pageKeys = parseJsonBatches(await sql.query(jsonBatchesSql(select), { ...parameters, size })).map(keyOf);
        keys.push(...pageKeys);
        return batchOfRows({ joined: pageKeys, cut: false }, size);
      });
      return keys;
    },

    stride: createStrides(sql, (name) => {
      const { entity, relation } = entityAndRelation(mapping, name);
      return { relation, condition: whereSql(relation, entity) };
    }),

    body: async (name, key, column) => {
      const { relation } = entityAndRelation(mapping, name);
      const bodies = await readBodies(sql, relation, [key], column);
      return bodies.get(JSON.stringify(key)) ?? null;
    },

    bodies: (name, identities, column) =>
      readBodies(sql, entityAndRelation(mapping, name).relation, identities, column),

    catalogue: () => readCatalogue(sql, schemaOf(mapping)),
  };
}

function entityAndRelation(
  mapping: Mapping,
  name: string,
): { readonly entity: EntityMapping; readonly relation: Relation } {
  const entity = mapping.entities[name];
  if (entity !== undefined) return { entity, relation: relationOf(mapping, entity.table) };
  throw new PlanError({
    file: 'plan.json',
    path: 'entities',
    message: `no entity ${name}`,
    remedy: 'Use a name of the plan',
  });
}

function schemaOf(mapping: Mapping): string {
  return Object.values(mapping.catalogue.tables)[0]?.schema ?? 'public';
}

/** Highest changelog number of a key, 0 where nothing changed since capture began; in the same snapshot as the image. */
function seqSql(relation: Relation, pk: string): string {
  return `coalesce((SELECT max(c.seq) FROM portage.changelog AS c WHERE c.relation = ${quoteLiteral(relation.name)} AND c.pk = ${pk}), 0)`;
}

function whereSql(relation: Relation, entity: EntityMapping): string {
  return conditionSql(relation.table, entity.where, 't');
}

function keysSql(): string {
  return 'json_array_elements(CAST(:keys AS json)) WITH ORDINALITY AS k(v, n)';
}

function parseImage(text: string): RowImage {
  return imageOf(JSON.parse(text));
}

function keyOf(value: unknown): RowKey {
  if (!Array.isArray(value)) throw new TypeError(`not the key of a row: ${JSON.stringify(value).slice(0, 100)}`);
  return { identity: identityOf(value[0]), image: imageOf(value[1]) };
}

function imageOf(value: unknown): RowImage {
  if (!isImage(value)) throw new TypeError(`not the image of a row: ${JSON.stringify(value).slice(0, 100)}`);
  return value;
}

/** By hand, for every row of every verification passes here, and a schema takes longer than the comparison. */
function isImage(value: unknown): value is RowImage {
  if (typeof value !== 'object' || value === null) return false;
  for (const member of Object.values(value))
    if (typeof member !== 'string' && member !== null && typeof member.sha256 !== 'string') return false;
  return true;
}
