import { readUnits } from '../../assess/assess-searches.ts';
import type { Step } from './match-query.ts';

/** Sizes of what is read, from measurements and PostgreSQL's statistics. */
export interface Sizes {
  /** Items and their average bytes, by entity. */
  readonly entities: Readonly<Record<string, { readonly rows: number; readonly bytes: number }>>;
  /** Number of distinct values of a column; null if PostgreSQL has no statistics. */
  distinct(table: string, path: string): number | null;
}

/** Read units of one call, eventually consistent. `scan`: a part of it reads the whole DynamoDB table. */
export interface ReadCost {
  readonly units: number;
  readonly scan: boolean;
}

/** Estimates what one call costs; `rows` are those that PostgreSQL returned per call, if known. */
export function costOf(sizes: Sizes, steps: readonly Step[], rows: number | null): ReadCost {
  let units = 0;
  let scan = false;
  const read = new Map<string, number>();
  for (const step of steps) {
    const times = step.each === null ? 1 : (read.get(step.each) ?? 1);
    const { items, each } = itemsOf(sizes, step, steps.length === 1 ? rows : null);
    read.set(step.access.alias, items * times);
    units += each * times;
    if (step.service.kind === 'none') scan = true;
  }
  return { units: Math.round(units * 2) / 2, scan };
}

function itemsOf(sizes: Sizes, step: Step, rows: number | null): { readonly items: number; readonly each: number } {
  const { access, service } = step;
  if (service.kind === 'excluded') return { items: 0, each: 0 };
  if (service.kind === 'none') {
    const whole = Object.values(sizes.entities).reduce((sum, { rows: count, bytes }) => sum + count * bytes, 0);
    return { items: rows ?? 1, each: readUnits(whole) };
  }
  const { rows: total = 0, bytes = 0 } = sizes.entities[service.entity] ?? {};
  if (service.kind === 'key') {
    const keys = service.values ?? Math.max(1, Math.ceil(rows ?? 1));
    return { items: keys, each: keys * Math.max(0.5, readUnits(bytes)) };
  }
  const values = service.values ?? 1;
  const known = service.rest.length === 0 && service.ordered && rows !== null && rows > 0;
  const partition = known ? rows / values : partitionSize(sizes, step, total);
  const companions = step.with.reduce((sum, { entity }) => sum + share(sizes, entity, service.entity), 0);
  const limit = service.rest.length === 0 && service.ordered ? limitOf(step) : null;
  const items = limit === null ? partition : Math.min(limit, partition);
  const each = values * Math.max(0.5, readUnits(items * bytes + companions));
  return { items: Math.max(1, items * values) * (access.limit === 0 ? 0 : 1), each };
}

function limitOf({ access, service }: Step): number | null {
  if (typeof access.limit === 'number') return access.limit;
  return access.limit === 'given' && service.kind === 'query' ? (service.settings.limit ?? null) : null;
}

/** Items with the same values of the paths that the key fixes. */
function partitionSize(sizes: Sizes, { access, service }: Step, total: number): number {
  const paths = service.kind === 'query' ? service.paths : [];
  const combinations = paths.reduce((product, path) => product * (sizes.distinct(access.table, path) ?? 1), 1);
  return Math.max(1, total / Math.min(combinations, Math.max(1, total)));
}

/** Bytes that another entity has in one partition, on average. */
function share({ entities }: Sizes, entity: string, owner: string): number {
  const { rows = 0, bytes = 0 } = entities[entity] ?? {};
  return (rows * bytes) / Math.max(1, entities[owner]?.rows ?? 1);
}
