import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { RDSDataClient } from '@aws-sdk/client-rds-data';
import { S3Client } from '@aws-sdk/client-s3';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { Client } from 'pg';
import { startDataApi } from '../../local/data-api/server.ts';
import { startDynamoDb } from '../../local/dynamodb/dynamodb.ts';
import { startPostgres } from '../../local/postgres/server.ts';
import { CREDENTIALS } from '../../local/process/credentials.ts';
import { startS3 } from '../../local/s3/s3.ts';
import { createControlTable } from '../../src/adapters/control/control-table.ts';
import { createIntents } from '../../src/adapters/dynamodb/intents.ts';
import { createTable } from '../../src/adapters/dynamodb/table.ts';
import { installCapture } from '../../src/adapters/postgres/capture.ts';
import { readCatalogue } from '../../src/adapters/postgres/catalogue.ts';
import { createChangelog } from '../../src/adapters/postgres/changelog.ts';
import { createDataApiSource } from '../../src/adapters/postgres/data-api.ts';
import { createRowSource } from '../../src/adapters/postgres/rows.ts';
import { createBodies } from '../../src/adapters/s3/bodies.ts';
import { createDocuments } from '../../src/adapters/s3/documents.ts';
import { type Client as PortageClient, openClient } from '../../src/client/open-client.ts';
import type { ClientOptions } from '../../src/client/options.ts';
import type { Item } from '../../src/domain/item.ts';
import { encodeItem } from '../../src/domain/mapping/encode.ts';
import { compileMapping, type Mapping } from '../../src/domain/mapping/mapping.ts';
import type { Mode, ModeState } from '../../src/domain/modes.ts';
import { type Plan, planSchema } from '../../src/domain/plan/plan.ts';
import type { Bodies, Documents } from '../../src/domain/ports/bodies.ts';
import type { ControlTable } from '../../src/domain/ports/control.ts';
import type { Metrics } from '../../src/domain/ports/metrics.ts';
import type { Changelog, RowSource, SqlSource } from '../../src/domain/ports/source.ts';
import type { Intents, Table } from '../../src/domain/ports/table.ts';
import { loadRange } from '../../src/domain/protocol/load-range.ts';
import { relayOnce, type RelayReport } from '../../src/domain/protocol/relay.ts';
import { isTombstone, keyOfItem } from '../../src/domain/protocol/stamps.ts';
import { sweep, type SweepReport } from '../../src/domain/protocol/sweep.ts';

