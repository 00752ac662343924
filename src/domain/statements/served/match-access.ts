import { type Condition, constantsIn } from '../../catalogue/condition.ts';
import { parseTemplate, type Segment, valuesOf } from '../../mapping/keys/template.ts';
import type { EntityPlan, PatternPlan, Plan } from '../../plan/plan.ts';
import type { Access } from '../access.ts';
import { keyReasons } from './reasons.ts';
import type { Service } from './service.ts';

type ByQuery = Extract<Service, { kind: 'query' }>;

/**
 * How the plan serves an access: by the entity's key, by the pattern that fits best, by a key for which the plan has no pattern, or not
 * at all. Columns in `joined` count as known: each row read before has one value.
 */
export function matchAccess(plan: Plan, access: Access): Service {
  const entities = Object.entries(plan.entities).filter(
    ([, entity]) => entity.from === access.table && implied(access, entity.where ?? {}) !== null,
  );
  if (entities.length === 0) return { kind: 'excluded' };
  // A statement over several entities is served as well as the worst of them.
  const services = entities.map(([name, entity]) => matchEntity(plan, name, entity, access));
  return services.reduce((worst, service) => (rank(service) > rank(worst) ? service : worst));
}

/** Lower is better. */
export function rank(service: Service): number {
  if (service.kind === 'key') return 0;
  if (service.kind === 'query') return service.pattern === null ? 3 : isExact(service) ? 1 : 2;
  return service.kind === 'none' ? 4 : 5;
}

/** True if the Query returns what the statement asks for, without sorting or dropping items afterwards. */
export function isExact({ ordered, rest }: ByQuery): boolean {
  return ordered && rest.length === 0;
}

function matchEntity(plan: Plan, name: string, entity: EntityPlan, access: Access): Service {
  const base = segmentsOf(entity.key);
  const key = [...valuesOf(base.PK), ...valuesOf(base.SK)];
  if (key.every((segment) => knows(access, segment)))
    return {
      kind: 'key',
      entity: name,
      values: valuesIn(
        access,
        key.map(({ path }) => path),
      ),
      rest: restOf(
        access,
        key.map(({ path }) => path),
        [],
      ),
    };
  const drafted = Object.entries(plan.patterns)
    .filter(([, { entity: of }]) => of === name)
    .flatMap(([pattern, settings]) => query(access, name, entity, pattern, settings) ?? []);
  const bare = [null, ...Object.keys(entity.indexes)].flatMap(
    (index) => query(access, name, entity, null, bareSettings(access, name, entity, index)) ?? [],
  );
  const [best] = [...drafted, ...bare].sort((left, right) => cost(left) - cost(right));
  if (best !== undefined) return best;
  return {
    kind: 'none',
    entity: name,
    ...keyReasons(
      access,
      key.map(({ path }) => path),
    ),
  };
}

/** Prefers exact matches, then those that narrow more, then those with a pattern. */
function cost({ pattern, ordered, paths, narrowed, rest }: ByQuery): number {
  return (ordered ? 0 : 20) + rest.length * 8 - paths.length * 4 - (narrowed ? 6 : 0) + (pattern === null ? 5 : 0);
}

function query(
  access: Access,
  name: string,
  entity: EntityPlan,
  pattern: string | null,
  settings: PatternPlan,
): ByQuery | null {
  const keys = settings.index === undefined ? entity.key : entity.indexes[settings.index];
  if (keys === undefined) return null;
  const { PK, SK } = segmentsOf(keys);
  const depth = depthOf(settings, SK);
  const fixed = valuesOf([...PK, ...SK.slice(0, depth)]);
  if (!fixed.every((segment) => knows(access, segment))) return null;
  const when = settings.index === undefined ? {} : (entity.indexes[settings.index]?.when ?? {});
  const expects = implied(access, { ...entity.where, ...when }, true);
  // A partition for all rows is a key only if its index has a condition.
  if (expects === null || (fixed.length === 0 && Object.keys(when).length === 0)) return null;
  const paths = fixed.map(({ path }) => path);
  const next = settings.range ?? settings.prefix;
  const narrowed =
    (settings.range !== undefined && access.ranges.includes(settings.range)) ||
    (settings.prefix !== undefined && access.prefixes.some(({ path }) => path === settings.prefix));
  const served = [...Object.keys(when), ...Object.keys(entity.where ?? {}), ...(narrowed && next ? [next] : [])];
  return {
    kind: 'query',
    entity: name,
    pattern,
    settings,
    paths,
    values: valuesIn(access, paths),
    narrowed,
    ordered: isOrdered(
      access,
      valuesOf(SK.slice(depth)).map(({ path }) => path),
      settings.order,
    ),
    rest: restOf(access, paths, served, settings.filter),
    expects,
  };
}

