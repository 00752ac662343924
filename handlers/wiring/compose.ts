import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { CognitoIdentityProviderClient } from '@aws-sdk/client-cognito-identity-provider';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { RDSClient } from '@aws-sdk/client-rds';
import { RDSDataClient } from '@aws-sdk/client-rds-data';
import { S3Client } from '@aws-sdk/client-s3';
import { SFNClient } from '@aws-sdk/client-sfn';
import { SNSClient } from '@aws-sdk/client-sns';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { monotonicClock } from '../../src/adapters/clock/monotonic-clock.ts';
import { createMetricReader } from '../../src/adapters/cloudwatch/metric-reader.ts';
import { createMetrics } from '../../src/adapters/cloudwatch/metrics.ts';
import { createUserPool } from '../../src/adapters/cognito/user-pool.ts';
import { createControlTable } from '../../src/adapters/control/control-table.ts';
import { createExpirySwitch } from '../../src/adapters/dynamodb/expiry.ts';
import { createIntents } from '../../src/adapters/dynamodb/intents.ts';
import { createTable } from '../../src/adapters/dynamodb/table.ts';
import { createLegacyUsers } from '../../src/adapters/legacy-users/legacy-users.ts';
import { createNotify } from '../../src/adapters/notify/notify.ts';
import { createChangelog } from '../../src/adapters/postgres/capture/changelog.ts';
import { createDataApiSource } from '../../src/adapters/postgres/connection/data-api.ts';
import { highestNumber } from '../../src/adapters/postgres/capture/highest-number.ts';
import { createRowSource } from '../../src/adapters/postgres/rows/row-source.ts';
import { createClusters } from '../../src/adapters/rds/clusters.ts';
import { createBodies } from '../../src/adapters/s3/bodies.ts';
import { createDocuments } from '../../src/adapters/s3/documents.ts';
import { createExecutions } from '../../src/adapters/states/executions.ts';
import { compilePlan } from '../../src/domain/plan-check/compile-plan.ts';
import type { Mapping } from '../../src/domain/mapping/mapping.ts';
import type { Plan } from '../../src/domain/plan/plan.ts';
import type { Bodies, Documents } from '../../src/domain/ports/bodies.ts';
import type { Clusters } from '../../src/domain/ports/clusters.ts';
import type { ControlTable } from '../../src/domain/ports/control.ts';
import type { Executions } from '../../src/domain/ports/executions.ts';
import type { ExpirySwitch } from '../../src/domain/ports/table.ts';
import type { LegacyUsers } from '../../src/domain/ports/legacy-users.ts';
import type { MetricReader, Metrics } from '../../src/domain/ports/metrics.ts';
import type { Notifier } from '../../src/domain/ports/notify.ts';
import type { Changelog, RowSource, SqlSource } from '../../src/domain/ports/source.ts';
import type { SourceAccess } from '../../src/domain/ports/source-access.ts';
import type { Intents, Table } from '../../src/domain/ports/table.ts';
import type { UserPool } from '../../src/domain/ports/user-pool.ts';
import type { Counter } from '../../src/domain/progress/counters.ts';
import type { RestoredPorts } from '../../src/domain/decommission/compare-restored.ts';
import type { MonotonicClock } from '../../src/domain/ports/clock.ts';
import {
  composeAccess,
  composeCapture,
  composeComparison,
  composeVerified,
  type SourceCapture,
  type VerifiedSource,
} from './compose-source.ts';
import { reader, readPlan } from './environment.ts';

/** Everything a handler may reach, each part built on its first use. */
export interface Ports {
  readonly plan: Plan;
  readonly sql: SqlSource;
  readonly table: Table;
  readonly intents: Intents;
  readonly bodies: Bodies;
  readonly documents: Documents;
  readonly control: ControlTable;
  readonly metrics: Metrics;
  readonly metricReader: MetricReader;
  readonly userPool: UserPool;
  readonly clusters: Clusters;
  readonly notify: Notifier;
  readonly executions: Executions;
  /** Null where the plan has no `auth`. */
  readonly legacyUsers: LegacyUsers | null;
  readonly sourceAccess: SourceAccess;
  readonly expiry: ExpirySwitch;
  /** Highest number that the source has given out for a column. */
  readonly highestNumber: (counter: Counter) => Promise<bigint>;
  /** Identifier of the cluster that the migration leaves. */
  readonly clusterId: string;
  readonly capture: SourceCapture;
  /** Monotonic time and pauses of this process; rules take their time from the event. */
  readonly time: MonotonicClock;
  /** Mapping of the current generation, from the facts fixed at its start. */
  mapping(): Promise<Mapping>;
  rows(): Promise<RowSource>;
  changelog(): Promise<Changelog>;
  verified(): Promise<VerifiedSource>;
  /** A restored cluster, which has the same database, beside the live source. */
  comparison(clusterArn: string, secretArn?: string): Promise<RestoredPorts>;
  /** Sends the metrics observed so far. */
  flush(): Promise<void>;
}