/** The reference application's schema on the real engines, with capture installed, in whatever mode a test asks for. */
export interface World {
  readonly plan: Plan;
  readonly mapping: Mapping;
  readonly sql: SqlSource;
  /** A session that bypasses the client. */
  readonly psql: Client;
  readonly connectionString: string;
  readonly dataApiEndpoint: string;
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
  relay(): Promise<RelayReport>;
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

export async function startWorld(): Promise<World> {
  const root = mkdtempSync(join(tmpdir(), 'portage-world-'));
  const database = { dataDir: join(root, 'postgres'), database: 'app', fsync: false };
  const [first, dynamoDb, s3] = await Promise.all([
    startPostgres(database),
    startDynamoDb({ storage: 'memory', logFile: join(root, 'dynamodb', 'log') }),
    startS3({ directory: join(root, 's3'), buckets: ['bodies'] }),
  ]);
  let postgres = first;
  const api = await startDataApi({
    clusters: {
      resolve: () => ({ httpEndpointEnabled: true, address: { host: postgres.host, port: postgres.port } }),
      secret: () => ({ user: 'postgres', password: 'portage' }),
    },
  });
  let psql = await connected(postgres.connectionString);
  await psql.query(readFileSync('examples/campaigns/schema.sql', 'utf8'));

  const region = { region: 'us-east-1', credentials: CREDENTIALS };
  const dynamo = new DynamoDBClient({ ...region, endpoint: dynamoDb.endpoint });
  const data = new RDSDataClient({ ...region, endpoint: api.endpoint, maxAttempts: 1 });
  const objects = new S3Client({
    ...region,
    endpoint: s3.endpoint,
    forcePathStyle: true,
    requestChecksumCalculation: 'WHEN_REQUIRED',
  });
  const parsed = planSchema.parse(JSON.parse(readFileSync('examples/campaigns/plan.json', 'utf8')));
  const plan = { ...parsed, writes: { leaseSeconds: 2, deadlineSeconds: 3 } };
  await createTables(dynamo, plan);

  const sql = createDataApiSource({
    client: data,
    resourceArn: 'arn:cluster',
    secretArn: 'arn:secret',
    database: 'app',
  });
  const mapping = compileMapping(plan, await readCatalogue(sql, 'public'), {});
  await installCapture(sql, mapping, GENERATION);
  const observed = observe();
  const table = createTable({
    client: dynamo,
    tableName: plan.table.name,
    controlTableName: 'control',
    deadlineMs: 3_000,
    metrics: observed,
  });
  const intents = createIntents({ client: dynamo, controlTableName: 'control' });
  const bodies = createBodies({ client: objects, bucket: 'bodies' });
  const rows = createRowSource(sql, mapping, GENERATION);
  const changelog = createChangelog(sql, { generation: GENERATION });
  const control = createControlTable({ client: DynamoDBDocumentClient.from(dynamo), tableName: 'control' });
  await control.saveFacts({ generation: GENERATION, catalogue: mapping.catalogue, shards: {} });
  const open: PortageClient[] = [];

  const items = async (): Promise<readonly Item[]> => {
    const found: Item[] = [];
    let after: string | null = null;
    do {
      const page: Awaited<ReturnType<Table['scan']>> = await table.scan(0, 1, after);
      found.push(...page.items);
      after = page.next;
    } while (after !== null);
    return found;
  };
  const ports = { table, intents, rows, changelog, bodies };
  const world: World = {
    plan,
    mapping,
    sql,
    get psql() {
      return psql;
    },
    connectionString: postgres.connectionString,
    dataApiEndpoint: api.endpoint,
    table,
    intents,
    bodies,
    documents: createDocuments({ client: objects, bucket: 'bodies' }),
    rows,
    changelog,
    control,
    dynamo,
    observed,
    enter: async (mode, readPercent = 0) => {
      const from = await control.mode();
      return control.move(from, { mode, readPercent, generation: GENERATION, stoppedFrom: null });
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
    relay: () => relayOnce(ports, { mapping, generation: GENERATION, limit: 500, at: at() }),
    sweep: () => sweep(ports, { mapping, generation: GENERATION, at: at(), oldAfterMs: 60_000 }),
    items,
    differences: async () => {
      const wanted = new Map<string, string>();
      for (const [name, entity] of Object.entries(mapping.entities)) {
        for (const { image } of await rows.page(name, { after: null, upTo: null }, 100_000)) {
          for (const item of encodeItem(entity, image, { version: 0, txn: null, at: '' }))
            wanted.set(keyText(item), content(item));
        }
      }
      const there = new Map(
        (await items()).filter((item) => !isTombstone(item)).map((item) => [keyText(item), content(item)]),
      );
      const keys = [...new Set([...wanted.keys(), ...there.keys()])];
      return keys.flatMap((key) =>
        wanted.get(key) === there.get(key)
          ? []
          : [`${key}: row ${wanted.get(key) ?? 'absent'}, item ${there.get(key) ?? 'absent'}`],
      );
    },
    crashPostgres: async () => {
      process.kill(postgres.pid, 'SIGKILL');
      await psql.end().catch(() => {});
      postgres = await startPostgres({ ...database, port: postgres.port });
      psql = await connected(postgres.connectionString);
    },
    clear: async () => {
      await psql.query('DELETE FROM sessions; DELETE FROM characters; DELETE FROM campaigns; DELETE FROM users');
      await psql.query('TRUNCATE portage.changelog, portage.done, portage.parked');
      for (const item of await items()) {
        const { PK, SK } = keyOfItem(item);
        await deleteItem(dynamo, plan.table.name, PK, SK);
      }
      for (const { uuid } of await intents.list()) await intents.delete(uuid);
      observed.clear();
    },
    stop: async () => {
      await Promise.all(open.map((client) => client.close()));
      await psql.end();
      for (const client of [dynamo, data, objects]) client.destroy();
      await Promise.all([api.stop(), s3.stop(), dynamoDb.stop()]);
      await postgres.stop();
      rmSync(root, { recursive: true, force: true });
    },
  };
  return world;
}

async function connected(connectionString: string): Promise<Client> {
  const client = new Client({ connectionString });
  // Its server is killed on purpose in some tests.
  client.on('error', () => {});
  await client.connect();
  return client;
}

async function deleteItem(dynamo: DynamoDBClient, TableName: string, PK: string, SK: string): Promise<void> {
  const { DeleteItemCommand } = await import('@aws-sdk/client-dynamodb');
  await dynamo.send(new DeleteItemCommand({ TableName, Key: { PK: { S: PK }, SK: { S: SK } } }));
}

function key(prefix: string) {
  return [
    { AttributeName: `${prefix}PK`, KeyType: 'HASH' as const },
    { AttributeName: `${prefix}SK`, KeyType: 'RANGE' as const },
  ];
}

async function createTables(dynamo: DynamoDBClient, plan: Plan): Promise<void> {
  const attributes = (prefixes: readonly string[]) =>
    prefixes.flatMap((prefix) =>
      key(prefix).map(({ AttributeName }) => ({ AttributeName, AttributeType: 'S' as const })),
    );
  const { name, indexes } = plan.table;
  await dynamo.send(
    new CreateTableCommand({
      TableName: name,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: attributes(['', ...indexes]),
      KeySchema: key(''),
      GlobalSecondaryIndexes: indexes.map((IndexName) => ({
        IndexName,
        KeySchema: key(IndexName),
        Projection: { ProjectionType: 'ALL' as const },
      })),
    }),
  );
  await dynamo.send(
    new CreateTableCommand({
      TableName: 'control',
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: attributes(['']),
      KeySchema: key(''),
    }),
  );
}

function keyText(item: Item): string {
  const { PK, SK } = keyOfItem(item);
  return `${PK} ${SK}`;
}

/** An item without the attributes that tell who wrote it when. */
function content(item: Item): string {
  const names = Object.keys(item)
    .filter((name) => !['_v', '_t', '_at'].includes(name))
    .sort();
  return JSON.stringify(names.map((name) => [name, plain(item[name])]));
}

/** DynamoDB keeps a number, not its digits. */
function plain(value: Item[string] | undefined): unknown {
  return value !== undefined && 'N' in value ? Number(value.N) : value;
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
