import * as z from 'zod';
import type { EntityFacts, KeyFacts, KeyValueFacts, Met, OwnerFacts } from '../../../domain/assess/facts.ts';
import { KEY_BYTES } from '../../../domain/mapping/keys/key-template.ts';
import { MAX_ITEM_BYTES } from '../../../domain/mapping/items/item-size.ts';
import { columnType } from '../../../domain/mapping/values/types.ts';
import { findColumn, provenUnique } from '../../../domain/catalogue/tables.ts';
import type { Sql, SqlRow } from '../../../domain/ports/source.ts';
import { emptySql, outOfRangeSql, refusedSql } from '../sql/byte-sizes.ts';
import type { EntitySql, KeySql } from '../sql/entity-sql.ts';
import { bodyBytes, columnOf } from '../sql/image.ts';
import { quoteIdentifier } from '../sql/quote.ts';
import { brief } from './example.ts';
import { duplicatesOf } from './measure-duplicates.ts';
import { measureFolds } from './measure-folds.ts';

/** How many owners the report lists by name. */
const TOP = 5;

/** Measures the rows of one entity in one pass, and fetches an example of each finding. */
export async function measureEntity(sql: Sql, entity: EntitySql): Promise<EntityFacts> {
  const { subject, from, itemBytes: bytes } = entity;
  const ask = new Questions();
  const rows = ask.number('count(*)');
  const total = ask.number(`coalesce(sum(${bytes}), 0)`);
  const largest = ask.number(`coalesce(max(${bytes}), 0)`);
  const large = ask.count(`${bytes} > ${subject.plan.sizes.alarmBytes}`);
  const tooLarge = ask.count(`${bytes} > ${MAX_ITEM_BYTES}`);
  const units = (condition: string) =>
    ask.number(`coalesce(sum((${bytes} + 1023) / 1024) FILTER (WHERE ${condition}), 0)`);
  const writeUnits = units('true');
  const indexes = Object.entries(entity.present).map(([name, condition]) => ({
    name,
    rows: ask.count(condition),
    writeUnits: units(condition),
  }));
  const claims = entity.keys
    .filter(({ at }) => at.startsWith('unique.'))
    .map(({ bytes: present }) => ask.count(`${present} IS NOT NULL`));
  const bodies = bodiesOf(entity).map(([condition, size]) => ({
    count: ask.count(condition),
    bytes: ask.number(`coalesce(sum(${size}) FILTER (WHERE ${condition}), 0)`),
  }));
  const keys = entity.keys.map((key) => keyQuestions(ask, key));
  const numbers = subject.table.columns.flatMap((column) => {
    const condition = subject.entity.omit.includes(column.name)
      ? null
      : outOfRangeSql(column, `t.${quoteIdentifier(column.name)}`);
    return condition === null ? [] : [{ column, condition, rows: ask.count(condition) }];
  });
  const answer = await ask.put(sql, from);
  const example = (condition: string) => exampleOf(sql, entity, condition);
  const found = numbers.filter((number) => answer(number.rows) > 0);
  return {
    entity: subject.name,
    rows: answer(rows),
    bytes: answer(total),
    largest: answer(rows) === 0 ? null : { row: await exampleOf(sql, entity, 'true', bytes), bytes: answer(largest) },
    large: answer(large),
    tooLarge: answer(tooLarge),
    writeUnits: answer(writeUnits),
    indexes: indexes.map((index) => ({ ...index, rows: answer(index.rows), writeUnits: answer(index.writeUnits) })),
    claims: claims.reduce((sum, claim) => sum + answer(claim), 0),
    bodies: {
      count: bodies.reduce((sum, body) => sum + answer(body.count), 0),
      bytes: bodies.reduce((sum, body) => sum + answer(body.bytes), 0),
    },
    keys: await inTurn(keys, (key) => keyFacts(key, answer, (condition, by) => exampleOf(sql, entity, condition, by))),
    numbers: await inTurn(found, async ({ column, condition, rows: count }) => ({
      column: column.name,
      exact: columnType(column).kind === 'decimal',
      rows: answer(count),
      example: await example(condition),
    })),
    duplicates: (await inTurn(entity.keys, (key) => duplicatesOf(sql, entity, key))).flat(),
    folds: await measureFolds(sql, entity),
    owners: await ownersOf(sql, entity, answer(rows)),
  };
}

/** Named numbers that one statement computes. */
class Questions {
  readonly #expressions: string[] = [];

  number(expression: string): number {
    this.#expressions.push(expression);
    return this.#expressions.length - 1;
  }

  count(condition: string): number {
    return this.number(`count(*) FILTER (WHERE ${condition})`);
  }

  async put(sql: Sql, from: string): Promise<(question: number) => number> {
    const columns = this.#expressions.map((expression, at) => `(${expression})::float8 AS q${at}`);
    const [row = {}] = await sql.query(`SELECT ${columns.join(', ')} ${from}`);
    return (question) => Number(row[`q${question}`] ?? 0);
  }
}

/**
 * One kind of row to count: its condition, and the query that counts it; null if there can be none.
 */
type Kind = { readonly condition: string; readonly rows: number } | null;

