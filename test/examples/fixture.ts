import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { RDSDataClient } from '@aws-sdk/client-rds-data';
import { S3Client } from '@aws-sdk/client-s3';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { Client, types } from 'pg';
import { startDataApi } from '../../local/aws/data-api/server.ts';
import { takeDynamoDb } from '../engine/dynamodb.ts';
import { loadScripts } from '../../local/load-script/load-scripts.ts';
import { startPostgres } from '../../local/postgres/server.ts';
import { CREDENTIALS } from '../../local/process/credentials.ts';
import { startS3 } from '../../local/aws/s3/s3.ts';
import { createControlTable } from '../../src/adapters/control/control-table.ts';
import { createIntents } from '../../src/adapters/dynamodb/intents.ts';
import { createTable } from '../../src/adapters/dynamodb/table.ts';
import { installCapture } from '../../src/adapters/postgres/capture/capture.ts';
import { readCatalogue } from '../../src/adapters/postgres/catalogue/read-catalogue.ts';
import { createChangelog } from '../../src/adapters/postgres/capture/changelog.ts';
import { createDataApiSource } from '../../src/adapters/postgres/connection/data-api.ts';
import { createRowSource } from '../../src/adapters/postgres/rows/row-source.ts';
import { readShardOwners } from '../../src/adapters/postgres/rows/shard-owners.ts';
import { createBodies } from '../../src/adapters/s3/bodies.ts';
import { type Client as PortageClient, openClient } from '../../src/client/open-client.ts';
import type { Item } from '../../src/domain/item.ts';
import type { Mapping } from '../../src/domain/mapping/mapping.ts';
import { compilePlan } from '../../src/domain/plan-check/compile-plan.ts';
import { type Plan, planSchema } from '../../src/domain/plan/plan.ts';
import type { Metrics } from '../../src/domain/ports/metrics.ts';
import { loadRange } from '../../src/domain/protocol/load-range.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const GENERATION = 1;
const SEED = 7;
/** The generators' least. */
const SCALE = 0.001;
/** Arguments grow with the square of the rows; less would leave indexes without an item. */
const SCRIPT_SCALE = 0.03;
/** Owners with more rows are spread here, so that some are. */
const SPREAD_OVER = 3;

/** A plan, where its data comes from, and its generated module, three folders below the project's. */
export interface Example {
  readonly name: string;
  readonly planFile: string;
  readonly generated: string;
  /** Somebody's own database, which is taken as it is; the module is written for the time being. */
  readonly own: readonly string[] | null;
}

/** Every example: whatever is found has to pass. Or the plan and the scripts that the environment names, in their place. */
export const EXAMPLES: readonly Example[] = ownExample() ?? examples();

function examples(): readonly Example[] {
  const folders = readdirSync(join(ROOT, 'examples')).map((name) => ({ name, folder: join(ROOT, 'examples', name) }));
  return folders.flatMap(({ name, folder }) => {
    const [planFile, generated] = [join(folder, 'plan.json'), join(folder, 'generated')];
    return existsSync(planFile) ? [{ name, planFile, generated, own: null }] : [];
  });
}

function ownExample(): readonly Example[] | null {
  const { PORTAGE_TRY_PLAN: plan, PORTAGE_TRY_SQL: scripts } = process.env;
  if (plan === undefined || scripts === undefined) return null;
  const generated = join(ROOT, '.portage', 'try', 'generated');
  return [
    { name: 'own', planFile: resolve(plan), generated, own: scripts.split(delimiter).map((file) => resolve(file)) },
  ];
}

/** What a read sent to DynamoDB. */
export interface Sent {
  readonly command: string;
  readonly consistent: boolean;
}

/** An example's data in both stores, with spread owners, and clients whose reads one of them answers. */
export interface ExampleFixture {
  readonly plan: Plan;
  readonly mapping: Mapping;
  readonly psql: Client;
  /** What reading clients have sent to DynamoDB since the start. */
  readonly sent: readonly Sent[];
  /** For commands that ask the source through the Data API. */
  readonly environment: Readonly<Record<string, string>>;
  /** `page` is the page's size for patterns, instead of the plan's. */
  client(from: 'postgres' | 'dynamodb', page?: number): Promise<PortageClient>;
  items(): Promise<readonly Item[]>;
  stop(): Promise<void>;
}

