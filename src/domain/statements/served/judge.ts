import type { Plan } from '../../plan/plan.ts';
import { accessesOf, type Names } from '../accesses.ts';
import { costOf, type ReadCost, type Sizes } from './cost.ts';
import { leftOutReason, relationsOf } from '../left-out.ts';
import { isExact } from './match-access.ts';
import { matchQuery, type Step } from './match-query.ts';
import type { AskedStatement, ParsedStatement } from '../statement.ts';

/**
 * `served`: by keys and patterns, as asked. `partly`: by a pattern that reads more, or whose result the application sorts. `none`: by no
 * pattern of the plan. `unservable`: by no key at all. `excluded`: about tables that do not move.
 */
export type Verdict = 'served' | 'partly' | 'none' | 'unservable' | 'excluded' | 'write' | 'left out' | 'unparsed';

export interface Judged {
  readonly statement: AskedStatement;
  readonly verdict: Verdict;
  readonly steps: readonly Step[];
  /** What is missing, or why no key serves it. */
  readonly reasons: readonly string[];
  /** Null for what reads nothing of the plan's entities. */
  readonly cost: ReadCost | null;
}

/** What a statement asks for, and how the plan serves it. */
export function judge(
  plan: Plan,
  names: Names,
  sizes: Sizes | null,
  statement: AskedStatement,
  parsed: ParsedStatement,
): Judged {
  const answer = (verdict: Verdict, reasons: readonly string[] = [], steps: readonly Step[] = []): Judged => ({
    statement,
    verdict,
    steps,
    reasons,
    cost: null,
  });
  const leftOut = leftOutReason(names, statement.text, parsed);
  if (leftOut !== null) return answer('left out', [leftOut]);
  if (parsed.kind === 'unparsed') return answer('unparsed', [parsed.reason]);
  if (parsed.kind === 'utility') return answer('left out', ['utility']);
  const asked = accessesOf(names, parsed.query);
  if (parsed.kind === 'write') return answer('write', writeReasons(plan, names, parsed, statement));
  const queries = asked.map((query) => ({ query, steps: matchQuery(plan, query) }));
  const steps = queries.flatMap((query) => query.steps);
  const read = steps.filter(({ service }) => service.kind !== 'excluded');
  if (read.length === 0) {
    const tables = [...new Set(relationsOf(parsed.query).map(({ table }) => table))];
    return answer('excluded', [`${tables.join(', ')}: not an entity of the plan`]);
  }
  const rows = statement.rows === null || statement.calls === 0 ? null : statement.rows / statement.calls;
  const cost = sizes === null ? null : costOf(sizes, read, rows);
  const computes = [...new Set(queries.flatMap(({ query }) => query.computes))];
  const reasons = [...new Set([...computes.map(computing), ...read.flatMap(stepReasons)])];
  return { statement, verdict: verdictOf(read, computes), steps, reasons, cost };
}

function verdictOf(steps: readonly Step[], computes: readonly string[]): Verdict {
  const none = steps.filter(({ service }) => service.kind === 'none');
  if (computes.length > 0 || none.some(({ service }) => service.kind === 'none' && !service.keyed)) return 'unservable';
  const bare = steps.some(({ service }) => service.kind === 'query' && service.pattern === null);
  if (none.length > 0 || bare) return 'none';
  return steps.every(({ service }) => service.kind === 'key' || (service.kind === 'query' && isExact(service)))
    ? 'served'
    : 'partly';
}

function computing(what: string): string {
  if (what.endsWith(' OVER')) return `${what}: a window over many rows`;
  if (what.endsWith('()')) return `${what}: an aggregate reads every item that it covers`;
  return `${what}: DynamoDB has no such operation`;
}

function stepReasons({ access, service }: Step): readonly string[] {
  if (service.kind === 'none') return service.reasons.map((reason) => `${access.table}: ${reason}`);
  if (service.kind !== 'query') return [];
  return [
    ...(service.pattern === null ? [`${access.table}: a key serves it, but no pattern uses it`] : []),
    ...(service.ordered ? [] : [`${access.table}: ${sortReason(access)}`]),
    ...service.rest.map((what) => `${access.table}: ${what} is applied after reading`),
    ...service.expects.map((what) => `${access.table}: only where ${what}`),
  ];
}

function sortReason({ order, limit }: Step['access']): string {
  const by =
    order === null
      ? 'an expression'
      : order.map(({ path, descending }) => `${path}${descending ? ' desc' : ''}`).join(', ');
  return limit === null ? `sorted by ${by} after reading` : `sorted by ${by} after reading all, not only the first`;
}

/** What matters about a write: how many items one statement changes. */
function writeReasons(
  plan: Plan,
  names: Names,
  parsed: Extract<ParsedStatement, { kind: 'write' }>,
  { calls, rows }: AskedStatement,
): readonly string[] {
  const { verb, target } = parsed;
  const entity = Object.entries(plan.entities).find(([, { from }]) => from === target.table);
  if (entity === undefined) return [`${target.table}: not an entity of the plan`];
  const perCall = rows === null || calls === 0 ? null : rows / calls;
  const counted = perCall === null ? '' : `, ${round(perCall)} rows a call`;
  if (verb === 'INSERT')
    return perCall !== null && perCall > 1 ? [`${target.table}: ${round(perCall)} rows a call`] : [];
  const [query] = accessesOf(names, parsed.query);
  const access = query?.accesses.find(({ table }) => table === target.table);
  const table = names.catalogue.tables[target.table];
  const key = entity[1].identity ?? table?.primaryKey ?? [];
  const known = new Set(access?.equal.map(({ path }) => path) ?? []);
  const unique = [key, ...(table?.uniqueKeys ?? [])];
  if (unique.some((columns) => columns.length > 0 && columns.every((path) => known.has(path)))) return [];
  const by = [...known, ...(access?.lists.map(({ path }) => path) ?? []), ...(access?.ranges ?? [])];
  return [
    `${target.table}: changes rows by ${by.length === 0 ? 'no column' : by.join(', ')}, not by ${key.join(', ')}${counted}: each row is an item of its own to find and write`,
  ];
}

function round(value: number): string {
  return value >= 10 ? String(Math.round(value)) : String(Math.round(value * 10) / 10);
}
