import type { Condition, ColumnName, Operand } from './statement.ts';
import { type Place, placeOf, samePlace, type Scope, type Source } from './scope.ts';

/** What the conditions of a query say about the columns of its relations. */
export interface Collected {
  readonly fixed: { readonly at: Place; readonly lower: boolean; readonly constant?: string | null }[];
  readonly lists: { readonly at: Place; readonly values: number | null }[];
  /** Equal columns: `to` has the value of `from`; null if that is a column outside of the query. */
  readonly edges: { readonly from: Place | null; readonly to: Place }[];
  readonly nulls: Place[];
  readonly ranges: Place[];
  readonly prefixes: { readonly at: Place; readonly lower: boolean; readonly certain: boolean }[];
  readonly rest: { readonly source: Source; readonly what: string; readonly obstacle: string | null }[];
}

/** Where a condition stands: its scope, and the relation that ON of an outer join restricts. */
export interface Standing {
  readonly scope: Scope;
  readonly restricts: Source | null;
}

export function nothingCollected(): Collected {
  return { fixed: [], lists: [], edges: [], nulls: [], ranges: [], prefixes: [], rest: [] };
}

/** Adds a condition to what is known. Conditions with subqueries are the caller's. */
export function collect(into: Collected, condition: Condition, standing: Standing): void {
  const { scope } = standing;
  switch (condition.kind) {
    case 'compare':
      return compare(into, condition, standing);
    case 'in': {
      const at = columnOf(scope, condition.operand);
      if (at === null) return refuse(into, standing, condition.operand);
      into.lists.push({ at, values: condition.values });
      return;
    }
    case 'like': {
      const { operand, form } = condition;
      const at = columnOf(scope, operand);
      if (at === null) return refuse(into, standing, operand);
      if (form === 'contains')
        into.rest.push({
          source: at.source,
          what: `${at.column} LIKE '%…'`,
          obstacle: 'LIKE that begins with a wildcard',
        });
      else into.prefixes.push({ at, lower: operand.kind === 'column' && operand.lower, certain: form === 'prefix' });
      return;
    }
    case 'null': {
      const at = columnOf(scope, condition.operand);
      if (at === null) return refuse(into, standing, condition.operand);
      if (condition.negated) into.rest.push({ source: at.source, what: `${at.column} IS NOT NULL`, obstacle: null });
      else into.nulls.push(at);
      return;
    }
    case 'or':
      return either(into, condition.branches, standing);
    case 'other':
      return remark(into, standing, condition.columns, condition.what);
    case 'related':
      return;
  }
}

function compare(
  into: Collected,
  { op, left, right }: Extract<Condition, { kind: 'compare' }>,
  standing: Standing,
): void {
  const computed = [left, right].find(({ kind }) => kind === 'computed');
  if (computed !== undefined) return refuse(into, standing, computed, [left, right]);
  if (left.kind === 'column' && right.kind === 'column') {
    const [from, to] = [placeOf(standing.scope, left), placeOf(standing.scope, right)];
    if (op === '=') return equal(into, from, to, standing);
    return remark(into, standing, [left, right], `${left.column} ${op} ${right.column}`);
  }
  const [column, value] = left.kind === 'column' ? [left, right] : [right, left];
  const at = columnOf(standing.scope, column);
  if (at === null || column.kind !== 'column' || value.kind !== 'value') return;
  if (op !== '=') into.ranges.push(at);
  else if (value.constant === null) into.nulls.push(at);
  else
    into.fixed.push({ at, lower: column.lower, ...(value.constant === undefined ? {} : { constant: value.constant }) });
}

function equal(into: Collected, left: Place | null, right: Place | null, { restricts }: Standing): void {
  if (left !== null && right !== null && samePlace(left, right)) return;
  for (const [from, to] of [
    [left, right],
    [right, left],
  ] as const) {
    // ON of an outer join says nothing about the side that is always there.
    if (to !== null && (restricts === null || to.source === restricts)) into.edges.push({ from, to });
  }
}

/** OR: a list if all branches fix one column, a range if all bound it, else a condition on rows that were read. */
function either(into: Collected, branches: readonly (readonly Condition[])[], standing: Standing): void {
  const tested = branches.map((branch) => {
    const found = nothingCollected();
    for (const condition of branch) collect(found, condition, standing);
    return found;
  });
  const columns = branches.flat().flatMap(columnsOf);
  // `$1 IS NULL OR a = $1`: the condition may be absent.
  if (branches.some((branch) => branch.length === 0)) return remark(into, standing, columns, '', null);
  const [first] = tested;
  const single = first?.fixed[0]?.at ?? first?.lists[0]?.at;
  if (single !== undefined && branches.every((branch) => branch.length === 1)) {
    const values = tested.map(({ fixed, lists }) => {
      const [one, list] = [fixed[0], lists[0]];
      if (one !== undefined && samePlace(one.at, single)) return 1;
      return list !== undefined && samePlace(list.at, single) ? (list.values ?? Number.NaN) : null;
    });
    if (values.every((value) => value !== null)) {
      const sum = values.reduce<number>((total, value) => total + (value ?? 0), 0);
      into.lists.push({ at: single, values: Number.isNaN(sum) ? null : sum });
      return;
    }
  }
  const bounded = first?.ranges[0];
  const within = ({ ranges, fixed }: Collected): boolean =>
    bounded !== undefined && [...ranges, ...fixed.map(({ at }) => at)].some((at) => samePlace(at, bounded));
  if (bounded !== undefined && tested.every(within)) {
    into.ranges.push(bounded);
    return;
  }
  const names = [...new Set(columns.map(({ column }) => column))].join(', ');
  remark(into, standing, columns, `OR over ${names}`);
}

function columnsOf(condition: Condition): readonly ColumnName[] {
  switch (condition.kind) {
    case 'compare':
      return [condition.left, condition.right].flatMap(namedBy);
    case 'or':
      return condition.branches.flat().flatMap(columnsOf);
    case 'other':
      return condition.columns;
    case 'related':
      return condition.operand === null ? [] : namedBy(condition.operand);
    default:
      return namedBy(condition.operand);
  }
}

function namedBy(operand: Operand): readonly ColumnName[] {
  if (operand.kind === 'column') return [operand];
  return operand.kind === 'computed' ? operand.columns : [];
}

function columnOf(scope: Scope, operand: Operand): Place | null {
  return operand.kind === 'column' ? placeOf(scope, operand) : null;
}

/** A condition on a computed value. */
function refuse(into: Collected, standing: Standing, operand: Operand, all: readonly Operand[] = [operand]): void {
  if (operand.kind !== 'computed') return;
  const columns = all.flatMap(namedBy);
  remark(into, standing, columns, `${operand.what} on ${operand.columns.map(({ column }) => column).join(', ')}`);
}

/** Names a condition that is applied after reading, at each relation it is about. */
function remark(
  into: Collected,
  { scope }: Standing,
  columns: readonly ColumnName[],
  what: string,
  obstacle: string | null = what,
): void {
  const places = columns.flatMap((column) => placeOf(scope, column) ?? []);
  const named = what === '' ? `optional ${[...new Set(places.map(({ column }) => column))].join(', ')}` : what;
  for (const source of new Set(places.map((place) => place.source))) into.rest.push({ source, what: named, obstacle });
}
