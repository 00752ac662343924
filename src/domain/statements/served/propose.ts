import type { Catalogue, CatalogueTable } from '../../catalogue/catalogue.ts';
import { findColumn, findTable, provenUnique } from '../../catalogue/tables.ts';
import { keyText } from '../../mapping/keys/key-text.ts';
import { columnType } from '../../mapping/values/types.ts';
import { standsInKey } from '../../mapping/keys/key-obstacle.ts';
import { draftIdentity, segments } from '../../plan-draft/keys.ts';
import { camel, distinct, roleOf } from '../../plan-draft/names.ts';
import type { EntityPlan, PatternPlan, Plan } from '../../plan/plan.ts';
import type { Access } from '../access.ts';
import type { Step } from './match-query.ts';

/** DynamoDB's limit on the indexes of a table, unless AWS raises it. */
const MOST_INDEXES = 20;
/** Columns of few values: a partition of one of them would hold a large share of the table. */
const FEW_VALUES: ReadonlySet<string> = new Set(['boolean', 'enum']);

/** An addition to a plan that would serve an access: a pattern, and the index that it needs. */
export interface Proposal {
  readonly entity: string;
  /** The index and its keys; null if a key of the plan is enough. */
  readonly index: {
    readonly name: string;
    readonly keys: EntityPlan['indexes'][string];
    /** The table has no index of this name yet. */
    readonly isNew: boolean;
  } | null;
  readonly name: string;
  readonly pattern: PatternPlan;
}

/** Proposes what would serve a step that the plan does not serve as asked; null if no key can. */
export function propose(plan: Plan, catalogue: Catalogue, { access, service }: Step): Proposal | null {
  if (service.kind === 'excluded' || service.kind === 'key') return null;
  const taken = new Set(Object.keys(plan.patterns));
  if (service.kind === 'query') {
    if (service.pattern === null && (service.ordered || access.limit === null))
      return { entity: service.entity, index: null, name: nameOf(service, access, taken), pattern: service.settings };
    const sorts = !service.ordered && access.order !== null && access.limit !== null;
    const bounds = access.ranges.some((path) => service.rest.includes(`range of ${path}`));
    if (!sorts && !bounds) return null;
  } else if (!service.keyed) return null;
  const entity = plan.entities[service.entity];
  const table = findTable(catalogue, access.table);
  const identity = table === null ? null : (entity?.identity ?? draftIdentity(table));
  if (entity === undefined || table === null || identity === null) return null;
  return newIndex(plan, { name: service.entity, entity, table, identity }, access, taken);
}

interface Subject {
  readonly name: string;
  readonly entity: EntityPlan;
  readonly table: CatalogueTable;
  readonly identity: readonly string[];
}

function newIndex(
  plan: Plan,
  { name, entity, table, identity }: Subject,
  access: Access,
  taken: ReadonlySet<string>,
): Proposal | null {
  const index = freeIndex(entity);
  const columns = keyColumns(table, access);
  if (index === null || columns === null) return null;
  const { PK, front, unique } = columns;
  const paths = PK.map(({ path }) => path);
  const fixed = new Set([...PK, ...front].map(({ path }) => path));
  const sorting = unique ? { columns: [], order: 'asc' as const } : sortingOf(access, table);
  const sort = sorting.columns.filter((path) => !fixed.has(path));
  const tail = identity.filter((path) => !sort.includes(path) && !front.some((column) => column.path === path));
  const begins = [name, ...front.map(segment)].join('#');
  const [next] = sort;
  const range = next !== undefined && access.ranges.includes(next);
  const prefix = next !== undefined && !range && access.prefixes.some(({ path }) => path === next);
  const owner = referencedEntity(plan, table, paths);
  const role = owner === null ? paths : [roleOf(paths, owner)];
  const nulls = access.nulls.filter((path) => findColumn(table, path) !== null);
  const keys = {
    PK: `${owner === null ? [name, ...(unique ? ['by'] : []), ...paths].map(capitals).join('_') : role.join('_')}#${PK.map(segment).join('#')}`,
    SK: [begins, ...[...sort, ...tail].map((path) => `{${path}}`)].join('#'),
    ...(nulls.length === 0 ? {} : { when: Object.fromEntries(nulls.map((path) => [path, null])) }),
  };
  const called = unique ? [name, 'by', ...paths] : [table.name, 'of', ...role, ...sort.flatMap((path) => ['by', path])];
  return {
    entity: name,
    index: { name: index, keys, isNew: !plan.table.indexes.includes(index) },
    name: distinct(camel(...called), taken),
    pattern: {
      entity: name,
      index,
      SK: `${begins}#`,
      ...(range ? { range: next } : {}),
      ...(prefix ? { prefix: next } : {}),
      order: sorting.order,
      ...limitOf(access),
    },
  };
}

