import { hasSqlDetails, loadModule, type Node, parseSync, scanSync } from 'libpg-query';
import type { ParsedStatement, Query, TableName } from '../../domain/statements/statement.ts';
import { toQuery, writeQuery } from './query.ts';

export interface StatementParser {
  /** Parses one statement. Whatever cannot be parsed is `unparsed`, with the reason; nothing is thrown. */
  parse(text: string): ParsedStatement;
  /** Splits a script at the semicolons between its statements; each part keeps its comments. */
  split(script: string): readonly string[];
}

/** Loads PostgreSQL's own parser, compiled to WebAssembly. */
export async function loadStatementParser(): Promise<StatementParser> {
  await loadModule();
  return { parse, split };
}

/** PostgreSQL 18 writes a list of any length as `$1 /*, ... *\/`. A parameter that is listed twice stands for it. */
const SHORTENED_LIST = /(\$\d+)\s*\/\*, \.\.\. \*\//g;

/** Placeholders of drivers, `?` and `:name`; beside them what may hold the same characters. */
const PLACEHOLDERS = /'(?:[^'\\]|''|\\.)*'|"[^"]*"|::|\?|:[a-z_]\w*/gis;

function parse(text: string): ParsedStatement {
  const parsed = parseAsIs(text);
  // `?` may be an operator of jsonb, so it is a placeholder only where the text is none of PostgreSQL's.
  if (parsed.kind !== 'unparsed') return parsed;
  const numbered = withNumbers(text);
  const other = numbered === text ? parsed : parseAsIs(numbered);
  return other.kind === 'unparsed' ? parsed : other;
}

function withNumbers(text: string): string {
  let number = 0;
  return text.replaceAll(PLACEHOLDERS, (found) => (/^(?:\?|:\w+)$/.test(found) ? `$${(number += 1)}` : found));
}

function parseAsIs(text: string): ParsedStatement {
  try {
    const [statement, ...others] = parseSync(text.replaceAll(SHORTENED_LIST, '$1, $1')).stmts ?? [];
    if (others.length > 0) return { kind: 'unparsed', reason: 'several statements in one' };
    return statement?.stmt === undefined ? { kind: 'utility' } : toStatement(statement.stmt);
  } catch (error) {
    if (hasSqlDetails(error)) return { kind: 'unparsed', reason: error.message };
    const empty = error instanceof Error && error.message === 'Query cannot be empty';
    return empty ? { kind: 'utility' } : { kind: 'unparsed', reason: 'nested too deeply' };
  }
}

function toStatement(node: Node): ParsedStatement {
  if ('SelectStmt' in node) return { kind: 'read', query: toQuery(node.SelectStmt) };
  if ('InsertStmt' in node) {
    const { relation, selectStmt, withClause } = node.InsertStmt;
    const query = writeQuery(undefined, undefined, undefined, { with: withClause, values: selectStmt });
    return write('INSERT', relation, query);
  }
  if ('UpdateStmt' in node) {
    const { relation, fromClause, whereClause, targetList, withClause } = node.UpdateStmt;
    const query = writeQuery(relation, fromClause, whereClause, { with: withClause, values: targetList });
    return write('UPDATE', relation, query);
  }
  if ('DeleteStmt' in node) {
    const { relation, usingClause, whereClause, withClause } = node.DeleteStmt;
    return write('DELETE', relation, writeQuery(relation, usingClause, whereClause, { with: withClause }));
  }
  if ('MergeStmt' in node) {
    const { relation, sourceRelation, joinCondition, withClause } = node.MergeStmt;
    const from = sourceRelation === undefined ? [] : [sourceRelation];
    return write('MERGE', relation, writeQuery(relation, from, joinCondition, { with: withClause }));
  }
  return { kind: 'utility' };
}

type Target = { readonly schemaname?: string; readonly relname?: string } | undefined;

function write(
  verb: Extract<ParsedStatement, { kind: 'write' }>['verb'],
  target: Target,
  query: Query,
): ParsedStatement {
  const table: TableName = { schema: target?.schemaname ?? null, table: target?.relname ?? '' };
  return { kind: 'write', verb, target: table, query };
}

const SEMICOLON = 59;

function split(script: string): readonly string[] {
  const bytes = Buffer.from(script);
  const cuts = cutsOf(script);
  const parts = [...cuts, bytes.length].map((end, at) => bytes.subarray(at === 0 ? 0 : (cuts[at - 1] ?? 0) + 1, end));
  return parts.map((part) => part.toString().trim()).filter((part) => part !== '');
}

/** Byte offsets of the semicolons; at the ends of lines where the script cannot be scanned, as with an unpaired quote. */
function cutsOf(script: string): readonly number[] {
  try {
    return scanSync(script)
      .tokens.filter(({ tokenType }) => tokenType === SEMICOLON)
      .map(({ start }) => start);
  } catch {
    return [...script.matchAll(/;[ \t]*(?=\r?\n|$)/g)].map(({ index }) => Buffer.byteLength(script.slice(0, index)));
  }
}
