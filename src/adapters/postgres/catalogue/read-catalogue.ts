import { createHash } from 'node:crypto';
import * as z from 'zod';
import type { Catalogue, CatalogueColumn, CatalogueTable, ForeignKey } from '../../../domain/catalogue/catalogue.ts';
import type { Sql } from '../../../domain/ports/source.ts';
import { readUniqueIndexes } from './read-unique-indexes.ts';
import { ROOTS } from './roots.ts';

const flag = z.boolean();
const number = z.number().nullable();
const collation = z.object({ name: z.string(), deterministic: flag });
const columnRow = z.object({
  table: z.string(),
  name: z.string(),
  type: z.string(),
  typeSchema: z.string(),
  kind: z.string(),
  array: flag,
  precision: number,
  scale: number,
  length: number,
  notNull: flag,
  defaultExpression: z.string().nullable(),
  generated: flag,
  collation: z
    .string()
    .nullable()
    .transform((text) => (text === null ? null : collation.parse(JSON.parse(text)))),
});
const names = z.string().transform((text) => z.array(z.string()).parse(JSON.parse(text)));
const keyRow = z.object({ table: z.string(), columns: names });
const foreignRow = z.object({
  table: z.string(),
  columns: names,
  references: z.string(),
  referenced: names,
  deferrable: z.string().nullable(),
});
const leafRow = z.object({ table: z.string(), leaf: z.string(), foreign: flag });
const childRow = z.object({ table: z.string(), column: z.string() });

/**
 * Reads a schema from pg_catalog: the root tables of partition and inheritance trees, with the
 * tables that hold their rows. Keys that cannot order writes (deferrable, partial, on expressions,
 * not valid) are neither primary nor unique keys (RACE-64).
 */
export async function readCatalogue(sql: Sql, schema: string): Promise<Catalogue> {
  const parameters = { schema };
  const columns = z.array(columnRow).parse(await sql.query(COLUMNS, parameters));
  const primary = z.array(keyRow).parse(await sql.query(PRIMARY_KEYS, parameters));
  const foreign = z.array(foreignRow).parse(await sql.query(FOREIGN_KEYS, parameters));
  const leaves = z.array(leafRow).parse(await sql.query(LEAVES, parameters));
  const childColumns = z.array(childRow).parse(await sql.query(CHILD_COLUMNS, parameters));
  const uniqueOf = await readUniqueIndexes(sql, schema);
  const tables = Object.fromEntries(
    [...new Set(leaves.map(({ table }) => table))].sort().map((name): [string, CatalogueTable] => {
      const own = columns.filter(({ table }) => table === name).map(toColumn);
      return [
        name,
        {
          schema,
          name,
          leaves: leaves.filter(({ table, leaf }) => table === name && leaf !== '').map(({ leaf }) => leaf),
          ...foreignOf(leaves.filter(({ table, foreign: isForeign }) => table === name && isForeign)),
          columns: own,
          primaryKey: primary.find(({ table }) => table === name)?.columns ?? [],
          ...uniqueOf(name, own),
          foreignKeys: foreign.filter(({ table }) => table === name).map(toForeignKey),
          ...ofChildren(childColumns.filter(({ table }) => table === name).map(({ column }) => column)),
        },
      ];
    }),
  );
  const fingerprint = createHash('sha256').update(JSON.stringify(tables)).digest('hex').slice(0, 32);
  return { tables, fingerprint };
}

function foreignOf(leaves: readonly z.infer<typeof leafRow>[]): Pick<CatalogueTable, 'foreignLeaves'> {
  return leaves.length === 0 ? {} : { foreignLeaves: leaves.map(({ leaf }) => leaf) };
}

function ofChildren(childColumns: readonly string[]): Pick<CatalogueTable, 'childColumns'> {
  return childColumns.length === 0 ? {} : { childColumns };
}

