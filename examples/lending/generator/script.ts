import { tablesOf, type Value } from './rows.ts';

/** The rows as a script of COPY blocks, in the form of pg_dump, for a database that schema.sql has made. */
export function* scriptOf(seed: number, scale: number): Generator<string, void, undefined> {
  yield `SET client_encoding = 'UTF8';\nSET search_path = lending;\nBEGIN;\n`;
  for (const { table, columns, rows } of tablesOf(seed, scale)) {
    yield `\nCOPY ${table} (${columns.join(', ')}) FROM stdin;\n`;
    for (const row of rows) yield `${row.map(copyText).join('\t')}\n`;
    yield '\\.\n';
  }
  yield '\nCOMMIT;\n';
  for (const [table, column] of [
    ['staff', 'id'],
    ['authors', 'id'],
    ['works', 'id'],
  ]) {
    yield `SELECT setval(pg_get_serial_sequence('${table}', '${column}'), (SELECT max(${column}) FROM ${table}));\n`;
  }
}

function copyText(value: Value): string {
  if (value === null) return '\\N';
  if (typeof value !== 'string') return value === true ? 't' : value === false ? 'f' : String(value);
  return value.replaceAll('\\', '\\\\').replaceAll('\t', '\\t').replaceAll('\n', '\\n').replaceAll('\r', '\\r');
}
