import type { CatalogueTable } from '../../../domain/catalogue/catalogue.ts';
import { looseEquality } from '../../../domain/catalogue/collation.ts';
import type { Mapping } from '../../../domain/mapping/mapping.ts';
import type { SourceCondition, SourceOrder, SourceQuery } from '../../../domain/mapping/patterns/source-query.ts';
import type { Sql, SqlValue } from '../../../domain/ports/source.ts';
import type { Identity, RowImage } from '../../../domain/row.ts';
import { AdaptiveBatchSize, batchOfKeys, batchOfRows } from '../connection/adaptive-batch.ts';
import { type JoinedParts, joinParts, partsSql } from './split-text.ts';
import { canonical } from './canonical.ts';
import { columnOf, conditionSql, followedSql } from './image.ts';
import { quoteIdentifier, quoteQualified } from './quote.ts';
import { castTo, entityImage, matchSql, relationOf, tableOf } from './relation.ts';
import { rowImageSchema } from '../rows/row-image-schema.ts';

const batchSize = new AdaptiveBatchSize(200);

/**
 * Rows of an entity as an application reads them: images without versions, so that it works before capture is installed as well.
 * Absent rows are absent from the answer.
 */
export async function selectRows(
  sql: Sql,
  mapping: Mapping,
  name: string,
  identities: readonly Identity[],
): Promise<readonly RowImage[]> {
  const entity = entityOf(mapping, name);
  const relation = relationOf(mapping, entity.table);
  const rows: RowImage[] = [];
  let at = 0;
  await batchSize.fetchAll(`${name} keys`, identities.length, async (size) => {
    const requested = identities.slice(at, at + size);
    const answer = await images(
      sql,
      `SELECT ${entityImage(mapping, entity, 't')} AS image, k.n FROM json_array_elements(CAST(:keys AS json)) WITH ORDINALITY AS k(v, n)` +
        ` JOIN ${relation.root} AS t ON ${matchSql(relation, 'k.v')} WHERE ${conditionSql(relation.table, entity.where, 't')}`,
      { keys: JSON.stringify(requested) },
    );
    rows.push(...answer.images);
    const batch = batchOfKeys(answer, requested.length);
    at += batch.progress;
    return batch;
  });
  return rows;
}

/** PostgreSQL's side of a pattern: up to `limit` rows in the pattern's order after the first `offset`. */
export async function selectPattern(
  sql: Sql,
  mapping: Mapping,
  query: SourceQuery,
  window: { readonly offset: number; readonly limit: number | null },
): Promise<readonly RowImage[]> {
  const entity = entityOf(mapping, query.entity);
  const table = tableOf(mapping.catalogue, entity.table);
  const parameters: Record<string, SqlValue> = {};
  const conditions = query.conditions.map((condition, index) => {
    const names = condition.values.map((value, at) => {
      const name = at === 0 ? `c${index}` : `c${index}_${at}`;
      parameters[name] = value;
      return `:${name}`;
    });
    return conditionOf(mapping, table, condition, names);
  });
  const present = query.notNull.map((path) => `${valueOf(mapping, table, path)} IS NOT NULL`);
  const order = query.order.map(
    (part) => `${orderOf(mapping, table, part)} ${query.direction === 'desc' ? 'DESC' : 'ASC'}`,
  );
  const orderBy = order.length === 0 ? '' : `ORDER BY ${order.join(', ')}`;
  const where = [...conditions, ...present].join(' AND ');
  const rows: RowImage[] = [];
  const limit = window.limit ?? Number.MAX_SAFE_INTEGER;
  await batchSize.fetchAll(query.entity, limit, async (size) => {
    const page = await images(
      sql,
      `SELECT ${entityImage(mapping, entity, 't')} AS image, row_number() OVER (${orderBy}) AS n FROM (SELECT * FROM ${quoteQualified(table.schema, table.name)} AS t` +
        ` WHERE ${where === '' ? 'true' : where} ${orderBy} LIMIT :size OFFSET :offset) AS t`,
      { ...parameters, size, offset: window.offset + rows.length },
    );
    rows.push(...page.images);
    return batchOfRows(page, size);
  });
  return rows;
}