function toColumn({ table: _table, collation: found, ...column }: z.infer<typeof columnRow>): CatalogueColumn {
  const described = { ...column, hasDefault: column.defaultExpression !== null };
  return found === null ? described : { ...described, collation: found };
}

function toForeignKey(row: z.infer<typeof foreignRow>): ForeignKey {
  const key = { columns: row.columns, references: { table: row.references, columns: row.referenced } };
  return row.deferrable === null ? key : { ...key, deferrable: row.deferrable };
}

/**
 * Collations that do not sort texts by their bytes. The columns that newer versions of PostgreSQL have are read through JSON, which an
 * older one answers with NULL.
 */
const COLLATIONS = `
  SELECT c.oid, c.name, c.deterministic FROM (
    SELECT k.oid, k.collisdeterministic AS deterministic,
      CASE WHEN k.collprovider = 'd' THEN coalesce(to_json(d) ->> 'datlocprovider', 'c') ELSE k.collprovider::text END AS provider,
      CASE WHEN k.collprovider = 'd' THEN d.datcollate ELSE k.collcollate END AS locale,
      CASE WHEN k.collprovider = 'd' THEN coalesce(to_json(d) ->> 'datlocale', to_json(d) ->> 'daticulocale', d.datcollate) ELSE k.collname::text END AS name
    FROM pg_catalog.pg_collation k CROSS JOIN pg_catalog.pg_database d WHERE d.datname = current_database()
  ) c
  WHERE NOT (c.deterministic AND (c.provider = 'b' OR (c.provider = 'c' AND c.locale IN ('C', 'POSIX', 'C.UTF-8', 'C.utf8'))))`;

/**
 * Element types of arrays and base types of domains, so that `type` always names the underlying
 * type.
 */
const COLUMNS = `
  WITH RECURSIVE roots AS (${ROOTS}),
  base AS (
    SELECT r.relname, a.attnum, a.attname, a.attnotnull, a.attidentity, a.attgenerated, a.attcollation, d.adbin, d.adrelid, 0 AS depth,
      t.oid, t.typname, t.typnamespace, t.typtype, t.typcategory, t.typelem, t.typbasetype,
      CASE WHEN t.typtype = 'd' THEN t.typtypmod ELSE a.atttypmod END AS typmod, false AS is_array
    FROM roots r JOIN pg_catalog.pg_attribute a ON a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped
    JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
    LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = r.oid AND d.adnum = a.attnum
    UNION ALL
    SELECT b.relname, b.attnum, b.attname, b.attnotnull OR (b.typtype = 'd' AND outer_type.typnotnull), b.attidentity, b.attgenerated, b.attcollation, b.adbin, b.adrelid, b.depth + 1,
      t.oid, t.typname, t.typnamespace, t.typtype, t.typcategory, t.typelem, t.typbasetype,
      CASE WHEN t.typtype = 'd' THEN t.typtypmod ELSE b.typmod END, b.is_array OR b.typtype <> 'd'
    FROM base b JOIN pg_catalog.pg_type outer_type ON outer_type.oid = b.oid
    JOIN pg_catalog.pg_type t ON t.oid = CASE WHEN b.typtype = 'd' THEN b.typbasetype ELSE b.typelem END
    WHERE b.typtype = 'd' OR (b.typcategory = 'A' AND b.typelem <> 0)
  ),
  last AS (SELECT DISTINCT ON (relname, attnum) * FROM base ORDER BY relname, attnum, depth DESC)
  SELECT relname::text AS "table", attname::text AS name, typname::text AS type,
    (SELECT n.nspname::text FROM pg_catalog.pg_namespace n WHERE n.oid = typnamespace) AS "typeSchema", typtype::text AS kind, is_array AS "array",
    CASE WHEN typname = 'numeric' AND typmod >= 4 THEN ((typmod - 4) >> 16) & 65535 END AS precision,
    CASE WHEN typname = 'numeric' AND typmod >= 4 THEN ((((typmod - 4) & 2047) # 1024) - 1024) END AS scale,
    CASE WHEN typname IN ('bpchar', 'varchar') AND typmod >= 4 THEN typmod - 4 END AS length,
    attnotnull AS "notNull",
    CASE WHEN attidentity <> '' THEN 'identity' WHEN attgenerated = '' THEN pg_catalog.pg_get_expr(adbin, adrelid) END AS "defaultExpression",
    attgenerated <> '' AS "generated",
    (SELECT json_build_object('name', k.name, 'deterministic', k.deterministic)::text FROM (${COLLATIONS}) k WHERE k.oid = attcollation) AS collation
  FROM last ORDER BY relname, attnum`;