/** The pattern that would use a key as far as the access can. */
function bareSettings(access: Access, name: string, entity: EntityPlan, index: string | null): PatternPlan {
  const keys = index === null ? entity.key : entity.indexes[index];
  const { SK } = segmentsOf(keys ?? entity.key);
  let depth = 0;
  while (SK[depth] !== undefined && (SK[depth]?.kind === 'literal' || knowsValue(access, SK[depth]))) depth++;
  const next = SK[depth];
  const path = next?.kind === 'value' ? next.path : null;
  const [first] = access.order ?? [];
  return {
    entity: name,
    ...(index === null ? {} : { index }),
    ...(depth === 0 ? {} : { SK: `${SK.slice(0, depth).map(written).join('#')}${depth < SK.length ? '#' : ''}` }),
    ...(path !== null && access.ranges.includes(path) ? { range: path } : {}),
    ...(path !== null && access.prefixes.some((prefix) => prefix.path === path) ? { prefix: path } : {}),
    order: first?.descending === true ? 'desc' : 'asc',
    ...(typeof access.limit === 'number' && access.limit > 0 ? { limit: access.limit } : {}),
  };
}

function written(segment: Segment): string {
  return segment.kind === 'literal' ? segment.text : `{${segment.path}${segment.lower ? '|lower' : ''}}`;
}

export function segmentsOf(keys: { readonly PK: string; readonly SK: string }) {
  const [PK, SK] = [parseTemplate(keys.PK), parseTemplate(keys.SK)];
  return { PK: PK.ok ? PK.segments : [], SK: SK.ok ? SK.segments : [] };
}

/** The number of segments that the pattern fixes, as `patternShape` counts them for one entity. */
function depthOf({ SK }: PatternPlan, template: readonly Segment[]): number {
  const parsed = SK === undefined ? null : parseTemplate(SK);
  if (SK !== undefined && parsed?.ok === true) return parsed.segments.length - (SK.endsWith('#') ? 1 : 0);
  const at = template.findIndex(({ kind }) => kind === 'value');
  return at === -1 ? template.length : at;
}

function knowsValue(access: Access, segment: Segment | undefined): boolean {
  return segment?.kind === 'value' && knows(access, segment);
}

function knows(access: Access, { path, lower }: Extract<Segment, { kind: 'value' }>): boolean {
  return (
    access.equal.some((fixed) => fixed.path === path && (lower || !fixed.lower)) ||
    access.lists.some((list) => list.path === path) ||
    access.joined.some((joined) => joined.path === path)
  );
}

/** The number of keys that lists make; null if a list's length is not known. */
function valuesIn(access: Access, paths: readonly string[]): number | null {
  const equal = new Set(access.equal.map(({ path }) => path));
  return access.lists
    .filter(({ path }) => paths.includes(path) && !equal.has(path))
    .reduce<number | null>((total, { values }) => (total === null || values === null ? null : total * values), 1);
}

/** What conditions of the plan expect of the statement's parameters; null if the statement contradicts or lacks one. */
function implied(
  access: Access,
  conditions: Readonly<Record<string, Condition>>,
  needed = false,
): readonly string[] | null {
  const expects: string[] = [];
  for (const [column, condition] of Object.entries(conditions)) {
    const fixed = access.equal.find(({ path }) => path === column);
    if (condition === null ? access.nulls.includes(column) : fixed !== undefined && isFulfilled(fixed, condition))
      continue;
    const open = fixed !== undefined && fixed.constant === undefined && condition !== null;
    const absent = fixed === undefined && !access.nulls.includes(column);
    if (open) expects.push(`${column} ${expected(condition)}`);
    else if (needed || !absent) return null;
  }
  return expects;
}

/** Whether a column that the statement fixes fulfils the condition, whatever its parameter is. */
function isFulfilled({ constant }: Access['equal'][number], condition: Condition): boolean {
  const { either, other } = constantsIn(condition);
  // A column that equals anything is not NULL.
  if (either === null && other.length === 0) return true;
  if (constant === undefined) return false;
  const isListed = (either ?? other).some((each) => String(each) === constant);
  return either === null ? !isListed : isListed;
}

function expected(condition: NonNullable<Condition>): string {
  const { either, other } = constantsIn(condition);
  const [first, ...others] = either ?? other;
  const list = [first, ...others].map((each) => JSON.stringify(each)).join(', ');
  if (either === null) return others.length === 0 ? `<> ${list}` : `not in (${list})`;
  return others.length === 0 ? `= ${list}` : `in (${list})`;
}

function isOrdered(access: Access, next: readonly string[], direction: 'asc' | 'desc'): boolean {
  if (access.order === null) return false;
  return access.order.every(
    ({ path, descending }, at) => next[at] === path && (descending ? 'desc' : 'asc') === direction,
  );
}

function restOf(
  access: Access,
  paths: readonly string[],
  served: readonly string[],
  filter: readonly string[] = [],
): readonly string[] {
  const known = new Set([...paths, ...served, ...filter]);
  return [
    ...new Set([
      ...access.equal.filter(({ path }) => !known.has(path) && !path.includes('.')).map(({ path }) => path),
      ...access.lists.filter(({ path }) => !known.has(path)).map(({ path }) => path),
      ...access.nulls.filter((path) => !known.has(path)).map((path) => `${path} IS NULL`),
      ...access.ranges.filter((path) => !known.has(path)).map((path) => `range of ${path}`),
      ...access.prefixes.filter(({ path }) => !known.has(path)).map(({ path }) => `${path} LIKE`),
      ...access.rest.filter(({ what }) => !what.endsWith('IS NOT NULL')).map(({ what }) => what),
    ]),
  ];
}
