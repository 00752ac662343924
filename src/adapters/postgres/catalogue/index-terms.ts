import type { Expr, ExprBinary } from 'pgsql-ast-parser';
import type { CatalogueColumn, UniqueIndex, UniquePart } from '../../../domain/catalogue/catalogue.ts';
import { type Condition, type Constant, constantsIn } from '../../../domain/catalogue/condition.ts';
import { ownProperty } from '../../../domain/own-property.ts';
import { looseEquality } from '../../../domain/catalogue/collation.ts';

/** A predicate in the plan's words. */
export type Terms = NonNullable<UniqueIndex['when']>;

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
  const when: Record<string, Condition> = {};
  for (const term of terms) {
    if (term === null) return null;
    const former = ownProperty(when, term.column);
    const both = former === undefined ? term.condition : merged(former, term.condition);
    if (both === null && former !== undefined) return null;
    when[term.column] = both;
  }
  return when;
}

/** Two conditions on one column as one; null where conditions cannot say it. */
function merged(left: Condition, right: Condition): Condition {
  const [one, two] = [constantsIn(left), constantsIn(right)];
  if (one.either === null && two.either === null) return excluding([...one.other, ...two.other]);
  // IS NOT NULL goes without saying beside a comparison.
  if (one.either === null && one.other.length === 0) return right;
  return two.either === null && two.other.length === 0 ? left : null;
}

function excluding(constants: Exclude<Constant, null>[]): Condition {
  const [first, ...others] = constants;
  return { not: first === undefined ? null : others.length === 0 ? first : constants };
}

/** An expression of an index's key in the plan's words: the lower case of a text column, else null. */
export function partOf(call: Expr | null, columns: readonly CatalogueColumn[]): UniquePart | null {
  if (call?.type !== 'call' || call.function.name !== 'lower' || call.function.schema !== undefined) return null;
  const [argument, ...others] = call.args;
  const column = argument === undefined || others.length > 0 ? null : columnOf(argument, columns);
  return column === null || !isText(column) ? null : { column: column.name, lower: true };
}

type Term = { readonly column: string; readonly condition: Condition } | null;

function conjunction(expression: Expr): readonly Expr[] {
  return expression.type === 'binary' && expression.op === 'AND'
    ? [...conjunction(expression.left), ...conjunction(expression.right)]
    : [expression];
}

function termOf(term: Expr, columns: readonly CatalogueColumn[]): Term {
  if (term.type === 'unary') {
    const column = columnOf(term.operand, columns);
    if (column === null) return term.op === 'NOT' ? negated(termOf(term.operand, columns)) : null;
    if (term.op === 'IS NULL') return { column: column.name, condition: null };
    if (term.op === 'IS NOT NULL') return { column: column.name, condition: { not: null } };
    if (term.op === 'NOT' || term.op === 'IS FALSE') return flag(column, false);
    return term.op === 'IS TRUE' ? flag(column, true) : null;
  }
  if (term.type !== 'binary') return flag(columnOf(term, columns), true);
  if (term.op === 'OR') return eitherOf(termOf(term.left, columns), termOf(term.right, columns));
  const column = columnOf(term.left, columns);
  if (column === null || looseEquality(column) !== null || !hasOneText(column)) return null;
  const constants = constantsOf(term).map((constant) => (constant === null ? null : typed(column, constant)));
  const known = constants.flatMap((constant) => constant ?? []);
  const [first, ...others] = known;
  if (first === undefined || known.length < constants.length) return null;
  if (term.op === '!=') return { column: column.name, condition: excluding(known) };
  return { column: column.name, condition: others.length === 0 ? first : { in: known } };
}

/** The opposite of a comparison, which a NULL does not fulfil either, or of IS NULL and IS NOT NULL. */
function negated(term: Term): Term {
  if (term === null) return null;
  const { either, other } = constantsIn(term.condition);
  const constants = (either ?? other).flatMap((constant) => constant ?? []);
  if (either !== null) return { column: term.column, condition: excluding(constants) };
  return { column: term.column, condition: constants.length === 0 ? null : { in: constants } };
}

/** Comparisons of one column joined by OR: IN. */
function eitherOf(left: Term, right: Term): Term {
  if (left === null || right === null || left.column !== right.column) return null;
  const [one, two] = [constantsIn(left.condition).either, constantsIn(right.condition).either];
  if (one === null || two === null) return null;
  const constants = [...one, ...two].flatMap((constant) => constant ?? []);
  return constants.length < one.length + two.length ? null : { column: left.column, condition: { in: constants } };
}

/** The constants of `=`, `<>`, IN and NOT IN, which PostgreSQL prints as `= ANY (ARRAY[…])` and `<> ALL (ARRAY[…])`; null for what is none. */
function constantsOf({ op, right }: ExprBinary): readonly (Exclude<Constant, null> | null)[] {
  if (op !== '=' && op !== '!=') return [];
  if (right.type !== 'call') return [constantOf(right)];
  const [list] = right.args;
  const isList = right.function.name === (op === '=' ? 'any' : 'all') && list !== undefined;
  return isList ? elementsOf(list).map(constantOf) : [];
}

/** The elements of an array, which PostgreSQL may print with a cast. */
function elementsOf(expression: Expr): readonly Expr[] {
  if (expression.type === 'cast') return elementsOf(expression.operand);
  return expression.type === 'array' ? expression.expressions : [];
}

/** Whether equal values have one text: conditions compare texts. */
function hasOneText({ type, array, scale }: CatalogueColumn): boolean {
  return !array && !/^(?:float[48]|interval|timetz|json|jsonb)$/.test(type) && (type !== 'numeric' || scale !== null);
}

/** A boolean column as a condition; a NULL does not fulfil it. */
function flag(column: CatalogueColumn | null, condition: boolean): Term {
  return column?.type === 'bool' && !column.array ? { column: column.name, condition } : null;
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
