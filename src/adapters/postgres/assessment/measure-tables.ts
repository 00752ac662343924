import type { Catalogue, CatalogueTable } from '../../../domain/catalogue/catalogue.ts';
import { columnType } from '../../../domain/mapping/values/types.ts';
import type { Measures } from '../../../domain/plan-draft/draft.ts';
import type { Sql } from '../../../domain/ports/source.ts';
import { utf8Bytes } from '../sql/canonical.ts';
import { quoteIdentifier, quoteQualified } from '../sql/quote.ts';

const LONG = new Set(['text', 'bytes', 'json', 'jsonb', 'other']);

/** Figures for a draft plan: row counts, lengths of the longest values, and children per parent. */
export async function measureTables(sql: Sql, catalogue: Catalogue): Promise<Measures> {
  const measures: Record<string, Measures[string]> = {};
  for (const [name, table] of Object.entries(catalogue.tables)) measures[name] = await measureTable(sql, table);
  return measures;
}

async function measureTable(sql: Sql, table: CatalogueTable): Promise<Measures[string]> {
  const from = quoteQualified(table.schema, table.name);
  const columns = table.columns.filter((column) => column.array || LONG.has(columnType(column).kind));
  const longest = columns.map((column, at) => {
    const value = `t.${quoteIdentifier(column.name)}`;
    const binary = columnType(column).kind === 'bytes' && !column.array;
    const bytes = binary ? `octet_length(${value})` : utf8Bytes(`${value}::text`);
    return `, coalesce(max(${bytes}), 0)::float8 AS l${at}`;
  });
  const [row = {}] = await sql.query(`SELECT count(*)::float8 AS rows${longest.join('')} FROM ${from} AS t`);
  const children: Record<string, number> = {};
  for (const { columns: key } of table.foreignKeys) {
    const by = key.map((column) => `t.${quoteIdentifier(column)}`);
    const present = by.map((column) => `${column} IS NOT NULL`).join(' AND ');
    const [most = {}] = await sql.query(
      `SELECT coalesce(max(n), 0)::float8 AS most FROM (SELECT count(*) AS n FROM ${from} AS t WHERE ${present} GROUP BY ${by.join(', ')}) AS g`,
    );
    children[key.join(',')] = Number(most['most'] ?? 0);
  }
  return {
    rows: Number(row['rows'] ?? 0),
    longest: Object.fromEntries(columns.map(({ name }, at) => [name, Number(row[`l${at}`] ?? 0)])),
    children,
  };
}
