import { valuesOf } from '../../mapping/keys/template.ts';
import type { Plan } from '../../plan/plan.ts';
import type { Access, AskedQuery } from '../access.ts';
import { matchAccess, rank, segmentsOf } from './match-access.ts';
import type { Service } from './service.ts';

/** One read of a query, in the order in which an application makes them. */
export interface Step {
  readonly access: Access;
  readonly service: Service;
  /** It is made for each row of the step with this alias. */
  readonly each: string | null;
  /** Further entities whose items the same Query returns. */
  readonly with: readonly { readonly access: Access; readonly entity: string }[];
}

/** The reads that answer a query: first those that values lead to, then those that rows already read lead to. */
export function matchQuery(plan: Plan, { accesses }: AskedQuery): readonly Step[] {
  const steps: Step[] = [];
  let open = accesses;
  const shared = sharedPartition(plan, accesses);
  if (shared !== null) {
    steps.push(shared);
    const taken = new Set([shared.access, ...shared.with.map(({ access }) => access)]);
    open = accesses.filter((access) => !taken.has(access));
  }
  while (open.length > 0) {
    const waiting = new Set(open.map(({ alias }) => alias));
    const options = open.map((access): Step => {
      const joined = access.joined.filter(({ alias }) => !waiting.has(alias));
      const service = matchAccess(plan, { ...access, joined });
      const values = matchAccess(plan, { ...access, joined: [] });
      const alone = rank(values) <= rank(service);
      return { access, service, each: alone ? null : (joined[0]?.alias ?? null), with: [] };
    });
    const [best] = options.sort((left, right) => weight(left) - weight(right));
    if (best === undefined) break;
    steps.push(best);
    open = open.filter((access) => access !== best.access && !isAnswered(best, access, accesses));
  }
  return steps;
}

/** Lower is taken first: what values alone serve, and what the statement sorts and limits. */
function weight({ access, service, each }: Step): number {
  const sorted = (access.order ?? []).length > 0 || access.limit !== null;
  const paths = service.kind === 'query' ? service.paths.length : 0;
  return rank(service) * 10 + (each === null ? 0 : 5) - (sorted ? 3 : 0) - paths;
}

/** True if a step's key already follows the foreign keys to a table that only restricts the result. */
function isAnswered({ access, service }: Step, other: Access, all: readonly Access[]): boolean {
  if (other.output || service.kind !== 'query' || other.rest.length + other.ranges.length + other.lists.length > 0)
    return false;
  const way = wayTo(access, other, all);
  return way !== null && other.equal.every(({ path }) => service.paths.includes(`${way}${path}`));
}

/** The foreign keys from one access to another, as the beginning of a path; null if there is no such way. */
function wayTo(from: Access, to: Access, all: readonly Access[]): string | null {
  for (const { alias, column } of to.joined) {
    if (alias === from.alias) return `${column}.`;
    const between = all.find((access) => access.alias === alias && access !== to);
    const way =
      between === undefined
        ? null
        : wayTo(
            from,
            between,
            all.filter((access) => access !== to),
          );
    if (way !== null) return `${way}${column}.`;
  }
  return null;
}

/** A pattern over several entities that answers a join within one partition. */
function sharedPartition(plan: Plan, accesses: readonly Access[]): Step | null {
  for (const [pattern, settings] of Object.entries(plan.patterns)) {
    if (typeof settings.entity === 'string' || settings.index !== undefined) continue;
    const members = settings.entity.flatMap((name) => {
      const entity = plan.entities[name];
      return entity === undefined ? [] : [{ name, from: entity.from, PK: valuesOf(segmentsOf(entity.key).PK) }];
    });
    const within = accesses.flatMap((access) => {
      const member = members.find(({ from }) => from === access.table);
      return member === undefined ? [] : [{ access, member }];
    });
    const first = within.find(({ access, member }) =>
      member.PK.every(({ path }) => access.equal.some((fixed) => fixed.path === path)),
    );
    const aliases = new Set(within.map(({ access }) => access.alias));
    const together = within.every(({ access, member }) =>
      member.PK.every(
        ({ path }) =>
          access.equal.some((fixed) => fixed.path === path) ||
          access.joined.some((joined) => joined.path === path && aliases.has(joined.alias)),
      ),
    );
    const tables = new Set(within.map(({ member }) => member.name));
    if (first === undefined || !together || tables.size < 2 || tables.size < within.length) continue;
    return {
      access: first.access,
      service: {
        kind: 'query',
        entity: first.member.name,
        pattern,
        settings,
        paths: first.member.PK.map(({ path }) => path),
        values: 1,
        narrowed: false,
        ordered: within.every(({ access }) => access.order !== null && access.order.length === 0),
        rest: [],
        expects: [],
      },
      each: null,
      with: within
        .filter(({ access }) => access !== first.access)
        .map(({ access, member }) => ({ access, entity: member.name })),
    };
  }
  return null;
}
