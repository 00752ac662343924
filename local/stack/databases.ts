import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Client } from 'pg';
import * as z from 'zod';
import { SIGN_IN_LOGIN } from '../../src/domain/auth/sign-in-login.ts';
import type { Clusters } from '../aws/data-api/clusters.ts';
import { AWS_LIMITS, type DataApiLimits } from '../aws/data-api/service.ts';
import { startDataApi } from '../aws/data-api/server.ts';
import type { StartChild } from '../process/child-context.ts';
import type { GuardedProcess } from '../process/part.ts';
import { ClusterProcesses } from '../aws/rds/cluster-processes.ts';
import { clusterArn, instanceArn, newResourceId, secretArn, SIGN_IN_SECRET } from '../aws/rds/names.ts';
import { startRds } from '../aws/rds/server.ts';
import { State } from '../aws/rds/state.ts';
import { SOURCE } from '../template/local-configuration.ts';

/** Of the Aurora PostgreSQL that the embedded server stands for. */
const ENGINE_VERSION = '17.5';

const SOURCE_SECRET = secretArn(SOURCE.clusterId);

const SIGN_IN_PASSWORD = 'portage';

const Options = z.object({
  dataDir: z.string(),
  /** Of the source's PostgreSQL; 0 or absent = a free one. So too the next two. */
  postgresPort: z.int().optional(),
  dataApiPort: z.int().optional(),
  rdsPort: z.int().optional(),
  database: z.string().optional(),
  user: z.string().optional(),
  password: z.string().optional(),
  fsync: z.boolean().optional(),
  /** For tests: AWS's 45 s, 3 min and 24 h unless given. */
  statementMs: z.int().optional(),
  transactionIdleMs: z.int().optional(),
  transactionTotalMs: z.int().optional(),
});

export type DatabasesOptions = z.infer<typeof Options>;

/** Serialisable: this is what a forked databases process tells the one that started it. */
export const DatabasesFacts = z.object({
  dataApiEndpoint: z.string(),
  rdsEndpoint: z.string(),
  clusterArn: z.string(),
  clusterId: z.string(),
  secretArn: z.string(),
  database: z.string(),
  /** Null once the source cluster has been deleted. */
  connectionString: z.string().nullable(),
});

export type DatabasesFacts = z.infer<typeof DatabasesFacts>;

export interface DatabasesContext {
  /** Simulated time in milliseconds. */
  readonly now?: () => number;
  /** Told of every PostgreSQL server that starts, so that it can be ended when everything else dies. */
  readonly guard?: (target: GuardedProcess) => void;
  readonly release?: (pid: number) => void;
}

export interface Databases extends DatabasesFacts {
  pids(): readonly number[];
  stop(): Promise<void>;
}

/**
 * Starts the source cluster, the Data API and the RDS control API on one data directory. The first start creates the source;
 * later ones, after a stop or a kill, bring back whatever there was, unfinished work included.
 */
export async function startDatabases(options: DatabasesOptions, around: DatabasesContext = {}): Promise<Databases> {
  const { guard, release, now = Date.now } = around;
  const dataDir = resolve(options.dataDir);
  mkdirSync(dataDir, { recursive: true });
  const state = new State(join(dataDir, 'rds.json'));
  const time = (): string => new Date(now()).toISOString();
  if (state.fresh) createSource(state, options, time());
  const processes = new ClusterProcesses(state, {
    dataDir,
    onStart: (pid, folder) => guard?.({ pid, program: folder, signal: 'SIGINT' }),
    onStop: (pid) => release?.(pid),
    ...(options.fsync === undefined ? {} : { fsync: options.fsync }),
    ...(options.postgresPort === undefined ? {} : { port: options.postgresPort }),
  });
  await processes.resume();
  const running = processes.server(SOURCE.clusterId);
  if (running !== null) await makeSignInLogin(running.connectionString);
  const dataApi = await startDataApi({
    clusters: dataApiClusters(state, processes),
    limits: limitsFrom(options),
    ...(options.dataApiPort === undefined ? {} : { port: options.dataApiPort }),
  });
  const rds = await startRds({
    context: { state, processes, now: time },
    ...(options.rdsPort === undefined ? {} : { port: options.rdsPort }),
  });
  const source = processes.server(SOURCE.clusterId);
  const stop = async (): Promise<void> => {
    await rds.stop();
    // Together: the Data API waits for running statements, and those end when their server does.
    await Promise.all([dataApi.stop(), processes.stop()]);
  };
  if (source === null && state.instancesOf(SOURCE.clusterId).length > 0) {
    await stop();
    throw new Error('the source PostgreSQL did not start: see its log below the data directory');
  }
  return {
    dataApiEndpoint: dataApi.endpoint,
    rdsEndpoint: rds.endpoint,
    clusterArn: clusterArn(SOURCE.clusterId),
    clusterId: SOURCE.clusterId,
    secretArn: SOURCE_SECRET,
    database: options.database ?? SOURCE.database,
    connectionString: source?.connectionString ?? null,
    pids: () => processes.pids(),
    stop,
  };
}