/**
 * The columns of an index key that have a value. The partition has the fewest that name it: a unique column, else the foreign keys, else
 * all with many values; the others stand before what is sorted.
 */
function keyColumns(
  table: CatalogueTable,
  access: Access,
): { readonly PK: readonly Known[]; readonly front: readonly Known[]; readonly unique: boolean } | null {
  const known = knownColumns(access).filter(({ path }) => standsInKey(table, [path]));
  const many = known.filter(({ path }) => !hasFewValues(table, path));
  const owner = many.length > 0 ? many : known;
  const single = owner.filter(({ path }) => provenUnique(table, [path])).slice(0, 1);
  const foreign = owner.filter(({ path }) => table.foreignKeys.some(({ columns }) => columns.includes(path)));
  const PK = single.length > 0 ? single : foreign.length > 0 ? foreign : owner;
  if (PK.length === 0) return null;
  const unique = provenUnique(
    table,
    PK.map(({ path }) => path),
  );
  return { PK, front: unique ? [] : known.filter((column) => !PK.includes(column)), unique };
}

interface Known {
  readonly path: string;
  readonly lower: boolean;
}

function segment({ path, lower }: Known): string {
  return lower ? `{${path}|lower}` : segments([path]);
}

function capitals(name: string): string {
  return name.replaceAll(/[^A-Za-z0-9]+/g, '_').toUpperCase();
}

/** The own columns that have a value, each once. */
function knownColumns(access: Access): readonly Known[] {
  const all = [...access.equal, ...[...access.lists, ...access.joined].map(({ path }) => ({ path, lower: false }))];
  return all
    .filter(({ path }, at) => !path.includes('.') && all.findIndex((other) => other.path === path) === at)
    .map(({ path, lower }) => ({ path, lower }));
}

function hasFewValues(table: CatalogueTable, path: string): boolean {
  const column = findColumn(table, path);
  return column !== null && FEW_VALUES.has(columnType(column).kind);
}

/** The columns to sort by in one direction, the bounded one first. */
function sortingOf(
  access: Access,
  table: CatalogueTable,
): { readonly columns: readonly string[]; readonly order: 'asc' | 'desc' } {
  const order = access.order ?? [];
  const descending = order[0]?.descending ?? false;
  const same = order.every((column) => column.descending === descending) ? order.map(({ path }) => path) : [];
  const bound = access.ranges.find((path) => standsInKey(table, [path])) ?? access.prefixes[0]?.path;
  const columns = bound === undefined || same[0] === bound ? same : [bound];
  return {
    columns: columns.filter((path) => standsInKey(table, [path]) && isOrderedInKey(table, path)),
    order: descending ? 'desc' : 'asc',
  };
}

function isOrderedInKey(table: CatalogueTable, path: string): boolean {
  const column = findColumn(table, path);
  const codec = column === null ? 'unknown' : keyText(columnType(column), 'SK');
  return typeof codec !== 'string' && codec.ordered;
}

function limitOf({ limit }: Access): { readonly limit?: number } {
  if (limit === 'given') return { limit: 50 };
  return limit === null || limit < 1 ? {} : { limit };
}

/** The entity that these columns refer to; null if they are no foreign key. */
function referencedEntity(plan: Plan, table: CatalogueTable, paths: readonly string[]): string | null {
  const key = table.foreignKeys.find(({ columns }) => columns.every((path) => paths.includes(path)));
  return Object.entries(plan.entities).find(([, { from }]) => from === key?.references.table)?.[0] ?? null;
}

function freeIndex(entity: EntityPlan): string | null {
  for (let number = 1; number <= MOST_INDEXES; number++)
    if (!Object.hasOwn(entity.indexes, `GSI${number}`)) return `GSI${number}`;
  return null;
}

function nameOf(
  { entity, paths }: { entity: string; paths: readonly string[] },
  access: Access,
  taken: ReadonlySet<string>,
) {
  const order = (access.order ?? []).flatMap(({ path }) => ['by', path]);
  return distinct(camel(access.table, 'of', roleOf(paths.slice(0, 1), entity), ...order), taken);
}
