import * as z from 'zod';
import type { CatalogueColumn, CatalogueTable, UniqueIndex } from '../../../domain/catalogue/catalogue.ts';
import { constantsIn } from '../../../domain/catalogue/condition.ts';
import { ownProperty } from '../../../domain/own-property.ts';
import { keyObstacle, standsInKey } from '../../../domain/mapping/keys/key-obstacle.ts';
import type { Sql } from '../../../domain/ports/source.ts';
import { quoteIdentifier, quoteQualified } from '../sql/quote.ts';
import { type Expressions, parseExpressions, partOf, type Terms, termsOf } from './index-terms.ts';
import { ROOTS } from './roots.ts';

const part = z.object({
  column: z.string().nullable(),
  expression: z.string(),
  type: z.string(),
  base: z.string(),
  kind: z.string(),
  array: z.boolean(),
  loose: z.boolean(),
});
const indexRow = z.object({
  table: z.string(),
  name: z.string(),
  definition: z.string(),
  primary: z.boolean(),
  constraint: z.boolean(),
  immediate: z.boolean(),
  nullsSame: z.boolean(),
  predicate: z.string().nullable(),
  parts: z.string().transform((text) => z.array(part).parse(JSON.parse(text))),
});
type IndexRow = z.infer<typeof indexRow>;

/**
 * Reads the unique indexes of a schema. Returns those of a table, given its columns. A list of columns of which one can stand in no key is
 * described as well as the others; so is a primary key that is such a list, or deferrable.
 */
export async function readUniqueIndexes(
  sql: Sql,
  schema: string,
): Promise<
  (table: string, columns: readonly CatalogueColumn[]) => Pick<CatalogueTable, 'uniqueKeys' | 'uniqueIndexes'>
> {
  const rows = z.array(indexRow).parse(await sql.query(UNIQUE_INDEXES, { schema }));
  const texts = rows.flatMap(({ predicate, parts }) => [
    ...(predicate === null ? [] : [predicate]),
    ...parts.flatMap(({ column, expression }) => (column === null ? [expression] : [])),
  ]);
  const expressions = await parseExpressions(texts);
  return (table, columns) => {
    const root = quoteQualified(schema, table);
    const own = rows.filter((row) => row.table === table).map((row) => ({ row, plain: plainKey(row, columns) }));
    const uniqueKeys = own
      .flatMap(({ row, plain }) => (plain === null || row.primary ? [] : [plain]))
      .sort((left, right) => (JSON.stringify(left) < JSON.stringify(right) ? -1 : 1));
    const uniqueIndexes = own.flatMap(({ row, plain }) =>
      plain === null || !standsInKey({ columns }, plain) ? [describe(row, { columns, root, expressions })] : [],
    );
    return uniqueIndexes.length === 0 ? { uniqueKeys } : { uniqueKeys, uniqueIndexes };
  };
}

/** The columns of an index that is nothing but a list of columns, else null. */
function plainKey(
  { immediate, predicate, parts, nullsSame }: IndexRow,
  columns: readonly CatalogueColumn[],
): readonly string[] | null {
  const names = parts.flatMap(({ column }) => (column === null ? [] : [column]));
  if (!immediate || predicate !== null || names.length < parts.length) return null;
  return nullsSame && names.some((name) => isNullable(columns, name)) ? null : names;
}

function describe(
  row: IndexRow,
  {
    columns,
    root,
    expressions,
  }: { readonly columns: readonly CatalogueColumn[]; readonly root: string; readonly expressions: Expressions },
): UniqueIndex {
  const { name, definition, primary, immediate, predicate, parts, nullsSame } = row;
  const key = parts.map(({ column, expression }) =>
    column === null ? partOf(expressions.get(expression) ?? null, columns) : { column, lower: false },
  );
  const said = key.flatMap((each) => (each === null ? [] : [each]));
  const terms = predicate === null ? {} : termsOf(expressions.get(predicate) ?? null, columns);
  const absent = said.filter(({ column }) => isNullable(columns, column) && !isPresent(terms, column));
  const nulls = nullsSame && absent.length > 0 ? 'same' : 'distinct';
  const when =
    terms === null
      ? null
      : Object.fromEntries(Object.entries(terms).filter(([name]) => !isImplied(terms, name, said, nulls, columns)));
  const unsaid = key.map((each) => each === null || !standsInKey({ columns }, [each.column]));
  const isSaid = when !== null && !unsaid.includes(true);
  const generated = parts.map((each, at) => (unsaid[at] === true ? generatedColumn(each, columns) : null));
  // A generated column would not have the collation that makes texts equal.
  const cannot = parts.some(({ loose }, at) => loose || (unsaid[at] === true && generated[at] === null));
  const rewrite = isSaid || cannot ? {} : { rewrite: rewriteSql(row, root, generated, when === null) };
  return {
    name,
    definition,
    key: key.includes(null) ? null : said,
    when,
    nulls,
    deferrable: !immediate,
    ...(primary ? { primary } : {}),
    ...rewrite,
  };
}

interface Generated {
  readonly type: string;
  readonly expression: string;
}

/** A column that holds a part of an index in a form that a key can hold: equal values have one text. Null where SQL has no such text. */
function generatedColumn(
  { column, expression, type, base, kind, array }: IndexRow['parts'][number],
  columns: readonly CatalogueColumn[],
): Generated | null {
  const [, precision = null, scale = null] = /^numeric\((\d+),(-?\d+)\)$/.exec(type) ?? [];
  const given = columns.find(({ name }) => name === column) ?? {
    type: base,
    kind,
    array,
    typeSchema: 'pg_catalog',
    precision: precision === null ? null : Number(precision),
    scale: scale === null ? null : Number(scale),
    length: null,
    notNull: false,
    hasDefault: false,
    defaultExpression: null,
    generated: false,
  };
  if (keyObstacle({ ...given, name: 'generated' }) === null) return { type, expression };
  if (given.array) return null;
  if (given.type === 'numeric') return { type: 'text', expression: `trim_scale(${expression})::text` };
  // -0 equals 0.
  return /^float[48]$/.test(given.type) ? { type: 'text', expression: `((${expression}) + 0)::text` } : null;
}