/** The same as a part that runs in its own process (see forkPart). */
export const start: StartChild = async (raw, context) => {
  const { pids: _, stop, ...facts } = await startDatabases(Options.parse(raw), context);
  return { facts, stop };
};

function createSource(state: State, options: DatabasesOptions, now: string): void {
  const { instanceId } = SOURCE;
  state.clusters.set(SOURCE.clusterId, {
    id: SOURCE.clusterId,
    arn: clusterArn(SOURCE.clusterId),
    resourceId: newResourceId(),
    status: 'available',
    engineVersion: ENGINE_VERSION,
    masterUser: options.user ?? 'postgres',
    password: options.password ?? 'portage',
    database: options.database ?? SOURCE.database,
    createdAt: now,
    deletionProtection: true,
    httpEndpointEnabled: true,
    secretArn: SOURCE_SECRET,
    subnetGroup: 'default',
    parameterGroup: 'default.aurora-postgresql17',
    securityGroups: ['sg-local'],
    kmsKeyId: null,
    capacity: { min: 0.5, max: 4 },
    tags: {},
    restoredFrom: null,
    finalSnapshot: null,
  });
  state.instances.set(instanceId, {
    id: instanceId,
    arn: instanceArn(instanceId),
    clusterId: SOURCE.clusterId,
    instanceClass: 'db.serverless',
    status: 'creating',
    createdAt: now,
    tags: {},
  });
  state.save();
}

function dataApiClusters(state: State, processes: ClusterProcesses): Clusters {
  return {
    resolve: (arn) => {
      const cluster = [...state.clusters.values()].find((candidate) => candidate.arn === arn);
      if (cluster === undefined) return null;
      return { httpEndpointEnabled: cluster.httpEndpointEnabled, address: processes.address(cluster.id) };
    },
    secret: (arn) => {
      if (arn === SIGN_IN_SECRET) return { user: SIGN_IN_LOGIN, password: SIGN_IN_PASSWORD };
      const cluster = [...state.clusters.values()].find(({ secretArn }) => secretArn === arn);
      return cluster === undefined ? null : { user: cluster.masterUser, password: cluster.password };
    },
  };
}

/** The login of the sign-in trigger, which reads whatever table the plan names: scripts create it later. */
async function makeSignInLogin(connectionString: string): Promise<void> {
  const client = new Client({ connectionString });
  await client.connect();
  try {
    const { rowCount } = await client.query('SELECT FROM pg_catalog.pg_roles WHERE rolname = $1', [SIGN_IN_LOGIN]);
    if (rowCount === 0)
      await client.query(`CREATE ROLE ${SIGN_IN_LOGIN} LOGIN PASSWORD '${SIGN_IN_PASSWORD}' IN ROLE pg_read_all_data`);
  } finally {
    await client.end();
  }
}

function limitsFrom(options: DatabasesOptions): Partial<DataApiLimits> {
  const { idleMs, totalMs } = AWS_LIMITS.transaction;
  return {
    statementMs: options.statementMs ?? AWS_LIMITS.statementMs,
    transaction: { idleMs: options.transactionIdleMs ?? idleMs, totalMs: options.transactionTotalMs ?? totalMs },
  };
}