function kind(ask: Questions, condition: string | null): Kind {
  return condition === null ? null : { condition, rows: ask.count(condition) };
}

interface KeyQuestions {
  readonly key: KeySql;
  readonly most: number;
  readonly tooLong: number;
  readonly values: readonly {
    readonly path: string;
    readonly nulls: Kind;
    readonly empties: Kind;
    readonly refused: Kind;
  }[];
}

function keyQuestions(ask: Questions, key: KeySql): KeyQuestions {
  return {
    key,
    most: ask.number(`coalesce(max(${key.bytes}), 0)`),
    tooLong: ask.count(`${key.bytes} > ${KEY_BYTES[key.position]}`),
    values: key.values.map(({ path, column, text }) => ({
      path,
      nulls: kind(ask, key.nullsSame ? null : `${text} IS NULL`),
      empties: kind(ask, key.single ? emptySql(column, text) : null),
      refused: kind(ask, within(key, refusedSql(column, text))),
    })),
  };
}

/** Outside a rule's condition a value is in no key. */
function within({ present }: KeySql, condition: string | null): string | null {
  return condition === null ? null : `${present} AND (${condition})`;
}

async function keyFacts(
  { key, most, tooLong, values }: KeyQuestions,
  answer: (question: number) => number,
  example: (condition: string, by?: string) => Promise<string>,
): Promise<KeyFacts> {
  const met = async (found: Kind): Promise<Met | null> =>
    found === null || answer(found.rows) === 0
      ? null
      : { rows: answer(found.rows), example: await example(found.condition) };
  return {
    at: key.at,
    position: key.position,
    maxBytes: answer(most),
    tooLong: answer(tooLong),
    worst: answer(tooLong) === 0 ? null : await example(`${key.bytes} IS NOT NULL`, key.bytes),
    values: await inTurn(values, async ({ path, ...kinds }): Promise<KeyValueFacts> => ({
      path,
      nulls: await met(kinds.nulls),
      empties: await met(kinds.empties),
      refused: await met(kinds.refused),
    })),
  };
}

/** An example row that meets the condition: the one with the highest `by`, if given. */
async function exampleOf(sql: Sql, { from, row }: EntitySql, condition: string, by?: string): Promise<string> {
  const order = by === undefined ? '' : ` ORDER BY ${by} DESC NULLS LAST`;
  const [found] = await sql.query(`SELECT ${row} AS row ${from} AND ${condition}${order} LIMIT 1`);
  return brief(String(found?.['row'] ?? ''));
}

/** Condition and size of each body that would be stored in S3. */
function bodiesOf({ subject: { entity, table, plan } }: EntitySql): readonly (readonly [string, string])[] {
  return Object.entries(entity.large).flatMap(([name, { over }]) => {
    if (findColumn(table, name) === null) return [];
    const size = `octet_length(${bodyBytes(columnOf(table, name), `t.${quoteIdentifier(name)}`)})`;
    return [[`${size} > ${over ?? plan.sizes.maxInlineBytes}`, size] as const];
  });
}

const ownerRow = z.object({
  owner: z.string().nullable(),
  rows: z.coerce.number(),
  bytes: z.coerce.number(),
  count: z.coerce.number(),
  past: z.coerce.number(),
});

/** Partition owners, largest first. */
async function ownersOf(sql: Sql, entity: EntitySql, rows: number): Promise<EntityFacts['owners']> {
  const { subject, from, itemBytes } = entity;
  const key = entity.keys.find(({ at }) => at === 'key.PK');
  const values = key?.values ?? [];
  // One row each: there is nothing to weigh.
  if (
    key === undefined ||
    rows === 0 ||
    provenUnique(
      subject.table,
      values.map(({ path }) => path),
    )
  )
    return { count: rows, past: 0, top: [] };
  const by = values.map(({ text }) => text);
  const over = subject.entity.shard?.over ?? Number.MAX_SAFE_INTEGER;
  const answer: readonly SqlRow[] = await sql.query(
    `SELECT owner, n::float8 AS rows, bytes::float8 AS bytes, count(*) OVER ()::float8 AS count,
       count(*) FILTER (WHERE n > :over::bigint) OVER ()::float8 AS past
     FROM (SELECT ${by.length === 0 ? "''" : `concat_ws('#', ${by.join(', ')})`} AS owner, count(*) AS n, sum(${itemBytes}) AS bytes ${from}
       GROUP BY (${by.join(', ')})) AS o ORDER BY o.bytes DESC LIMIT ${TOP}`,
    { over },
  );
  const top = z.array(ownerRow).parse(answer);
  return {
    count: top[0]?.count ?? 0,
    past: top[0]?.past ?? 0,
    top: top.map(({ owner, rows: owned, bytes }): OwnerFacts => ({ owner: owner ?? '', rows: owned, bytes })),
  };
}

/** One question after the other: the source has other things to do. */
async function inTurn<T, R>(items: readonly T[], ask: (item: T) => Promise<R>): Promise<readonly R[]> {
  const answers: R[] = [];
  for (const item of items) answers.push(await ask(item));
  return answers;
}
