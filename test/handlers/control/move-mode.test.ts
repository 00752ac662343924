import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DescribeTimeToLiveCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { RDSDataClient } from '@aws-sdk/client-rds-data';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startDataApi } from '../../../local/aws/data-api/server.ts';
import type { Part } from '../../../local/process/part.ts';
import { takeDynamoDb } from '../../engine/dynamodb.ts';
import { CREDENTIALS } from '../../../local/process/credentials.ts';
import { planTables } from '../../../local/engines/plan-tables.ts';
import { createTables } from '../../../local/stack/tables.ts';
import { createControlTable } from '../../../src/adapters/control/control-table.ts';
import { createExpirySwitch } from '../../../src/adapters/dynamodb/expiry.ts';
import { readCatalogue } from '../../../src/adapters/postgres/catalogue/read-catalogue.ts';
import { createDataApiSource } from '../../../src/adapters/postgres/connection/data-api.ts';
import { compilePlan } from '../../../src/domain/plan-check/compile-plan.ts';
import { planSchema } from '../../../src/domain/plan/plan.ts';
import { type ControlTable } from '../../../src/domain/ports/control.ts';
import { countersOf, startCounters, takeNumbers } from '../../../src/domain/progress/counters.ts';
import { type Awkwards, startAwkwards } from '../../adapters/postgres/awkward/fixture.ts';

const plan = planSchema.parse({
  name: 'tickets',
  table: { name: 'tickets' },
  entities: {
    TICKET: {
      from: 'tickets',
      key: { PK: 'TICKET#{id}', SK: 'TICKET#{id}' },
      defaults: { id: 'counter', number: 'counter' },
      expires: 'ends_at',
    },
  },
});
const region = { region: 'us-east-1', credentials: CREDENTIALS };
const names = { table: 'tickets', control: 'portage-tickets-control', bucket: 'b', topic: 't' };
const claim = { run: 'r', owner: 'arn:me', now: '2026-01-01T00:00:00.000Z' };

let folder: string;
let engine: Part;
let client: DynamoDBClient;
let awkwards: Awkwards;
let api: Awaited<ReturnType<typeof startDataApi>>;
let control: ControlTable;
let move: (event: unknown) => Promise<unknown>;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'portage-move-'));
  [engine, awkwards] = await Promise.all([takeDynamoDb(), startAwkwards()]);
  const url = await awkwards.create(
    'tickets',
    `CREATE SEQUENCE numbers;
     CREATE TABLE tickets (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, number int DEFAULT nextval('numbers'), ends_at timestamptz);
     INSERT INTO tickets (number) SELECT 7 FROM generate_series(1, 5);
     DELETE FROM tickets WHERE id > 3;`,
  );
  const address = { host: awkwards.postgres.host, port: awkwards.postgres.port };
  api = await startDataApi({
    clusters: {
      resolve: () => ({ httpEndpointEnabled: true, address }),
      secret: () => ({ user: 'postgres', password: 'portage' }),
    },
    limits: {},
  });
  await createTables(engine.endpoint, planTables(names, []));
  client = new DynamoDBClient({ ...region, endpoint: engine.endpoint });
  control = createControlTable({ client: DynamoDBDocumentClient.from(client), tableName: names.control });
  const data = new RDSDataClient({ ...region, endpoint: api.endpoint, maxAttempts: 1 });
  const database = new URL(url).pathname.slice(1);
  const source = createDataApiSource({ client: data, resourceArn: 'arn:c', secretArn: 'arn:s', database });
  const catalogue = await readCatalogue(source, 'public');
  data.destroy();
  const state = await control.mode();
  await control.move(state, {
    mode: 'drained',
    readPercent: 100,
    generation: 1,
    stoppedFrom: null,
    mappingRevision: 0,
  });
  await control.saveFacts({ generation: 1, catalogue, shards: {} });
  await control.write(
    'LOCK',
    'migration',
    { ...claim, acquiredAt: claim.now, expiresAt: '2027-01-01T00:00:00.000Z' },
    0,
  );
  const planFile = join(folder, 'plan.json');
  writeFileSync(planFile, JSON.stringify(plan));
  Object.assign(process.env, {
    AWS_REGION: region.region,
    AWS_ACCESS_KEY_ID: CREDENTIALS.accessKeyId,
    AWS_SECRET_ACCESS_KEY: CREDENTIALS.secretAccessKey,
    AWS_ENDPOINT_URL_DYNAMODB: engine.endpoint,
    AWS_ENDPOINT_URL_RDS_DATA: api.endpoint,
    PORTAGE_PLAN_FILE: planFile,
    PORTAGE_TABLE: names.table,
    PORTAGE_CONTROL_TABLE: names.control,
    PORTAGE_CLUSTER_ARN: 'arn:c',
    PORTAGE_SECRET_ARN: 'arn:s',
    PORTAGE_DATABASE: database,
  });
  ({ handler: move } = await import('../../../handlers/control/move-mode.ts'));
}, 90_000);
afterAll(async () => {
  client?.destroy();
  await api?.stop();
  await Promise.all([engine?.stop(), awkwards?.stop()]);
  rmSync(folder, { recursive: true, force: true });
});

const timeToLive = async () =>
  (await client.send(new DescribeTimeToLiveCommand({ TableName: names.table }))).TimeToLiveDescription;
const pause = () => Promise.resolve();

test('RACE-47 counters start above what the sequence gave out, and expiry begins, with complete and not before', async () => {
  expect(await timeToLive()).toMatchObject({ TimeToLiveStatus: 'DISABLED' });
  const [id, number] = countersOf(
    plan,
    compilePlan(plan, (await control.facts(1))?.catalogue ?? { tables: {}, fingerprint: '' }, {}),
  );
  if (id === undefined || number === undefined) throw new Error('no counters');
  await expect(takeNumbers(control, id, 1, pause)).rejects.toMatchObject({ name: 'ValueRefused' });
  const complete = { ...claim, to: { mode: 'complete', readPercent: 100 } };
  expect(await move(complete)).toMatchObject({ mode: 'complete', generation: 2 });
  // Five ids were given out, of which three are left; number was never counted, and holds 7.
  expect(await takeNumbers(control, id, 2, pause)).toBe(6n);
  expect(await takeNumbers(control, number, 1, pause)).toBe(8n);
  expect(await timeToLive()).toMatchObject({ TimeToLiveStatus: 'ENABLED', AttributeName: '_ttl' });
  // Again, after clients have counted on: done already is done.
  expect(await move(complete)).toMatchObject({ mode: 'complete', generation: 2 });
  expect(await takeNumbers(control, id, 1, pause)).toBe(8n);
  await createExpirySwitch({ client, tableName: names.table }).enable('_ttl');
});

test('RACE-47 a counter never turns back, and no number is given twice, however many ask', async () => {
  const counter = { schema: 'public', table: 'tickets', column: 'other' };
  await startCounters(control, [counter], () => Promise.resolve([9_007_199_254_740_993n]));
  await startCounters(control, [counter], () => Promise.resolve([5n]));
  const taken = await Promise.all(
    Array.from({ length: 8 }, () =>
      takeNumbers(control, counter, 10, () => new Promise((resolve) => setTimeout(resolve, 5 + Math.random() * 40))),
    ),
  );
  const firsts = taken.map(Number).sort((left, right) => left - right);
  expect(new Set(taken).size).toBe(8);
  expect(taken.reduce((least, value) => (value < least ? value : least))).toBe(9_007_199_254_740_994n);
  expect(firsts).toHaveLength(8);
});