/** Wires the adapters to the environment; the only place that reads it. Endpoints are the SDK's business. */
export function compose(environment: NodeJS.ProcessEnv = process.env): Ports {
  const value = reader(environment);
  const plan = once(() => readPlan(value));
  const dynamo = once(() => withoutLogger(new DynamoDBClient({})));
  const s3 = once(() => new S3Client({ forcePathStyle: environment['PORTAGE_S3_PATH_STYLE'] === '1' }));
  const cloudwatch = once(() => new CloudWatchClient({}));
  const data = once(() => withoutLogger(new RDSDataClient({})));
  const metrics = once(() => createMetrics({ client: cloudwatch(), namespace: 'Portage' }));
  const controlTableName = (): string => value('PORTAGE_CONTROL_TABLE');
  const control = once(() =>
    createControlTable({ client: DynamoDBDocumentClient.from(dynamo()), tableName: controlTableName() }),
  );
  const table = once(() =>
    createTable({
      client: dynamo(),
      tableName: plan().table.name,
      controlTableName: controlTableName(),
      deadlineMs: plan().writes.deadlineSeconds * 1000,
      metrics: metrics(),
    }),
  );
  const sqlOf = (resourceArn: string, secretArn: string): SqlSource =>
    createDataApiSource({ client: data(), resourceArn, secretArn, database: value('PORTAGE_DATABASE') });
  const sql = once(() => sqlOf(value('PORTAGE_CLUSTER_ARN'), value('PORTAGE_SECRET_ARN')));
  const intents = once(() => createIntents({ client: dynamo(), controlTableName: controlTableName() }));
  const bodies = once(() => createBodies({ client: s3(), bucket: value('PORTAGE_BUCKET') }));
  const documents = once(() => createDocuments({ client: s3(), bucket: value('PORTAGE_BUCKET') }));
  const metricReader = once(() => createMetricReader({ client: cloudwatch(), namespace: 'Portage' }));
  const userPool = once(() =>
    createUserPool({ client: new CognitoIdentityProviderClient({}), userPoolId: value('PORTAGE_USER_POOL_ID') }),
  );
  const clusters = once(() => createClusters({ client: new RDSClient({}) }));
  const notify = once(() => createNotify({ client: new SNSClient({}), topicArn: value('PORTAGE_TOPIC_ARN') }));
  const executions = once(() => createExecutions({ client: new SFNClient({}) }));
  const legacyUsers = once(() => {
    const { auth, source } = plan();
    return auth === undefined
      ? null
      : createLegacyUsers(sql(), source.schema, auth, async () => (await current()).mapping);
  });
  // A warm function outlives a generation, so the mode is asked each time and only the compiled mapping is kept.
  let compiled: { readonly generation: number; readonly mapping: Mapping } | null = null;
  const current = async (): Promise<{ readonly generation: number; readonly mapping: Mapping }> => {
    const { generation } = await control().mode();
    if (compiled?.generation === generation) return compiled;
    const facts = await control().facts(generation);
    if (facts === null) throw new Error(`generation ${generation} has no facts yet: install capture first`);
    compiled = { generation, mapping: compilePlan(plan(), facts.catalogue, facts.shards) };
    return compiled;
  };
  return {
    get plan() {
      return plan();
    },
    get sql() {
      return sql();
    },
    get table() {
      return table();
    },
    get intents() {
      return intents();
    },
    get bodies() {
      return bodies();
    },
    get documents() {
      return documents();
    },
    get control() {
      return control();
    },
    get metrics() {
      return metrics();
    },
    get metricReader() {
      return metricReader();
    },
    get userPool() {
      return userPool();
    },
    get clusters() {
      return clusters();
    },
    get notify() {
      return notify();
    },
    get executions() {
      return executions();
    },
    get legacyUsers() {
      return legacyUsers();
    },
    sourceAccess: composeAccess(sql, async () => (await current()).mapping),
    get expiry() {
      return createExpirySwitch({ client: dynamo(), tableName: plan().table.name });
    },
    highestNumber: (counter) => highestNumber(sql(), counter),
    capture: composeCapture(sql, () => plan().source.schema),
    time: monotonicClock,
    get clusterId() {
      return value('PORTAGE_CLUSTER_ID');
    },
    mapping: async () => (await current()).mapping,
    rows: async () => {
      const { mapping } = await current();
      return createRowSource(sql(), mapping);
    },
    changelog: async () => createChangelog(sql()),
    verified: async () => {
      const { mapping } = await current();
      return composeVerified(sql(), mapping);
    },
    comparison: async (clusterArn, secretArn = value('PORTAGE_SECRET_ARN')) => {
      const { mapping } = await current();
      return composeComparison(sql(), sqlOf(clusterArn, secretArn), mapping);
    },
    flush: () => (metrics.built() ? metrics().flush() : Promise.resolve()),
  };
}

function once<T>(build: () => T): (() => T) & { built(): boolean } {
  let made: { readonly value: T } | null = null;
  const get = (): T => (made ??= { value: build() }).value;
  return Object.assign(get, { built: () => made !== null });
}

/** The SDK prepares every answer for a log that nobody keeps: with pages of a thousand items that is a tenth of the work. */
function withoutLogger<Client extends { readonly middlewareStack: { remove(name: string): boolean } }>(
  client: Client,
): Client {
  client.middlewareStack.remove('loggerMiddleware');
  return client;
}