/** Replaces an index by one on generated columns, for parts and for a predicate that the plan cannot say. A primary key stays beside it. */
function rewriteSql(
  { name, predicate, parts, nullsSame, primary, constraint }: IndexRow,
  root: string,
  generatedParts: readonly (Generated | null)[],
  unsaidPredicate: boolean,
): string {
  const front = name.replaceAll(/\W/g, '_').slice(0, 50);
  const added: string[] = [];
  const generated = (suffix: string, { type, expression }: Generated): string => {
    added.push(`ADD COLUMN ${front}_${suffix} ${type} GENERATED ALWAYS AS (${expression}) STORED`);
    return `${front}_${suffix}`;
  };
  const columns = parts.map(({ expression }, at) => {
    const replaced = generatedParts[at] ?? null;
    return replaced === null ? expression : generated(`key${at + 1}`, replaced);
  });
  const only = (): string =>
    unsaidPredicate ? generated('when', { type: 'boolean', expression: predicate ?? '' }) : (predicate ?? '');
  const condition = predicate === null ? '' : ` WHERE ${only()}`;
  const index = quoteIdentifier(name);
  const drop = constraint
    ? `ALTER TABLE ${root} DROP CONSTRAINT ${index};`
    : `DROP INDEX ${root.slice(0, root.lastIndexOf('.') + 1)}${index};`;
  const nulls = nullsSame ? ' NULLS NOT DISTINCT' : '';
  return (
    `ALTER TABLE ${root} ${added.join(', ')}; CREATE UNIQUE INDEX ${front}_said ON ${root} (${columns.join(', ')})${nulls}${condition};` +
    (primary ? '' : ` ${drop}`)
  );
}

/** Whether the predicate excludes NULL in a column. */
function isPresent(terms: Terms | null, name: string): boolean {
  const condition = terms === null ? undefined : ownProperty(terms, name);
  return condition !== undefined && condition !== null;
}

/** Whether a condition is IS NOT NULL, and the rule's own treatment of NULL leaves out the rows that it leaves out. */
function isImplied(
  terms: Terms,
  name: string,
  key: UniqueIndex['key'] & {},
  nulls: UniqueIndex['nulls'],
  columns: readonly CatalogueColumn[],
): boolean {
  const { either, other } = constantsIn(ownProperty(terms, name) ?? null);
  if (either !== null || other.length > 0) return false;
  return !isNullable(columns, name) || (nulls === 'distinct' && key.some(({ column }) => column === name));
}

function isNullable(columns: readonly CatalogueColumn[], name: string): boolean {
  return columns.find((column) => column.name === name)?.notNull !== true;
}

/**
 * A column under a collation of the index's own that holds different texts for equal is an expression. `indnullsnotdistinct` exists since
 * PostgreSQL 15 and is read through JSON, which an older one answers with NULL.
 */
const UNIQUE_INDEXES = `
  WITH roots AS (${ROOTS})
  SELECT r.relname::text AS "table", x.relname::text AS name, i.indimmediate AS immediate, i.indisprimary AS primary,
    EXISTS (SELECT 1 FROM pg_catalog.pg_constraint k WHERE k.conindid = i.indexrelid AND k.contype IN ('p', 'u') AND k.conrelid = r.oid) AS "constraint",
    coalesce((to_json(i) ->> 'indnullsnotdistinct')::boolean, false) AS "nullsSame",
    pg_catalog.pg_get_indexdef(i.indexrelid) AS definition, pg_catalog.pg_get_expr(i.indpred, i.indrelid) AS predicate,
    (SELECT json_agg(json_build_object(
        'column', CASE WHEN o.oid IS NULL THEN a.attname END,
        'expression', pg_catalog.pg_get_indexdef(i.indexrelid, k.n::int, false) || coalesce(' COLLATE ' || quote_ident(o.collname), ''),
        'type', pg_catalog.format_type(e.atttypid, e.atttypmod), 'base', coalesce(y.typname, b.typname), 'kind', coalesce(y.typtype, b.typtype), 'array', y.oid IS NOT NULL,
        'loose', o.oid IS NOT NULL
      ) ORDER BY k.n)::text
      FROM unnest(i.indkey::int2[], i.indcollation::oid[]) WITH ORDINALITY k(attnum, coll, n)
      JOIN pg_catalog.pg_attribute e ON e.attrelid = i.indexrelid AND e.attnum = k.n JOIN pg_catalog.pg_type s ON s.oid = e.atttypid
      JOIN pg_catalog.pg_type b ON b.oid = CASE WHEN s.typtype = 'd' THEN s.typbasetype ELSE s.oid END
      LEFT JOIN pg_catalog.pg_type y ON y.oid = b.typelem AND b.typcategory = 'A'
      LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = r.oid AND a.attnum = k.attnum AND k.attnum <> 0
      LEFT JOIN pg_catalog.pg_collation o ON o.oid = k.coll AND NOT o.collisdeterministic AND o.oid IS DISTINCT FROM a.attcollation
      WHERE k.n <= i.indnkeyatts) AS parts
  FROM roots r JOIN pg_catalog.pg_index i ON i.indrelid = r.oid JOIN pg_catalog.pg_class x ON x.oid = i.indexrelid
  WHERE i.indisunique AND i.indisvalid
  ORDER BY 1, 2`;