async function images(
  sql: Sql,
  select: string,
  parameters: Readonly<Record<string, SqlValue>>,
): Promise<JoinedParts & { readonly images: readonly RowImage[] }> {
  const rows = await sql.query(
    `WITH page AS MATERIALIZED (${select}) ${partsSql('1 AS one', 'image', 'page')}`,
    parameters,
  );
  const answer = joinParts(rows);
  return { ...answer, images: answer.joined.map(({ text }) => rowImageSchema.parse(JSON.parse(text ?? '{}'))) };
}

/**
 * Compared in the column's type, so that the source's indexes are used; text is compared by bytes,
 * as DynamoDB does.
 */
function conditionOf(
  mapping: Mapping,
  table: CatalogueTable,
  { path, lower, op, values }: SourceCondition,
  parameters: readonly string[],
): string {
  const [step = path, ...rest] = path.split('.');
  if (rest.length > 0 && isPath(table, path)) {
    const key = table.foreignKeys.find(({ columns }) => columns.length === 1 && columns[0] === step);
    const parent = key === undefined ? undefined : mapping.catalogue.tables[key.references.table];
    const column = key?.references.columns[0];
    if (parent !== undefined && column !== undefined) {
      const inner = conditionOf(mapping, parent, { path: rest.join('.'), lower, op, values }, parameters);
      return `t.${quoteIdentifier(step)} IN (SELECT t.${quoteIdentifier(column)} FROM ${quoteQualified(parent.schema, parent.name)} AS t WHERE ${inner})`;
    }
  }
  const columnSql = `t.${quoteIdentifier(path)}`;
  if (op === 'isNull') return `${columnSql} IS NULL`;
  if (op === 'notNull') return `${columnSql} IS NOT NULL`;
  if (op === 'in' || op === 'notIn')
    return `${columnSql} ${op === 'in' ? 'IN' : 'NOT IN'} (${parameters.map((name) => castTo(table, path, name)).join(', ')})`;
  const [parameter = ''] = parameters;
  // Cast to text, char(n) loses its padding, as in keys.
  const bytes = looseEquality(columnOf(table, path)) === null ? '' : ' COLLATE "C"';
  const text = lower ? `lower(${columnSql}::text)${bytes}` : `${columnSql}::text`;
  if (op === 'startsWith') return `starts_with(${text}, CAST(${parameter} AS text))`;
  if (lower) {
    const parameterText = `CAST(${parameter} AS text)`;
    return `${text} ${op} ${columnOf(table, path).type === 'bpchar' ? `rtrim(${parameterText}, ' ')` : parameterText}`;
  }
  const collate = op !== '=' && TEXTS.has(columnOf(table, path).type) ? ' COLLATE "C"' : '';
  return `${columnSql}${collate} ${op} ${castTo(table, path, parameter)}`;
}

const TEXTS = new Set(['text', 'varchar', 'bpchar', 'citext', 'name']);

function orderOf(mapping: Mapping, table: CatalogueTable, { path, lower, collate }: SourceOrder): string {
  if (!collate) return valueOf(mapping, table, path);
  // As the key has it: enums by their labels, not by their declaration.
  const text = isPath(table, path)
    ? valueOf(mapping, table, path)
    : canonical(columnOf(table, path), `t.${quoteIdentifier(path)}`);
  return `${lower ? `lower(${text})` : text} COLLATE "C"`;
}

function valueOf(mapping: Mapping, table: CatalogueTable, path: string): string {
  return isPath(table, path) ? followedSql(table, mapping.catalogue, 't', path) : `t.${quoteIdentifier(path)}`;
}

function isPath(table: CatalogueTable, path: string): boolean {
  return !table.columns.some(({ name }) => name === path);
}

function entityOf(mapping: Mapping, name: string) {
  const entity = mapping.entities[name];
  if (entity === undefined) throw new TypeError(`there is no entity ${name}`);
  return entity;
}
