import type { Catalogue } from '../catalogue/catalogue.ts';
import type { Access, AskedQuery, FixedPath } from './access.ts';
import { type Collected, collect, nothingCollected } from './collect.ts';
import { placeOf, samePlace, type Scope, type Source, tableOf } from './scope.ts';
import type { Condition, Query } from './statement.ts';

/** Foreign keys that a path follows at most. */
const HOPS = 3;

/** Where names are looked up: the catalogue of the schema that moves. */
export interface Names {
  readonly catalogue: Catalogue;
  readonly schema: string;
}

/** The accesses that a query makes to tables of the schema, its subqueries' after its own. Semi-joins count as joins. */
export function accessesOf(names: Names, query: Query, outer: Scope = []): readonly AskedQuery[] {
  const found = nothingCollected();
  const sources: Source[] = [];
  const more: AskedQuery[] = [];
  const add = (part: Query, scope: Scope, output: boolean): Scope => {
    const own = part.relations.map((relation): Source => {
      const table = tableOf(names.catalogue, names.schema, relation);
      const shown = output && isOutput(part, relation.alias, table?.columns.map(({ name }) => name) ?? []);
      return { alias: relation.alias, table, optional: relation.optional, output: shown };
    });
    sources.push(...own);
    const inner: Scope = [own, ...scope];
    const take = (condition: Condition, restricts: Source | null): void => {
      if (condition.kind === 'related') relate(condition, inner);
      else collect(found, condition, { scope: inner, restricts });
    };
    for (const condition of part.conditions) take(condition, null);
    for (const [at, relation] of part.relations.entries())
      for (const condition of relation.on) take(condition, own[at] ?? null);
    for (const subquery of part.subqueries) more.push(...accessesOf(names, subquery, inner));
    return inner;
  };
  const relate = ({ operand, negated, query: inner }: Extract<Condition, { kind: 'related' }>, scope: Scope): void => {
    const place = operand?.kind === 'column' ? placeOf(scope, operand) : null;
    const plain = inner.relations.length > 0 && inner.computes.length === 0 && !inner.offset;
    if (negated || !plain) {
      more.push(...accessesOf(names, inner, scope));
      if (negated) for (const source of scope[0] ?? []) found.rest.push({ source, what: 'NOT EXISTS', obstacle: null });
      else if (place !== null) found.edges.push({ from: null, to: place });
      return;
    }
    const within = add(inner, scope, false);
    const [result] = inner.output ?? [];
    const from = result === undefined ? null : placeOf(within, result);
    if (place === null || (from !== null && samePlace(from, place))) return;
    found.edges.push({ from, to: place });
    if (from !== null) found.edges.push({ from: place, to: from });
  };
  const scope = add(query, outer, true);
  const accesses = sources.flatMap((source) => accessOf(query, scope, found, sources, source) ?? []);
  if (accesses.length > 0) return [{ accesses, computes: query.computes }, ...more];
  // What is computed over a derived table is computed over the rows that it reads.
  return more.map((inner, at) => (at === 0 ? { ...inner, computes: [...query.computes, ...inner.computes] } : inner));
}

function isOutput({ output }: Query, alias: string, columns: readonly string[]): boolean {
  return (output ?? []).some(({ qualifier, column }) =>
    qualifier === null ? column === '*' || columns.includes(column) : qualifier === alias,
  );
}

function accessOf(
  query: Query,
  scope: Scope,
  found: Collected,
  sources: readonly Source[],
  source: Source,
): Access | null {
  const { table } = source;
  if (table === null) return null;
  const fixed = fixedPaths(found, source, HOPS);
  const own = <T extends { readonly at: { readonly source: Source } }>(items: readonly T[]) =>
    items.filter(({ at }) => at.source === source);
  const columns = new Set(fixed.map(({ path }) => path));
  return {
    table: table.name,
    alias: source.alias,
    equal: fixed,
    lists: own(found.lists).map(({ at, values }) => ({ path: at.column, values })),
    joined: found.edges.flatMap(({ from, to }) =>
      to.source === source && !columns.has(to.column)
        ? [{ path: to.column, alias: from?.source.alias ?? '', column: from?.column ?? '' }]
        : [],
    ),
    nulls: found.nulls.filter((at) => at.source === source).map(({ column }) => column),
    ranges: [...new Set(found.ranges.filter((at) => at.source === source).map(({ column }) => column))],
    prefixes: own(found.prefixes).map(({ at, lower, certain }) => ({ path: at.column, lower, certain })),
    rest: found.rest.filter((item) => item.source === source).map(({ what, obstacle }) => ({ what, obstacle })),
    ...orderOf(query, scope, source, sources.length, columns),
    offset: query.offset,
    output: source.output,
  };
}

/** The paths that have one value: of the source's own columns, and of the rows that its foreign keys lead to. */
function fixedPaths(found: Collected, source: Source, hops: number): readonly FixedPath[] {
  const paths = closure(found)
    .filter(({ at }) => at.source === source)
    .map(({ at, lower, constant }): FixedPath => ({
      path: at.column,
      lower,
      ...(constant === undefined ? {} : { constant }),
    }));
  if (hops === 0) return paths;
  const followed = found.edges.flatMap(({ from, to }): readonly FixedPath[] => {
    if (from === null || to.source !== source) return [];
    const key = source.table?.foreignKeys.find(({ columns }) => columns.length === 1 && columns[0] === to.column);
    if (key === undefined || key.references.table !== from.source.table?.name) return [];
    if (key.references.columns[0] !== from.column) return [];
    return fixedPaths(found, from.source, hops - 1)
      .filter(({ path }) => path !== from.column)
      .map((fixed) => ({ ...fixed, path: `${to.column}.${fixed.path}` }));
  });
  const known = new Set(paths.map(({ path }) => path));
  return [...paths, ...followed.filter(({ path }) => !known.has(path))];
}

/** Values travel along equal columns. */
function closure({ fixed, edges }: Collected): Collected['fixed'] {
  const all = [...fixed];
  for (const known of all)
    for (const { from, to } of edges) {
      if (from === null || !samePlace(from, known.at) || all.some(({ at }) => samePlace(at, to))) continue;
      all.push({ ...known, at: to });
    }
  return all;
}

function orderOf(
  query: Query,
  scope: Scope,
  source: Source,
  several: number,
  fixed: ReadonlySet<string>,
): Pick<Access, 'order' | 'limit'> {
  const places = query.order.map(({ operand, descending }) => {
    const at = operand.kind === 'column' ? placeOf(scope, operand) : null;
    return { at, descending, by: operand };
  });
  const about = places.filter(({ at, by }) => {
    if (at !== null) return at.source === source;
    return by.kind === 'computed' && by.columns.some((column) => placeOf(scope, column)?.source === source);
  });
  const bounded = several === 1 || (about.length > 0 && about.length === places.length);
  const limit = bounded && source.output ? query.limit : several === 1 ? query.limit : null;
  if (about.some(({ at, by }) => at === null || (by.kind === 'column' && by.lower))) return { order: null, limit };
  const order = about.flatMap(({ at, descending }) => (at === null ? [] : [{ path: at.column, descending }]));
  return { order: order.filter(({ path }) => !fixed.has(path)), limit };
}