const PRIMARY_KEYS = `
  WITH roots AS (${ROOTS})
  SELECT r.relname::text AS "table",
    (SELECT json_agg(a.attname ORDER BY k.n)::text FROM unnest(i.indkey::int2[]) WITH ORDINALITY k(attnum, n)
      JOIN pg_catalog.pg_attribute a ON a.attrelid = r.oid AND a.attnum = k.attnum WHERE k.n <= i.indnkeyatts) AS columns
  FROM roots r JOIN pg_catalog.pg_index i ON i.indrelid = r.oid
  WHERE i.indisprimary AND i.indimmediate AND i.indisvalid
  ORDER BY 1`;

const FOREIGN_KEYS = `
  WITH roots AS (${ROOTS})
  SELECT r.relname::text AS "table", f.relname::text AS "references", CASE WHEN c.condeferrable THEN c.conname::text END AS deferrable,
    (SELECT json_agg(a.attname ORDER BY k.n)::text FROM unnest(c.conkey) WITH ORDINALITY k(attnum, n)
      JOIN pg_catalog.pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = k.attnum) AS columns,
    (SELECT json_agg(a.attname ORDER BY k.n)::text FROM unnest(c.confkey) WITH ORDINALITY k(attnum, n)
      JOIN pg_catalog.pg_attribute a ON a.attrelid = c.confrelid AND a.attnum = k.attnum) AS referenced
  FROM roots r JOIN pg_catalog.pg_constraint c ON c.conrelid = r.oid AND c.contype = 'f'
  JOIN roots f ON f.oid = c.confrelid
  ORDER BY 1, 3`;

const TREE = `
  WITH RECURSIVE roots AS (${ROOTS}),
  tree AS (
    SELECT r.relname, r.oid AS root, r.oid, r.relkind FROM roots r
    UNION ALL
    SELECT t.relname, t.root, c.oid, c.relkind FROM tree t JOIN pg_catalog.pg_inherits i ON i.inhparent = t.oid
    JOIN pg_catalog.pg_class c ON c.oid = i.inhrelid AND c.relpersistence <> 't'
  )`;

/**
 * An ordinary root holds rows itself, a partitioned root does not; children of either do. A root
 * without partitions stays listed.
 */
const LEAVES = `${TREE}
  SELECT DISTINCT t.relname::text AS "table",
    CASE WHEN t.relkind IN ('r', 'f') THEN n.nspname || '.' || c.relname ELSE '' END AS leaf, t.relkind = 'f' AS "foreign"
  FROM tree t JOIN pg_catalog.pg_class c ON c.oid = t.oid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  ORDER BY 1, 2`;

/** Rows are read through the parent, which does not show a child's own columns. */
const CHILD_COLUMNS = `${TREE}
  SELECT DISTINCT t.relname::text AS "table", n.nspname || '.' || c.relname || '.' || a.attname AS "column"
  FROM tree t JOIN pg_catalog.pg_class c ON c.oid = t.oid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
  WHERE t.oid <> t.root AND NOT EXISTS (
    SELECT 1 FROM pg_catalog.pg_attribute own WHERE own.attrelid = t.root AND own.attname = a.attname AND NOT own.attisdropped)
  ORDER BY 1, 2`;
