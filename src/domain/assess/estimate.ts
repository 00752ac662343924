import type { Plan } from '../plan/plan.ts';
import { readUnits } from './assess-searches.ts';
import type { EntityFacts, SourceFacts } from './facts.ts';
import { PRICES } from './prices.ts';

/** Throughput of a new on-demand table that is not warmed. */
export const TABLE = { writeUnitsPerSecond: 4_000, readUnitsPerSecond: 12_000 };
/** Rows that the Data API gives one worker in a second, and workers: load and verification run at most this fast. */
export const SOURCE = { rowsPerSecond: 1_000, workers: 4 };
/** A load of less than this is not worth warming for. */
const SHORT_SECONDS = 600;
const GB = 1024 ** 3;

/** What an estimate is made from. */
export interface Measured {
  readonly entities: readonly Pick<
    EntityFacts,
    'entity' | 'rows' | 'bytes' | 'writeUnits' | 'indexes' | 'claims' | 'bodies'
  >[];
  readonly source: Pick<SourceFacts, 'changesPerDay'>;
}

export interface EntityEstimate {
  readonly entity: string;
  readonly items: number;
  readonly bytes: number;
  readonly writeUnits: number;
  readonly objects: number;
}

/** Estimate of the migration's capacity, cost and time. The assumed prices and rates are listed in it. */
export interface Estimate {
  readonly items: number;
  readonly bytes: number;
  readonly load: { readonly writeUnits: number; readonly hours: number };
  /**
   * What to warm the table and its indexes for, so that a load is as fast as PostgreSQL is read; null where a table that is not warmed is
   * fast enough, or the load too short to matter.
   */
  readonly warm: { readonly writeUnitsPerSecond: number; readonly readUnitsPerSecond: number } | null;
  readonly verification: { readonly readUnits: number; readonly hours: number; readonly times: number };
  /** Dual writes over the window, from PostgreSQL's statistics; null if there are none. */
  readonly window: { readonly hours: number; readonly writeUnits: number | null };
  readonly objects: { readonly count: number; readonly bytes: number };
  readonly dollars: {
    readonly load: number;
    readonly verification: number;
    readonly window: number | null;
    readonly objects: number;
    /** For storage in the table with its indexes, and in the bucket. */
    readonly monthly: number;
  };
  readonly entities: readonly EntityEstimate[];
  readonly assumptions: readonly string[];
}

/** Estimates items, bytes, capacity, dollars and hours of the migration. */
export function estimate(
  plan: { readonly window: Pick<Plan['window'], 'days'> },
  { entities, source }: Measured,
): Estimate {
  const rows = sum(entities, (entity) => entity.rows);
  const claims = sum(entities, (entity) => entity.claims);
  const bytes = sum(entities, (entity) => entity.bytes);
  const perEntity = entities.map((entity): EntityEstimate => ({
    entity: entity.entity,
    items: entity.rows + entity.claims,
    bytes: entity.bytes,
    // A uniqueness item is one unit; each index that has the item writes all of it again.
    writeUnits: entity.writeUnits + entity.claims + sum(entity.indexes, (index) => index.writeUnits),
    objects: entity.bodies.count,
  }));
  const writeUnits = sum(perEntity, (entity) => entity.writeUnits);
  const reads = readUnits(bytes);
  const objects = {
    count: sum(entities, ({ bodies }) => bodies.count),
    bytes: sum(entities, ({ bodies }) => bodies.bytes),
  };
  const fastest = rows / (SOURCE.rowsPerSecond * SOURCE.workers);
  const times = plan.window.days;
  const slowed = writeUnits / TABLE.writeUnitsPerSecond > fastest;
  const perRow = rows === 0 ? 0 : writeUnits / rows;
  // A transaction costs twice, and its intent is one write and one delete.
  const changed = source.changesPerDay === null ? null : source.changesPerDay * plan.window.days * (2 * perRow + 3);
  const stored = bytes + sum(entities, (entity) => sum(entity.indexes, (index) => index.writeUnits * 1024));
  return {
    items: rows + claims,
    bytes,
    load: { writeUnits, hours: hours(Math.max(writeUnits / TABLE.writeUnitsPerSecond, fastest)) },
    warm: slowed && fastest > SHORT_SECONDS ? warmth(entities, reads, fastest) : null,
    verification: { readUnits: reads, hours: hours(Math.max(reads / TABLE.readUnitsPerSecond, fastest)), times },
    window: { hours: plan.window.days * 24, writeUnits: changed === null ? null : Math.round(changed) },
    objects,
    dollars: {
      load: dollars((writeUnits / 1e6) * PRICES.writeUnits),
      verification: dollars(((reads * times) / 1e6) * PRICES.readUnits),
      window: changed === null ? null : dollars((changed / 1e6) * PRICES.writeUnits),
      objects: dollars((objects.count / 1_000) * PRICES.objects),
      monthly: dollars((stored / GB) * PRICES.table + (objects.bytes / GB) * PRICES.bucket),
    },
    entities: perEntity,
    assumptions: [
      `us-east-1 on demand: $${PRICES.writeUnits} a million write units, $${PRICES.readUnits} a million read units, $${PRICES.table} a GB-month`,
      `a new table accepts ${TABLE.writeUnitsPerSecond} write and ${TABLE.readUnitsPerSecond} read units a second; warm it for more`,
      `${SOURCE.workers} workers read ${SOURCE.rowsPerSecond} rows a second each`,
      'dual writes: the changed rows that PostgreSQL counted, at twice the price, with their intents',
      'excluding Step Functions, Lambda, Data API, backups and PostgreSQL itself',
    ],
  };
}

/** The units that the table or its largest index takes in a second, of a load and of a verification that run this long. */
function warmth(entities: Measured['entities'], readUnits: number, seconds: number): NonNullable<Estimate['warm']> {
  const units = new Map<string, number>();
  const add = (of: string, more: number): void => void units.set(of, (units.get(of) ?? 0) + more);
  for (const { writeUnits, claims, indexes } of entities) {
    add('table', writeUnits + claims);
    for (const index of indexes) add(`index ${index.name}`, index.writeUnits);
  }
  const perSecond = (of: number, least: number): number => Math.max(least, Math.ceil(of / seconds));
  return {
    writeUnitsPerSecond: perSecond(Math.max(...units.values()), TABLE.writeUnitsPerSecond),
    readUnitsPerSecond: perSecond(readUnits, TABLE.readUnitsPerSecond),
  };
}

function sum<T>(items: readonly T[], of: (item: T) => number): number {
  return items.reduce((total, item) => total + of(item), 0);
}

function hours(seconds: number): number {
  return Math.ceil((seconds / 3_600) * 100) / 100;
}

function dollars(amount: number): number {
  return Math.ceil(amount * 100) / 100;
}
