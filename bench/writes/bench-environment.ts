import { Client } from 'pg';
import { connect, type Connected } from '../../local/engines/connect.ts';
import { startEngines } from '../../local/engines/engines.ts';
import type { ConnectionInfo } from '../../local/engines/connection-info.ts';
import { installCapture } from '../../src/adapters/postgres/capture/capture.ts';
import { readCatalogue } from '../../src/adapters/postgres/catalogue/read-catalogue.ts';
import { createChangelog } from '../../src/adapters/postgres/capture/changelog.ts';
import { createRowSource } from '../../src/adapters/postgres/rows/row-source.ts';
import type { EntityMapping, Mapping } from '../../src/domain/mapping/mapping.ts';
import { compilePlan } from '../../src/domain/plan-check/compile-plan.ts';
import { type Plan, planSchema } from '../../src/domain/plan/plan.ts';
import type { Changelog, RowSource } from '../../src/domain/ports/source.ts';

export const GENERATION = 1;

/** One small table without indexes: what is measured is the protocol, not the plan. */
const SCHEMA = `CREATE TABLE events (id bigint PRIMARY KEY, owner int NOT NULL, note text NOT NULL, at timestamptz NOT NULL DEFAULT now())`;

const PLAN: Plan = planSchema.parse({
  name: 'bench',
  source: { schema: 'public' },
  table: { name: 'bench', indexes: [] },
  entities: { EVENT: { from: 'events', key: { PK: 'EVENT#{id}', SK: 'EVENT#{id}' } } },
  writes: { leaseSeconds: 5, deadlineSeconds: 20 },
});

/** The adapters of one process on the engines of a measurement. */
export interface Attached {
  readonly plan: Plan;
  readonly mapping: Mapping;
  readonly entity: EntityMapping;
  readonly connected: Connected;
  readonly rows: RowSource;
  readonly changelog: Changelog;
}

/** Engines for one measurement, durable as on a real disk, with an empty table. */
export interface BenchEnvironment extends Attached {
  readonly facts: ConnectionInfo;
  readonly psql: Client;
  capture(): Promise<void>;
  insert(from: number, to: number): Promise<void>;
  stop(): Promise<void>;
}

export async function attach(facts: ConnectionInfo): Promise<Attached> {
  const connected = connect(facts, PLAN, { count: () => {}, milliseconds: () => {}, flush: () => Promise.resolve() });
  const sql = connected.sources.pg;
  const mapping = compilePlan(PLAN, await readCatalogue(sql, 'public'), {});
  const { EVENT: entity } = mapping.entities;
  if (entity === undefined) throw new Error('the plan has no EVENT');
  return {
    plan: PLAN,
    mapping,
    entity,
    connected,
    rows: createRowSource(sql, mapping),
    changelog: createChangelog(sql),
  };
}

export async function openBenchEnvironment(): Promise<BenchEnvironment> {
  const engines = await startEngines({ plan: PLAN, schema: SCHEMA, fsync: true });
  const attached = await attach(engines.connectionInfo);
  const { connected, mapping } = attached;
  const psql = new Client({ connectionString: engines.connectionInfo.connectionString });
  await psql.connect();
  await connected.control.saveFacts({ generation: GENERATION, catalogue: mapping.catalogue, shards: {} });
  return {
    ...attached,
    facts: engines.connectionInfo,
    psql,
    capture: () => installCapture(connected.sources.pg, mapping, GENERATION),
    insert: async (from, to) => {
      await psql.query(
        `INSERT INTO events (id, owner, note) SELECT i, i % 97, repeat('note ' || i || ' ', 1 + (i % 120)::int) FROM generate_series($1::bigint, $2::bigint) i`,
        [from, to],
      );
    },
    stop: async () => {
      await psql.end();
      await connected.close();
      await engines.stop();
    },
  };
}
