import type { JoinExpr, Node, RangeVar, SelectStmt, WithClause } from 'libpg-query';
import type { Condition, Operand, Query, Relation } from '../../domain/statements/statement.ts';
import { toConditions } from './conditions.ts';
import { constantOf, toOperand } from './operand.ts';
import { columnsIn, namesOf, walk } from './walk.ts';

/** Aggregates that compute a value of many rows. Those that only collect rows (json_agg, array_agg) are not among them. */
const AGGREGATES =
  /^(?:count|sum|avg|min|max|every|bool_and|bool_or|bit_and|bit_or|stddev\w*|variance|var_\w+|corr|regr_\w+|covar_\w+|mode|percentile_\w+)$/;

/** What FROM contributes to a query. */
interface From {
  readonly relations: readonly Relation[];
  readonly conditions: readonly Condition[];
  readonly computes: readonly string[];
  readonly subqueries: readonly Query[];
}

const NOTHING: From = { relations: [], conditions: [], computes: [], subqueries: [] };

/** A SELECT as a query. `derived` are the names of CTEs, which are no tables. */
export function toQuery(select: SelectStmt, derived: ReadonlySet<string> = new Set()): Query {
  const names = withNames(select.withClause, derived);
  const inner = (nested: SelectStmt) => toQuery(nested, names);
  const ctes = queriesOf(select.withClause, names);
  if (select.larg !== undefined && select.rarg !== undefined)
    return {
      ...EMPTY,
      computes: [
        // An application drops the duplicates of a UNION by itself.
        ...(select.op === 'SETOP_UNION' ? [] : [(select.op ?? '').slice('SETOP_'.length)]),
        ...(select.withClause?.recursive === true ? ['WITH RECURSIVE'] : []),
      ],
      subqueries: [...ctes, inner(select.larg), inner(select.rarg)],
    };
  const from = fromList(select.fromClause, names);
  const conditions = toConditions(select.whereClause, inner);
  return {
    relations: from.relations,
    conditions: [...from.conditions, ...conditions],
    order: (select.sortClause ?? []).flatMap((node) =>
      'SortBy' in node
        ? [{ operand: sortOperand(node.SortBy.node, select), descending: node.SortBy.sortby_dir === 'SORTBY_DESC' }]
        : [],
    ),
    limit: limitOf(select.limitCount),
    offset: skips(select.limitOffset),
    computes: [
      ...from.computes,
      ...aggregates(select.targetList),
      ...(select.groupClause === undefined ? [] : ['GROUP BY']),
      ...(select.withClause?.recursive === true ? ['WITH RECURSIVE'] : []),
    ],
    output: columnsIn(select.targetList),
    subqueries: [
      ...ctes,
      ...from.subqueries,
      ...nestedIn(select.targetList, inner),
      ...nestedIn(hidden(select), inner),
    ],
  };
}

const EMPTY: Query = {
  relations: [],
  conditions: [],
  order: [],
  limit: null,
  offset: false,
  computes: [],
  output: [],
  subqueries: [],
};

/** The query of an UPDATE, DELETE or MERGE: its target and what it joins, under its conditions. */
export function writeQuery(
  target: RangeVar | undefined,
  from: readonly Node[] | undefined,
  where: Node | undefined,
  more: { readonly with: WithClause | undefined; readonly values?: unknown },
): Query {
  const names = withNames(more.with, new Set());
  const inner = (nested: SelectStmt) => toQuery(nested, names);
  const others = fromList(from, names);
  const own: From = target === undefined ? NOTHING : fromNode({ RangeVar: target }, new Set());
  return {
    ...EMPTY,
    relations: [...own.relations, ...others.relations],
    conditions: [...others.conditions, ...toConditions(where, inner)],
    subqueries: [...queriesOf(more.with, names), ...others.subqueries, ...nestedIn(more.values, inner)],
  };
}

function withNames(clause: WithClause | undefined, outer: ReadonlySet<string>): ReadonlySet<string> {
  const own = (clause?.ctes ?? []).flatMap((node) =>
    'CommonTableExpr' in node ? [node.CommonTableExpr.ctename ?? ''] : [],
  );
  return own.length === 0 ? outer : new Set([...outer, ...own]);
}

function queriesOf(clause: WithClause | undefined, names: ReadonlySet<string>): readonly Query[] {
  return (clause?.ctes ?? []).flatMap((node) => {
    const query = 'CommonTableExpr' in node ? node.CommonTableExpr.ctequery : undefined;
    if (query === undefined) return [];
    if ('SelectStmt' in query) return [toQuery(query.SelectStmt, names)];
    return nestedIn(query, (nested) => toQuery(nested, names));
  });
}

/** Subqueries inside expressions. */
function nestedIn(value: unknown, inner: (select: SelectStmt) => Query): readonly Query[] {
  const found: Query[] = [];
  walk(value, (node) => {
    if (!('SelectStmt' in node)) return true;
    found.push(inner(node.SelectStmt));
    return false;
  });
  return found;
}

