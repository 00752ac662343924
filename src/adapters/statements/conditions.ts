import type { A_Expr, Node, SelectStmt } from 'libpg-query';
import type { Comparison, Condition, Operand, Query } from '../../domain/statements/statement.ts';
import { constantOf, toOperand } from './operand.ts';
import { columnsIn, namesOf } from './walk.ts';

type ToQuery = (select: SelectStmt) => Query;

const COMPARISONS: ReadonlySet<string> = new Set(['=', '<', '<=', '>', '>=']);

/** The conditions of a WHERE or ON, all of which hold at once. Conditions between constants (`1 = 1`) are dropped. */
export function toConditions(node: Node | undefined, toQuery: ToQuery): readonly Condition[] {
  if (node === undefined) return [];
  if ('BoolExpr' in node) {
    const { boolop, args = [] } = node.BoolExpr;
    if (boolop === 'AND_EXPR') return args.flatMap((arg) => toConditions(arg, toQuery));
    if (boolop === 'OR_EXPR') return [{ kind: 'or', branches: args.map((arg) => toConditions(arg, toQuery)) }];
    return negated(args[0], toQuery);
  }
  if ('NullTest' in node) {
    const { arg, nulltesttype } = node.NullTest;
    return nullTest(toOperand(arg), nulltesttype === 'IS_NOT_NULL');
  }
  if ('BooleanTest' in node) {
    const { arg, booltesttype } = node.BooleanTest;
    if (booltesttype === 'IS_TRUE') return [truth(toOperand(arg), true)];
    if (booltesttype === 'IS_FALSE') return [truth(toOperand(arg), false)];
    return other('IS NOT TRUE', node);
  }
  if ('SubLink' in node) {
    const { subLinkType, testexpr, operName, subselect } = node.SubLink;
    const select = selectOf(subselect);
    if (select === null || subLinkType === 'ALL_SUBLINK') return other('ALL (SELECT)', node);
    const plain = operName === undefined || namesOf(operName).at(-1) === '=';
    if (subLinkType === 'EXISTS_SUBLINK' || subLinkType === 'ANY_SUBLINK')
      return plain ? [related(testexpr, select, false, toQuery)] : other('ANY (SELECT)', node);
    return other('a subquery', node);
  }
  if ('A_Expr' in node) return fromExpression(node.A_Expr, node, toQuery);
  const operand = toOperand(node);
  if (operand.kind === 'value') return [];
  return operand.kind === 'column' ? [truth(operand, true)] : other(operand.what, node);
}

function negated(node: Node | undefined, toQuery: ToQuery): readonly Condition[] {
  if (node === undefined) return [];
  if ('SubLink' in node) {
    const select = selectOf(node.SubLink.subselect);
    if (select !== null) return [related(node.SubLink.testexpr, select, true, toQuery)];
  }
  if ('NullTest' in node) return nullTest(toOperand(node.NullTest.arg), node.NullTest.nulltesttype !== 'IS_NOT_NULL');
  const operand = toOperand(node);
  if (operand.kind === 'value') return [];
  return operand.kind === 'column' ? [truth(operand, false)] : other('NOT', node);
}

function nullTest(operand: Operand, negated: boolean): readonly Condition[] {
  return operand.kind === 'value' ? [] : [{ kind: 'null', operand, negated }];
}

/** A boolean column by itself. */
function truth(left: Operand, value: boolean): Condition {
  return { kind: 'compare', op: '=', left, right: { kind: 'value', constant: String(value) } };
}

function related(test: Node | undefined, select: SelectStmt, not: boolean, toQuery: ToQuery): Condition {
  return {
    kind: 'related',
    operand: test === undefined ? null : toOperand(test),
    negated: not,
    query: toQuery(select),
  };
}

function selectOf(node: Node | undefined): SelectStmt | null {
  return node !== undefined && 'SelectStmt' in node ? node.SelectStmt : null;
}

function scalarSelect(node: Node | undefined): SelectStmt | null {
  return node !== undefined && 'SubLink' in node && node.SubLink.subLinkType === 'EXPR_SUBLINK'
    ? selectOf(node.SubLink.subselect)
    : null;
}

