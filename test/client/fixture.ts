import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, beforeEach } from '@jest/globals';
import { type DynamoDBClient, DeleteItemCommand } from '@aws-sdk/client-dynamodb';
import { Client } from 'pg';
import { connect, type Way } from '../../local/engines/connect.ts';
import { takeDynamoDb } from '../engine/dynamodb.ts';
import { allItems, differences } from '../../local/engines/differences.ts';
import { startEngines } from '../../local/engines/engines.ts';
import type { ConnectionInfo } from '../../local/engines/connection-info.ts';
import { installCapture } from '../../src/adapters/postgres/capture/capture.ts';
import { readCatalogue } from '../../src/adapters/postgres/catalogue/read-catalogue.ts';
import { createChangelog } from '../../src/adapters/postgres/capture/changelog.ts';
import { createRowSource } from '../../src/adapters/postgres/rows/row-source.ts';
import { type Client as PortageClient, openClient } from '../../src/client/open-client.ts';
import type { ClientOptions } from '../../src/client/options.ts';
import type { Item } from '../../src/domain/item.ts';
import type { Mapping } from '../../src/domain/mapping/mapping.ts';
import { compilePlan } from '../../src/domain/plan-check/compile-plan.ts';
import type { Mode, ModeState } from '../../src/domain/mode/modes.ts';
import { type Plan, planSchema } from '../../src/domain/plan/plan.ts';
import type { Bodies, Documents } from '../../src/domain/ports/bodies.ts';
import type { ControlTable } from '../../src/domain/ports/control.ts';
import type { Metrics } from '../../src/domain/ports/metrics.ts';
import type { Changelog, RowSource, SqlSource } from '../../src/domain/ports/source.ts';
import type { Intents, Table } from '../../src/domain/ports/table.ts';
import { loadRange } from '../../src/domain/protocol/load-range.ts';
import type { Hook } from '../../src/domain/protocol/test-hook.ts';
import { relayOnce, type RelayReport } from '../../src/domain/protocol/relay.ts';
import { keyOfItem } from '../../src/domain/mapping/items/read-system-attributes.ts';
import { sweep, type SweepReport } from '../../src/domain/protocol/sweep.ts';

/** The reference application's schema on the real engines, with capture installed, in whatever mode a test asks for. */
export interface Fixture {
  readonly plan: Plan;
  readonly mapping: Mapping;
  readonly facts: ConnectionInfo;
  readonly sources: Readonly<Record<Way, SqlSource>>;
  /** The Data API's. */
  readonly sql: SqlSource;
  /** A session that bypasses the client. */
  readonly psql: Client;
  readonly connectionString: string;
  readonly table: Table;
  readonly intents: Intents;
  readonly bodies: Bodies;
  readonly documents: Documents;
  readonly rows: RowSource;
  readonly changelog: Changelog;
  readonly control: ControlTable;
  readonly dynamo: DynamoDBClient;
  readonly observed: Observed;
  /** Puts the control table into a mode as the orchestrator would, step by step where it has to. */
  enter(mode: Mode, readPercent?: number): Promise<ModeState>;
  client(options?: Partial<ClientOptions>): Promise<PortageClient>;
  load(entity: string): Promise<number>;
  relay(hook?: Hook): Promise<RelayReport>;
  sweep(): Promise<SweepReport>;
  /** Every item, tombstones and uniqueness items included. */
  items(): Promise<readonly Item[]>;
  /** What differs between the stores: empty when both hold the same. */
  differences(): Promise<readonly string[]>;
  /** PostgreSQL dies like a machine that loses its power, and comes back. */
  crashPostgres(): Promise<void>;
  /** Empties both stores. */
  clear(): Promise<void>;
  stop(): Promise<void>;
}

export interface Observed extends Metrics {
  sum(name: string): number;
  clear(): void;
}

export const GENERATION = 1;
const at = (): string => new Date().toISOString();

/**
 * Starts the engines and adapters for the tests of one file, hands them to `assign`, and stops them at the end.
 *
 * @param options.mode enters this mode first
 * @param options.clear empties both stores before each test, unless false
 * @param options.bucketKey ARN of a key of KMS that encrypts the bucket
 */
export function useFixture(
  assign: (fixture: Fixture) => void,
  options: { readonly mode?: Mode; readonly clear?: boolean; readonly bucketKey?: string | null } = {},
): void {
  let fixture: Fixture | undefined;
  beforeAll(async () => {
    fixture = await startFixture(options.bucketKey);
    assign(fixture);
    if (options.mode !== undefined) await fixture.enter(options.mode);
  }, 120_000);
  afterAll(() => fixture?.stop());
  if (options.clear !== false) beforeEach(() => fixture?.clear());
}