export async function startExample(example: Example): Promise<ExampleFixture> {
  const root = mkdtempSync(join(tmpdir(), `portage-${example.name}-`));
  const [postgres, dynamoDb, s3] = await Promise.all([
    startPostgres({ dataDir: join(root, 'postgres'), database: 'app', fsync: false }),
    takeDynamoDb(),
    startS3({ directory: join(root, 's3'), buckets: ['bodies'] }),
  ]);
  const api = await startDataApi({
    clusters: {
      resolve: () => ({ httpEndpointEnabled: true, address: { host: postgres.host, port: postgres.port } }),
      secret: () => ({ user: 'postgres', password: 'portage' }),
    },
  });
  const psql = new Client({
    connectionString: postgres.connectionString,
    // Times as PostgreSQL writes them: a Date has no microseconds, and makes an instant of a day.
    types: {
      getTypeParser: (oid: number, format?: 'text' | 'binary') =>
        TIMES.has(oid) ? (text: string) => text : types.getTypeParser(oid, format),
    },
  });
  const region = { region: 'us-east-1', credentials: CREDENTIALS };
  const dynamo = new DynamoDBClient({ ...region, endpoint: dynamoDb.endpoint });
  const reading = new DynamoDBClient({ ...region, endpoint: dynamoDb.endpoint });
  const data = new RDSDataClient({ ...region, endpoint: api.endpoint, maxAttempts: 1 });
  const objects = new S3Client({
    ...region,
    endpoint: s3.endpoint,
    forcePathStyle: true,
    requestChecksumCalculation: 'WHEN_REQUIRED',
  });
  const open: PortageClient[] = [];
  const stop = async (): Promise<void> => {
    await Promise.all(open.map((client) => client.close()));
    await psql.end();
    for (const client of [dynamo, reading, data, objects]) client.destroy();
    await Promise.all([api.stop(), s3.stop(), dynamoDb.stop()]);
    await postgres.stop();
    rmSync(root, { recursive: true, force: true });
  };
  try {
    await fill(example, postgres.connectionString, root);
    await psql.connect();
    await psql.query("SET TimeZone = 'UTC'");
    const parsed = planSchema.parse(JSON.parse(readFileSync(example.planFile, 'utf8')));
    const plan = example.own === null ? spread(parsed) : parsed;
    await psql.query(`SET search_path = "${plan.source.schema}"`);
    if (example.own === null) await openHalf(psql, plan);
    await dynamo.send(tableOf(plan.table.name, plan.table.indexes));
    await dynamo.send(tableOf('control', []));
    const sql = createDataApiSource({
      client: data,
      resourceArn: 'arn:cluster',
      secretArn: 'arn:secret',
      database: 'app',
    });
    const catalogue = await readCatalogue(sql, plan.source.schema);
    const shards = await readShardOwners(sql, compilePlan(plan, catalogue, {}));
    const mapping = compilePlan(plan, catalogue, shards);
    await installCapture(sql, mapping, GENERATION);
    const tableOptions = {
      tableName: plan.table.name,
      controlTableName: 'control',
      deadlineMs: 10_000,
      metrics: silent,
    };
    const table = createTable({ client: dynamo, ...tableOptions });
    const bodies = createBodies({ client: objects, bucket: 'bodies' });
    const control = createControlTable({ client: DynamoDBDocumentClient.from(dynamo), tableName: 'control' });
    await control.saveFacts({ generation: GENERATION, catalogue, shards });
    const ports = {
      table,
      bodies,
      rows: createRowSource(sql, mapping),
      changelog: createChangelog(sql),
    };
    for (const entity of Object.values(mapping.entities)) {
      const range = { after: null, upTo: null };
      await loadRange(ports, {
        entity,
        generation: GENERATION,
        range,
        from: null,
        reload: false,
        at: new Date(0).toISOString(),
      });
    }
    const sent: Sent[] = [];
    reading.middlewareStack.add(
      (next, { commandName }) =>
        (args) => {
          sent.push({
            command: commandName ?? '',
            consistent: JSON.stringify(args.input).includes('"ConsistentRead":true'),
          });
          return next(args);
        },
      { step: 'initialize' },
    );
    return {
      plan,
      mapping,
      psql,
      sent,
      environment: {
        AWS_REGION: 'us-east-1',
        AWS_ACCESS_KEY_ID: CREDENTIALS.accessKeyId,
        AWS_SECRET_ACCESS_KEY: CREDENTIALS.secretAccessKey,
        AWS_ENDPOINT_URL_RDS_DATA: api.endpoint,
        PORTAGE_CLUSTER_ARN: 'arn:cluster',
        PORTAGE_SECRET_ARN: 'arn:secret',
        PORTAGE_DATABASE: 'app',
      },
      client: async (from, page) => {
        const readPercent = from === 'dynamodb' ? 100 : 0;
        const mode = {
          mode: 'reads' as const,
          readPercent,
          epoch: 1,
          generation: GENERATION,
          stoppedFrom: null,
          mappingRevision: 0,
        };
        const client = await openClient({
          plan: page === undefined ? plan : paged(plan, page),
          source: sql,
          table: createTable({ client: reading, ...tableOptions }),
          intents: createIntents({ client: dynamo, controlTableName: 'control' }),
          bodies,
          control: { ...control, mode: () => Promise.resolve(mode) },
          metrics: silent,
          compare: { reads: 0 },
        });
        open.push(client);
        return client;
      },
      items: async () => {
        const found: Item[] = [];
        let after: string | null = null;
        do {
          const page: Awaited<ReturnType<typeof table.scan>> = await table.scan(0, 1, after);
          found.push(...page.items);
          after = page.next;
        } while (after !== null);
        return found;
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

const TIMES: ReadonlySet<number> = new Set([types.builtins.DATE, types.builtins.TIMESTAMP, types.builtins.TIMESTAMPTZ]);

const silent: Metrics = { count: () => {}, milliseconds: () => {}, flush: () => Promise.resolve() };

/** Schema and data as the example's own command makes them: in the database, or as a script to load behind its schema. */
async function fill({ planFile, own }: Example, url: string, root: string): Promise<void> {
  if (own !== null) return void (await loadScripts(url, own, () => undefined));
  const folder = dirname(planFile);
  const run = async (program: string, args: readonly string[]): Promise<string> => {
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ['--import', 'tsx', join(folder, program), ...args, String(SEED)],
      { cwd: ROOT, timeout: 60_000, maxBuffer: 2 ** 28, env: { PATH: process.env['PATH'] } },
    );
    return stdout;
  };
  if (existsSync(join(folder, 'seed.ts'))) return void (await run('seed.ts', [url, String(SCALE)]));
  const rows = join(root, 'rows.sql');
  writeFileSync(rows, await run('rows.ts', [String(SCRIPT_SCALE)]));
  await loadScripts(url, [join(folder, 'schema.sql'), rows], () => undefined);
}

/** Indexes of what is open hold little in a generator's least data: half of the rows are opened here. */
async function openHalf(psql: Client, { entities }: Plan): Promise<void> {
  for (const { from, indexes } of Object.values(entities))
    for (const { when } of Object.values(indexes))
      for (const [column, value] of Object.entries(when ?? {}))
        if (value === null)
          await psql.query(`UPDATE "${from}" t SET "${column}" = NULL WHERE hashtext(t::text) % 2 = 0`);
}

function spread(plan: Plan): Plan {
  const entities = Object.entries(plan.entities).map(([name, entity]) => [
    name,
    entity.shard === undefined ? entity : { ...entity, shard: { ...entity.shard, over: SPREAD_OVER } },
  ]);
  return { ...plan, entities: Object.fromEntries(entities) };
}

function paged(plan: Plan, limit: number): Plan {
  const patterns = Object.entries(plan.patterns).map(([name, pattern]) => [name, { ...pattern, limit }]);
  return { ...plan, patterns: Object.fromEntries(patterns) };
}

function keys(prefix: string) {
  return [
    { AttributeName: `${prefix}PK`, KeyType: 'HASH' as const },
    { AttributeName: `${prefix}SK`, KeyType: 'RANGE' as const },
  ];
}

function attributes(prefixes: readonly string[]) {
  return prefixes.flatMap((prefix) =>
    keys(prefix).map(({ AttributeName }) => ({ AttributeName, AttributeType: 'S' as const })),
  );
}

function tableOf(TableName: string, indexes: readonly string[]): CreateTableCommand {
  return new CreateTableCommand({
    TableName,
    BillingMode: 'PAY_PER_REQUEST',
    AttributeDefinitions: attributes(['', ...indexes]),
    KeySchema: keys(''),
    ...(indexes.length === 0
      ? {}
      : {
          GlobalSecondaryIndexes: indexes.map((IndexName) => ({
            IndexName,
            KeySchema: keys(IndexName),
            Projection: { ProjectionType: 'ALL' as const },
          })),
        }),
  });
}