function fromExpression(expression: A_Expr, node: Node, toQuery: ToQuery): readonly Condition[] {
  const { kind, lexpr, rexpr } = expression;
  const name = namesOf(expression.name).at(-1) ?? '';
  switch (kind) {
    case 'AEXPR_OP':
      return isComparison(name) ? comparison(name, lexpr, rexpr, node, toQuery) : other(operator(name), node);
    case 'AEXPR_NOT_DISTINCT':
      return comparison('=', lexpr, rexpr, node, toQuery);
    case 'AEXPR_OP_ANY':
      return name === '=' ? inList(lexpr, elements(rexpr), node) : other(`${name} ANY`, node);
    case 'AEXPR_IN': {
      if (name !== '=') return other('NOT IN', node);
      const items = rexpr !== undefined && 'List' in rexpr ? (rexpr.List.items ?? []) : [];
      return items.length === 1
        ? comparison('=', lexpr, items[0], node, toQuery)
        : inList(lexpr, lengthOf(items), node);
    }
    case 'AEXPR_LIKE':
      return name === '~~'
        ? [{ kind: 'like', operand: toOperand(lexpr), form: likeForm(rexpr) }]
        : other('NOT LIKE', node);
    case 'AEXPR_ILIKE':
      return other(name === '~~*' ? 'ILIKE' : 'NOT ILIKE', node);
    case 'AEXPR_BETWEEN': {
      const [from, to] = rexpr !== undefined && 'List' in rexpr ? (rexpr.List.items ?? []) : [];
      return [...comparison('>=', lexpr, from, node, toQuery), ...comparison('<=', lexpr, to, node, toQuery)];
    }
    default:
      return other(kind === undefined ? operator(name) : spoken(kind), node);
  }
}

function operator(name: string): string {
  return `operator ${name}`;
}

function spoken(kind: string): string {
  return kind.replace(/^AEXPR_/, '').replaceAll('_', ' ');
}

function comparison(
  op: Comparison,
  lexpr: Node | undefined,
  rexpr: Node | undefined,
  node: Node,
  toQuery: ToQuery,
): readonly Condition[] {
  if (lexpr !== undefined && rexpr !== undefined && 'RowExpr' in lexpr && 'RowExpr' in rexpr) {
    const [left = [], right = []] = [lexpr.RowExpr.args, rexpr.RowExpr.args];
    // `(a, b) > (x, y)` bounds the first column; the others only break ties.
    const pairs = op === '=' ? left : left.slice(0, 1);
    return pairs.flatMap((part, at) => comparison(op, part, right[at], node, toQuery));
  }
  for (const [side, value] of [
    [lexpr, rexpr],
    [rexpr, lexpr],
  ]) {
    const select = scalarSelect(side);
    if (select !== null) return op === '=' ? [related(value, select, false, toQuery)] : other(`${op} (SELECT)`, node);
  }
  const [left, right] = [toOperand(lexpr), toOperand(rexpr)];
  return left.kind === 'value' && right.kind === 'value' ? [] : [{ kind: 'compare', op, left, right }];
}

function inList(lexpr: Node | undefined, values: number | null, node: Node): readonly Condition[] {
  if (lexpr !== undefined && 'RowExpr' in lexpr)
    return (lexpr.RowExpr.args ?? []).map((part) => ({ kind: 'in', operand: toOperand(part), values }));
  const operand = toOperand(lexpr);
  // `$1 = ANY (tags)` asks for rows whose array has the value.
  return operand.kind === 'value' ? other('= ANY of an array column', node) : [{ kind: 'in', operand, values }];
}

/** The number of elements of an ARRAY[…]; null for a parameter. */
function elements(node: Node | undefined): number | null {
  if (node !== undefined && 'TypeCast' in node) return elements(node.TypeCast.arg);
  return node !== undefined && 'A_ArrayExpr' in node ? lengthOf(node.A_ArrayExpr.elements ?? []) : null;
}

/** The length of a list; null where one parameter stands for several values (parser.ts). */
function lengthOf(items: readonly Node[]): number | null {
  const numbers = items.map((item) => ('ParamRef' in item ? item.ParamRef.number : undefined));
  const repeated = numbers[0] !== undefined && numbers.length === 2 && numbers[0] === numbers[1];
  return repeated ? null : items.length;
}

function likeForm(node: Node | undefined): 'prefix' | 'contains' | 'unknown' {
  if (node === undefined) return 'unknown';
  if ('TypeCast' in node) return likeForm(node.TypeCast.arg);
  if ('A_Const' in node) return /^(?:[^%_\\]|\\.)/s.test(constantOf(node.A_Const) ?? '') ? 'prefix' : 'contains';
  if ('A_Expr' in node && namesOf(node.A_Expr.name).at(-1) === '||') {
    const first = likeForm(node.A_Expr.lexpr);
    return first === 'unknown' ? 'prefix' : first;
  }
  return 'unknown';
}

function isComparison(name: string): name is Comparison {
  return COMPARISONS.has(name);
}

function other(what: string, node: Node): readonly Condition[] {
  const columns = columnsIn(node);
  return [{ kind: 'other', what, columns }];
}
