import type { Expr } from 'pgsql-ast-parser';
import type { CatalogueColumn, UniqueIndex, UniquePart } from '../../../domain/catalogue/catalogue.ts';
import { looseEquality } from '../../../domain/catalogue/collation.ts';

/** A predicate in the plan's words: columns that equal constants (null = IS NULL), and columns that are NOT NULL. */
export interface Terms {
  readonly when: NonNullable<UniqueIndex['when']>;
  readonly present: readonly string[];
}

/** Parsed expressions by their text; null for one that the parser does not know. */
export type Expressions = ReadonlyMap<string, Expr | null>;

/** Parses expressions as PostgreSQL prints them. Clients read the catalogue at their start, and few schemas need the parser: it is loaded on demand. */
export async function parseExpressions(texts: readonly string[]): Promise<Expressions> {
  if (texts.length === 0) return new Map();
  const { parse } = await import('pgsql-ast-parser');
  const parsed = (text: string): Expr | null => {
    try {
      return parse(text, 'expr');
    } catch {
      // The parser does not know all of PostgreSQL's syntax.
      return null;
    }
  };
  return new Map(texts.map((text) => [text, parsed(text)]));
}

/** The predicate of a partial index in the plan's words; null if the plan cannot say it. */
export function termsOf(expression: Expr | null, columns: readonly CatalogueColumn[]): Terms | null {
  const terms = expression === null ? null : conjunction(expression).map((term) => termOf(term, columns));
  if (terms === null) return null;
  const when: Record<string, Constant> = {};
  const present: string[] = [];
  for (const term of terms) {
    if (term === null) return null;
    if (term.constant === undefined) present.push(term.column);
    // The same column twice holds for no row, or says the same twice.
    else if (Object.hasOwn(when, term.column)) return null;
    else when[term.column] = term.constant;
  }
  return { when, present };
}

/** An expression of an index's key in the plan's words: the lower case of a text column, else null. */
export function partOf(call: Expr | null, columns: readonly CatalogueColumn[]): UniquePart | null {
  if (call?.type !== 'call' || call.function.name !== 'lower' || call.function.schema !== undefined) return null;
  const [argument, ...others] = call.args;
  const column = argument === undefined || others.length > 0 ? null : columnOf(argument, columns);
  return column === null || !isText(column) ? null : { column: column.name, lower: true };
}

type Constant = string | number | boolean | null;
/** `constant` undefined: the column is NOT NULL. */
type Term = { readonly column: string; readonly constant: Constant | undefined } | null;

function conjunction(expression: Expr): readonly Expr[] {
  return expression.type === 'binary' && expression.op === 'AND'
    ? [...conjunction(expression.left), ...conjunction(expression.right)]
    : [expression];
}

function termOf(term: Expr, columns: readonly CatalogueColumn[]): Term {
  if (term.type === 'unary') {
    const column = columnOf(term.operand, columns);
    if (column === null) return null;
    if (term.op === 'IS NULL') return { column: column.name, constant: null };
    if (term.op === 'IS NOT NULL') return { column: column.name, constant: undefined };
    if (term.op === 'NOT' || term.op === 'IS FALSE') return flag(column, false);
    return term.op === 'IS TRUE' ? flag(column, true) : null;
  }
  if (term.type !== 'binary' || term.op !== '=') return flag(columnOf(term, columns), true);
  const column = columnOf(term.left, columns);
  const constant = column === null ? null : typed(column, constantOf(term.right));
  return column === null || constant === null || looseEquality(column) !== null
    ? null
    : { column: column.name, constant };
}

/** A boolean column as a condition; a NULL does not fulfil it. */
function flag(column: CatalogueColumn | null, constant: boolean): Term {
  return column?.type === 'bool' && !column.array ? { column: column.name, constant } : null;
}

/** The column itself, or cast to text where that is how PostgreSQL compares it. */
function columnOf(expression: Expr, columns: readonly CatalogueColumn[]): CatalogueColumn | null {
  if (expression.type === 'ref')
    return columns.find(({ name }) => expression.table === undefined && name === expression.name) ?? null;
  if (expression.type !== 'cast' || !('name' in expression.to) || !/^(?:text|bpchar)$/.test(expression.to.name))
    return null;
  const column = columnOf(expression.operand, columns);
  return column !== null && isText(column) ? column : null;
}

function constantOf(expression: Expr): Exclude<Constant, null> | null {
  switch (expression.type) {
    case 'cast':
      return constantOf(expression.operand);
    case 'string':
    case 'boolean':
      return expression.value;
    case 'integer':
      return Number.isSafeInteger(expression.value) ? expression.value : null;
    default:
      return null;
  }
}

/** PostgreSQL prints some integers as casts of texts, `'-3'::integer`. */
function typed({ type }: CatalogueColumn, constant: ReturnType<typeof constantOf>): ReturnType<typeof constantOf> {
  const isInteger = typeof constant === 'string' && /^int[248]$/.test(type) && Number.isSafeInteger(Number(constant));
  return isInteger ? Number(constant) : constant;
}

function isText({ type, array }: CatalogueColumn): boolean {
  return !array && ['text', 'varchar', 'bpchar', 'citext'].includes(type);
}
