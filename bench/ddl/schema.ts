import { type Plan, planSchema } from '../../src/domain/plan/plan.ts';

/** The mapped tables: partitioned, plain, with an inheritance child, with a foreign key. */
export const MAPPED = ['events', 'places', 'stations', 'visits'] as const;
export type MappedTable = (typeof MAPPED)[number];

/** Months that have a partition from the beginning. */
export const FIRST_MONTHS = [1, 2] as const;
/** A label of the enum `mood`, which places have. */
export const FIRST_LABEL = 'calm';
/** Rows that no session deletes; visits refer to them. */
export const SHARED_PLACES = 5;

export function partitionBounds(month: number): string {
  return `FOR VALUES FROM ('${firstDay(month)}') TO ('${firstDay(month + 1)}')`;
}

function firstDay(month: number): string {
  return new Date(Date.UTC(2026, month - 1, 1)).toISOString().slice(0, 10);
}

/** A day in this month, as PostgreSQL writes it. */
export function dayIn(month: number): string {
  return new Date(Date.UTC(2026, month - 1, 15)).toISOString().slice(0, 10);
}

export function createSchema(schema: string): string {
  return `
    CREATE SCHEMA ${schema}; SET search_path = ${schema};
    CREATE TABLE events (id int, at date, note text, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
    ${FIRST_MONTHS.map((month) => `CREATE TABLE events_${month} PARTITION OF events ${partitionBounds(month)};`).join('\n')}
    CREATE TYPE mood AS ENUM ('${FIRST_LABEL}', 'wild');
    CREATE TABLE places (id int PRIMARY KEY, name text NOT NULL, kind text, size numeric(10,2), seen timestamptz, note text, mood mood);
    CREATE TABLE stations (id int PRIMARY KEY, name text NOT NULL, note text);
    CREATE TABLE far_stations () INHERITS (stations);
    CREATE TABLE visits (id int PRIMARY KEY, place_id int NOT NULL REFERENCES places, note varchar(200));
    CREATE TABLE audit (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, what text);
    INSERT INTO places (id, name) SELECT i, 'shared' FROM generate_series(1, ${SHARED_PLACES}) i;
    INSERT INTO places SELECT i, 'old', 'kind', i, '2026-01-02 03:04:05.678901Z', 'note', '${FIRST_LABEL}' FROM generate_series(10, 40) i;
    INSERT INTO events SELECT i, d::date, 'old' FROM generate_series(10, 30) i, unnest(ARRAY[${FIRST_MONTHS.map((month) => `'${dayIn(month)}'`).join(', ')}]) d;
    INSERT INTO stations SELECT i, 'old' FROM generate_series(10, 30) i;
    INSERT INTO far_stations SELECT i, 'far' FROM generate_series(50, 70) i;
    INSERT INTO visits SELECT i, 1 + i % ${SHARED_PLACES}, 'old' FROM generate_series(10, 30) i;
    RESET search_path;`;
}

const ENTITIES: Readonly<Record<MappedTable, { readonly entity: string; readonly key: object }>> = {
  events: { entity: 'EVENT', key: { PK: 'EVENT#{id}', SK: 'EVENT#{at}' } },
  places: { entity: 'PLACE', key: { PK: 'PLACE#{id}', SK: 'PLACE#{id}' } },
  stations: { entity: 'STATION', key: { PK: 'STATION#{id}', SK: 'STATION#{id}' } },
  visits: { entity: 'VISIT', key: { PK: 'VISIT#{id}', SK: 'VISIT#{id}' } },
};

export function entityOf(table: MappedTable): string {
  return ENTITIES[table].entity;
}

/** A plan of these tables that excludes the others. */
export function ddlPlan(
  schema: string,
  tables: readonly MappedTable[],
  others: readonly string[],
  options: {
    readonly partitionRemoved: 'note' | 'halt';
    readonly columnAdded: 'note' | 'carry';
    readonly visitsUnique?: boolean;
    readonly omit?: Readonly<Record<string, readonly string[]>>;
  },
): Plan {
  const { partitionRemoved, columnAdded, visitsUnique = false, omit = {} } = options;
  // The one that `statements/harmless.ts` may add.
  const unique = { id_place_id: '{id}#{place_id}' };
  return planSchema.parse({
    name: 'ddl',
    source: { schema },
    table: { name: 'ddl', indexes: [] },
    exclude: Object.fromEntries(others.map((table) => [table, 'not of this migration'])),
    entities: Object.fromEntries(
      tables.map((table) => [
        ENTITIES[table].entity,
        {
          from: table,
          key: ENTITIES[table].key,
          omit: omit[table] ?? [],
          ...(table === 'visits' && visitsUnique ? { unique } : {}),
        },
      ]),
    ),
    writes: { leaseSeconds: 1, deadlineSeconds: 2 },
    ddl: { unmappedTable: 'note', columnAdded, partitionAdded: 'adopt', partitionRemoved },
  });
}