export async function startFixture(bucketKey: string | null = null): Promise<Fixture> {
  const parsed = planSchema.parse(JSON.parse(readFileSync('examples/campaigns/plan.json', 'utf8')));
  const plan = { ...parsed, writes: { leaseSeconds: 2, deadlineSeconds: 3 } };
  const engines = await startEngines({
    plan,
    schema: readFileSync('examples/campaigns/schema.sql', 'utf8'),
    dynamoDb: takeDynamoDb,
    bucketKey,
  });
  const { connectionInfo } = engines;
  let psql = await connected(connectionInfo.connectionString);
  const observed = observe();
  const connection = connect(connectionInfo, plan, observed);
  const { sources, table, intents, bodies, documents, control, dynamo } = connection;
  const sql = sources['data-api'];
  const mapping = compilePlan(plan, await readCatalogue(sql, 'public'), {});
  await installCapture(sql, mapping, GENERATION);
  const rows = createRowSource(sql, mapping);
  const changelog = createChangelog(sql);
  await control.saveFacts({ generation: GENERATION, catalogue: mapping.catalogue, shards: {} });
  const open: PortageClient[] = [];

  const items = () => allItems(table);
  const ports = { table, intents, rows, changelog, bodies, control };
  const fixture: Fixture = {
    plan,
    mapping,
    sql,
    get psql() {
      return psql;
    },
    facts: connectionInfo,
    sources,
    connectionString: connectionInfo.connectionString,
    table,
    intents,
    bodies,
    documents,
    rows,
    changelog,
    control,
    dynamo,
    observed,
    enter: async (mode, readPercent = 0) => {
      const from = await control.mode();
      return control.move(from, { mode, readPercent, generation: GENERATION, stoppedFrom: null, mappingRevision: 0 });
    },
    client: async (options = {}) => {
      const client = await openClient({
        plan,
        source: sql,
        table,
        intents,
        bodies,
        control,
        metrics: observed,
        ...options,
      });
      open.push(client);
      return client;
    },
    load: async (name) => {
      const entity = mapping.entities[name];
      if (entity === undefined) throw new Error(name);
      const range = { after: null, upTo: null };
      const loaded = await loadRange(ports, {
        entity,
        generation: GENERATION,
        range,
        from: null,
        reload: false,
        at: at(),
      });
      return loaded.rows;
    },
    relay: (hook = () => {}) => relayOnce(ports, { mapping, generation: GENERATION, limit: 500, at: at(), hook }),
    sweep: () => sweep(ports, { mapping, generation: GENERATION, at: at(), oldAfterMs: 60_000 }),
    items,
    differences: () => differences(mapping, rows, table),
    crashPostgres: async () => {
      await Promise.all([engines.crashPostgres(), psql.end().catch(() => {})]);
      psql = await connected(connectionInfo.connectionString);
    },
    clear: async () => {
      await psql.query('DELETE FROM sessions; DELETE FROM characters; DELETE FROM campaigns; DELETE FROM users');
      await psql.query('TRUNCATE portage.changelog, portage.done, portage.parked, portage.missed');
      for (const item of await items()) {
        const { PK, SK } = keyOfItem(item);
        await deleteItem(dynamo, plan.table.name, PK, SK);
      }
      for (const { txn } of await intents.list()) await intents.delete(txn);
      observed.clear();
    },
    stop: async () => {
      await Promise.all(open.map((client) => client.close()));
      await psql.end();
      await connection.close();
      await engines.stop();
    },
  };
  return fixture;
}

async function connected(connectionString: string): Promise<Client> {
  const client = new Client({ connectionString });
  // Its server is killed on purpose in some tests.
  client.on('error', () => {});
  await client.connect();
  return client;
}

async function deleteItem(dynamo: DynamoDBClient, TableName: string, PK: string, SK: string): Promise<void> {
  await dynamo.send(new DeleteItemCommand({ TableName, Key: { PK: { S: PK }, SK: { S: SK } } }));
}

function observe(): Observed {
  const values = new Map<string, number>();
  const add = (name: string, value: number): void => void values.set(name, (values.get(name) ?? 0) + value);
  return {
    count: (name, value) => add(name, value),
    milliseconds: (name, value) => add(name, value),
    flush: () => Promise.resolve(),
    sum: (name) => values.get(name) ?? 0,
    clear: () => values.clear(),
  };
}

/** Puts a plan's schema under capture, on the engines of the fixture: its mapping, and its rows as verification reads them. */
export async function captureSchema(
  fixture: Fixture,
  plan: Plan,
): Promise<{ readonly mapping: Mapping; readonly rows: RowSource }> {
  const catalogue = await readCatalogue(fixture.sql, plan.source.schema);
  const mapping = compilePlan(plan, catalogue, {});
  await installCapture(fixture.sql, mapping, GENERATION);
  await fixture.control.saveFacts({ generation: GENERATION, catalogue, shards: {} });
  return { mapping, rows: createRowSource(fixture.sql, mapping) };
}

/** A client of this plan, as if the migration were in this mode with all reads from DynamoDB. */
export function clientInMode(
  fixture: Fixture,
  plan: Plan,
  mode: Mode,
  more: Partial<ClientOptions> = {},
): Promise<PortageClient> {
  const present = { mode, readPercent: 100, epoch: 1, generation: GENERATION, stoppedFrom: null, mappingRevision: 0 };
  const control = { ...fixture.control, mode: () => Promise.resolve(present) };
  return fixture.client({ plan, control, ...more });
}
