import { afterEach, beforeEach, expect } from '@jest/globals';
import { captureGaps, installCapture } from '../../src/adapters/postgres/capture/capture.ts';
import { lostLeaves, replacedColumns } from '../../src/adapters/postgres/capture/captured-leaves.ts';
import { readRewrites } from '../../src/adapters/postgres/schema-watch/rewritten-columns.ts';
import { adoptLeaves } from '../../src/adapters/postgres/capture/adopt-leaves.ts';
import {
  captureColumns,
  carryTables,
  uncapturedColumns,
} from '../../src/adapters/postgres/schema-watch/carry-columns.ts';
import { readCatalogue } from '../../src/adapters/postgres/catalogue/read-catalogue.ts';
import { createRowSource } from '../../src/adapters/postgres/rows/row-source.ts';
import { watchSchema, type WatchPorts, type WatchReport } from '../../src/domain/ddl/watch-schema.ts';
import type { Mapping } from '../../src/domain/mapping/mapping.ts';
import { compilePlan } from '../../src/domain/plan-check/compile-plan.ts';
import { type Plan, planSchema } from '../../src/domain/plan/plan.ts';
import { relayOnce, type RelayReport } from '../../src/domain/protocol/relay.ts';
import { allItems, differences } from '../../local/engines/differences.ts';
import { GENERATION, useFixture, type Fixture } from '../client/fixture.ts';

export const JANUARY = `FOR VALUES FROM ('2026-01-01') TO ('2026-02-01')`;

const SCHEMA = `
  CREATE TABLE events (id int, at date, note text, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
  CREATE TABLE events_01 PARTITION OF events ${JANUARY};
  -- Its name is written with its schema or without, as the search path has it.
  DO $$ BEGIN CREATE TYPE public.ddl_mood AS ENUM ('calm'); EXCEPTION WHEN duplicate_object THEN NULL; END $$;
  CREATE TABLE places (id int PRIMARY KEY, name text NOT NULL, seen timestamptz, mood public.ddl_mood DEFAULT 'calm');
  CREATE TABLE seats (id int PRIMARY KEY, code text, gone boolean NOT NULL DEFAULT false);
  CREATE UNIQUE INDEX seats_code ON seats (code) WHERE NOT gone;
  INSERT INTO events VALUES (1, '2026-01-02', 'first'); INSERT INTO places VALUES (1, 'here')`;

export const sleep = (ms: number) => new Promise<void>((resolve) => void setTimeout(resolve, ms));

let schemas = 0;

/** Captured tables in a schema of their own, in mode dual, whose schema a test changes. */
export class ChangingSchema {
  readonly fixture: Fixture;
  /** Statements of the watch's rollbacks: name and reason. */
  readonly rollbacks: string[] = [];
  /** That of the facts, read before each look. */
  mapping: Mapping;
  plan: Plan;

  private constructor(fixture: Fixture, plan: Plan, mapping: Mapping) {
    this.fixture = fixture;
    this.plan = plan;
    this.mapping = mapping;
  }

  static async create(fixture: Fixture, { follow }: { readonly follow: boolean }): Promise<ChangingSchema> {
    const schema = `ddl_${(schemas += 1)}`;
    await fixture.psql.query(`CREATE SCHEMA ${schema}; SET search_path = ${schema}; ${SCHEMA}`);
    const plan = planSchema.parse({
      name: 'ddl',
      source: { schema },
      table: { name: fixture.plan.table.name },
      writes: { leaseSeconds: 0.5, deadlineSeconds: 1 },
      entities: {
        EVENT: { from: 'events', key: { PK: 'EVENT#{id}', SK: 'EVENT#{at}' } },
        PLACE: { from: 'places', key: { PK: 'PLACE#{id}', SK: 'PLACE#{id}' } },
        SEAT: {
          from: 'seats',
          key: { PK: 'SEAT#{id}', SK: 'SEAT#{id}' },
          unique: { code: { key: '{code}', when: { gone: false } } },
        },
      },
    });
    const catalogue = await readCatalogue(fixture.sql, schema);
    const mapping = compilePlan(plan, catalogue, {});
    await installCapture(fixture.sql, mapping, GENERATION, { follow });
    await fixture.control.saveFacts({ generation: GENERATION, catalogue, shards: {} });
    const scene = new ChangingSchema(fixture, plan, mapping);
    await fixture.psql.query('UPDATE events SET note = note; UPDATE places SET name = name');
    await scene.relay();
    return scene;
  }

  async drop(): Promise<void> {
    await this.fixture.psql.query(`RESET search_path; DROP SCHEMA ${this.plan.source.schema} CASCADE`);
  }

  async relay(): Promise<RelayReport> {
    const { fixture, mapping } = this;
    const { changelog, table, intents, bodies, control } = fixture;
    const rows = createRowSource(fixture.sql, mapping);
    const options = { mapping, generation: GENERATION, limit: 500, at: new Date().toISOString() };
    return relayOnce({ changelog, rows, table, intents, bodies, control }, options);
  }

  watchPorts(): WatchPorts {
    const { fixture, mapping, plan, rollbacks } = this;
    return {
      plan,
      control: fixture.control,
      capture: {
        catalogue: () => readCatalogue(fixture.sql, plan.source.schema),
        gaps: (_, known) => captureGaps(fixture.sql, mapping, known),
        lost: () => lostLeaves(fixture.sql, mapping),
        replaced: () => replacedColumns(fixture.sql, mapping),
        rewritten: () => readRewrites(fixture.sql, mapping),
        adopt: (_, options) => adoptLeaves(fixture.sql, mapping, { ...options, sleep }),
        uncaptured: (columns) => uncapturedColumns(fixture.sql, columns),
        captureColumns: (_, table) => captureColumns(fixture.sql, mapping, table),
        carryTables: (_, options) => carryTables(fixture.sql, mapping, { ...options, sleep }),
      },
      time: { monotonic: () => performance.now(), sleep },
      rollback: { start: (name, { reason }) => Promise.resolve(void rollbacks.push(`${name}: ${reason}`)) },
    };
  }

  /** Compiles the facts' mapping, as clients and tasks do when the mode has another revision. */
  async refresh(): Promise<void> {
    const { control } = this.fixture;
    const facts = await control.facts((await control.mode()).generation);
    if (facts !== null) this.mapping = compilePlan(this.plan, facts.catalogue, facts.shards, facts);
  }

  async watch(pause: () => boolean = () => false): Promise<WatchReport> {
    const state = await this.fixture.control.mode();
    await this.refresh();
    return watchSchema(this.watchPorts(), { mapping: this.mapping, state, pause });
  }

  /** What differs between the stores in this schema's tables, once nothing is pending. */
  async agree(): Promise<readonly string[]> {
    for (;;) if ((await this.relay()).done === 0) break;
    expect((await allItems(this.fixture.table)).length).toBeGreaterThan(0);
    return differences(this.mapping, createRowSource(this.fixture.sql, this.mapping), this.fixture.table);
  }
}

/** Starts the engines, and makes a schema of its own for each test; with `follow` capture has its event trigger. */
export function useChangingSchema(assign: (scene: ChangingSchema) => void, options = { follow: false }): void {
  let fixture: Fixture;
  let scene: ChangingSchema;
  useFixture((started) => (fixture = started), { mode: 'dual' });
  beforeEach(async () => assign((scene = await ChangingSchema.create(fixture, options))));
  afterEach(() => scene.drop());
}