/** Subqueries of WHERE that no condition carries: those inside functions and other operators. */
function hidden({ whereClause }: SelectStmt): readonly Node[] {
  const nodes: Node[] = [];
  walk(whereClause, (node) => {
    if ('FuncCall' in node || 'CaseExpr' in node || 'CoalesceExpr' in node) nodes.push(node);
    return !('SubLink' in node) && nodes.at(-1) !== node;
  });
  return nodes;
}

function fromList(nodes: readonly Node[] | undefined, names: ReadonlySet<string>): From {
  return (nodes ?? []).map((node) => fromNode(node, names)).reduce(join, NOTHING);
}

function join(left: From, right: From): From {
  return {
    relations: [...left.relations, ...right.relations],
    conditions: [...left.conditions, ...right.conditions],
    computes: [...left.computes, ...right.computes],
    subqueries: [...left.subqueries, ...right.subqueries],
  };
}

function fromNode(node: Node, names: ReadonlySet<string>): From {
  if ('RangeVar' in node) {
    const { schemaname, relname = '', alias } = node.RangeVar;
    if (schemaname === undefined && names.has(relname)) return NOTHING;
    const relation = { schema: schemaname ?? null, table: relname, alias: alias?.aliasname ?? relname };
    return { ...NOTHING, relations: [{ ...relation, optional: false, on: [] }] };
  }
  if ('JoinExpr' in node) return joined(node.JoinExpr, names);
  if ('RangeSubselect' in node) {
    const { subquery } = node.RangeSubselect;
    return subquery !== undefined && 'SelectStmt' in subquery
      ? { ...NOTHING, subqueries: [toQuery(subquery.SelectStmt, names)] }
      : NOTHING;
  }
  if ('RangeTableSample' in node) {
    const { relation } = node.RangeTableSample;
    const sampled = relation === undefined ? NOTHING : fromNode(relation, names);
    return { ...sampled, computes: ['TABLESAMPLE'] };
  }
  return NOTHING;
}

function joined({ jointype, larg, rarg, quals, usingClause }: JoinExpr, names: ReadonlySet<string>): From {
  const [left, right] = [larg, rarg].map((side) => (side === undefined ? NOTHING : fromNode(side, names)));
  if (left === undefined || right === undefined) return NOTHING;
  const on = [
    ...toConditions(quals, (nested) => toQuery(nested, names)),
    ...using(namesOf(usingClause), left.relations.at(-1), right.relations.at(0)),
  ];
  if (jointype === 'JOIN_LEFT') return join(left, optional(right, on));
  if (jointype === 'JOIN_RIGHT') return join(right, optional(left, on));
  const both = join(left, right);
  return jointype === 'JOIN_FULL'
    ? { ...both, computes: [...both.computes, 'FULL JOIN'] }
    : { ...both, conditions: [...both.conditions, ...on] };
}

/** ON of an outer join restricts the side that may be absent, and nothing else. */
function optional(from: From, on: readonly Condition[]): From {
  return {
    ...from,
    conditions: [],
    relations: from.relations.map((relation) => ({
      ...relation,
      optional: true,
      on: [...relation.on, ...on, ...from.conditions],
    })),
  };
}

function using(
  columns: readonly string[],
  left: Relation | undefined,
  right: Relation | undefined,
): readonly Condition[] {
  if (left === undefined || right === undefined) return [];
  return columns.map((column) => {
    const side = (qualifier: string): Operand => ({ kind: 'column', qualifier, column, lower: false });
    return { kind: 'compare', op: '=', left: side(left.alias), right: side(right.alias) };
  });
}

/** ORDER BY 1 and ORDER BY an alias sort by that column of the result. */
function sortOperand(node: Node | undefined, { targetList = [] }: SelectStmt): Operand {
  const operand = toOperand(node);
  const at = operand.kind === 'value' ? Number(operand.constant ?? Number.NaN) - 1 : -1;
  const named = targetList.find((target, position) => {
    if (!('ResTarget' in target)) return false;
    if (position === at) return true;
    return operand.kind === 'column' && operand.qualifier === null && target.ResTarget.name === operand.column;
  });
  return named !== undefined && 'ResTarget' in named ? toOperand(named.ResTarget.val) : operand;
}

function limitOf(node: Node | undefined): Query['limit'] {
  const operand = node === undefined ? null : toOperand(node);
  if (operand === null) return null;
  if (operand.kind !== 'value' || operand.constant === undefined) return 'given';
  // LIMIT ALL is NULL.
  return operand.constant === null ? null : Number(operand.constant);
}

/** OFFSET 0 skips nothing; an OFFSET that is a parameter may skip. */
function skips(node: Node | undefined): boolean {
  if (node === undefined) return false;
  return !('A_Const' in node) || !['0', null].includes(constantOf(node.A_Const));
}

function aggregates(targets: readonly Node[] | undefined): readonly string[] {
  const found = new Set<string>();
  walk(targets, (node) => {
    if ('FuncCall' in node) {
      const name = namesOf(node.FuncCall.funcname).at(-1) ?? '';
      if (node.FuncCall.over !== undefined) found.add(`${name}() OVER`);
      else if (AGGREGATES.test(name)) found.add(`${name}()`);
    }
    return !('SelectStmt' in node);
  });
  return [...found];
}
