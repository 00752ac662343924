import { appendFileSync, mkdirSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { SimulatedClock } from '../clock/clock.ts';
import { createSimulatedClock } from '../clock/simulated-clock.ts';
import { startCloudWatch } from '../aws/cloudwatch/cloudwatch.ts';
import { USER_POOL_ID } from '../aws/cognito/pool.ts';
import { DatabasesFacts } from './databases.ts';
import { startDynamoDb } from '../aws/dynamodb/dynamodb.ts';
import { placeDynamoDb } from '../aws/dynamodb/storage.ts';
import { invoke } from '../aws/lambda/invoke.ts';
import { startLambda } from '../aws/lambda/lambda.ts';
import { forkPart } from '../process/fork-part.ts';
import { freePorts, HOST } from '../process/free-port.ts';
import { checkNode, oneLine } from '../process/startup-error.ts';
import { clusterArn, secretArn } from '../aws/rds/names.ts';
import { startSchedules } from '../aws/scheduler/schedule.ts';
import { type Message, startSns, topicArn } from '../aws/sns/sns.ts';
import { startStates } from '../aws/states/api/server.ts';
import { lockDirectory } from './directory-lock.ts';
import { StackLifecycle, memoryOf } from './lifecycle.ts';
import { endpointsOf, environmentOf, type Service, SERVICES } from './environment.ts';
import { createMachines, machineArn } from './machines.ts';
import { resourceNames } from './names.ts';
import { startNightly } from './nightly.ts';
import { readProject } from './project.ts';
import { forkS3AndCognito } from './s3-and-cognito.ts';
import { createTables } from './tables.ts';
import { SOURCE } from '../template/local-configuration.ts';
import { endLeftovers, openProcessRegistry } from './process-registry.ts';

export interface StackOptions {
  /** Everything is kept here; a start on the same directory goes on with what is there, also after a kill -9. */
  readonly dataDir: string;
  /** Forget what an earlier stack left in the directory. */
  readonly fresh?: boolean;
  /** Plan whose tables are made; the reference application's unless given. */
  readonly planFile?: string;
  /** Folder of statemachines/, handlers/ and infra/, for tests with their own. */
  readonly root?: string;
  /** Free ones unless given. */
  readonly ports?: Readonly<Partial<Record<Service, number>>>;
  /** Makes the clock; unless given a simulated one: waits up to 30 s are real, longer ones take about a second. */
  readonly clock?: (offsetFile: string) => SimulatedClock;
  /** How many times faster than stated scheduled functions run, 30 unless given; `off` runs none. */
  readonly schedules?: number | 'off';
  /** Also start the scheduled state machines, which the migration itself otherwise starts when it needs them. */
  readonly machineSchedules?: boolean;
  readonly lambdaHosts?: number;
  readonly onMessage?: (message: Message) => void;
  /** Told when a part dies; by default it is written to stderr. */
  readonly onDeath?: (message: string) => void;
}

export interface Stack {
  readonly dataDir: string;
  readonly endpoints: Readonly<Record<Service, string>>;
  /** What handlers, clients and the AWS CLI need in their environment. */
  readonly env: Readonly<Record<string, string>>;
  readonly clock: SimulatedClock;
  /** Of the source PostgreSQL; null once the migration has deleted it. */
  readonly connectionString: string | null;
  readonly userPoolId: string;
  readonly clientId: string;
  /** ARNs of the state machines by file name. */
  readonly machines: Readonly<Record<string, string>>;
  /** Runs a handler by its file name. */
  invoke(name: string, input: Readonly<Record<string, unknown>>): Promise<unknown>;
  onMessage(listener: (message: Message) => void): void;
  pids(): readonly { readonly name: string; readonly pid: number }[];
  /** Resident bytes by process. */
  memory(): Readonly<Record<string, number>>;
  /** Stops everything and leaves nothing running. `discard` also removes the data. */
  stop(options?: { readonly discard?: boolean }): Promise<void>;
}

/** The entries of a data directory that are the stack's own: only these are ever removed. */
const ENTRIES = [
  'clock.json',
  'cloudwatch',
  'cognito',
  'databases',
  'dynamodb',
  'dynamodb.id',
  'log',
  's3',
  'sns',
  'states',
] as const;

/** Starts the whole embedded stack on one data directory, in a few seconds. */
export async function startStack(options: StackOptions): Promise<Stack> {
  checkNode();
  const project = readProject(options.planFile, options.root);
  const dataDir = resolve(options.dataDir);
  const at = (...path: readonly string[]): string => join(dataDir, ...path);
  const log = (name: string): string => at('log', `${name}.log`);
  const lock = await lockDirectory(dataDir);
  const lifecycle = new StackLifecycle();
  lifecycle.atEnd(() => lock.release());
  try {
    await endLeftovers(at('pids.json'));
    if (options.fresh === true) for (const entry of ENTRIES) rmSync(at(entry), { recursive: true, force: true });
    mkdirSync(at('log'), { recursive: true });

    const registry = openProcessRegistry(at('pids.json'));
    lifecycle.atEnd(() => registry.stop());
    const around = {
      guard: registry.guard,
      release: registry.release,
      onDeath: (message: string): void => {
        if (!lifecycle.isStopping) (options.onDeath ?? console.error)(message);
      },
    };
    const ports = await freePorts(SERVICES.map((service) => [service, options.ports?.[service] ?? 0]));
    const port = (service: Service): number => ports.get(service) ?? 0;
    const endpoints = endpointsOf((service) => `http://${HOST}:${port(service)}`);
    const names = resourceNames(project.plan);
    // Known before the databases run, so that nothing waits for them.
    const source = {
      clusterArn: clusterArn(SOURCE.clusterId),
      clusterId: SOURCE.clusterId,
      secretArn: secretArn(SOURCE.clusterId),
      database: SOURCE.database,
    };
    const env = environmentOf({
      endpoints,
      names,
      planFile: project.planFile,
      databases: source,
      userPoolId: USER_POOL_ID,
      topicArn: topicArn(names.topic),
    });
    const clock = (options.clock ?? simulated)(at('clock.json'));
    const clockOffsetMs = clock.now() - Date.now();
    const storage = placeDynamoDb(dataDir);
    lifecycle.atEnd(() => storage.settle());

    const startTables = async (): Promise<void> => {
      const starting = startDynamoDb({
        ...around,
        storage: { directory: storage.directory },
        port: port('DYNAMODB'),
        logFile: log('dynamodb'),
      });
      const { endpoint } = await lifecycle.add('dynamodb', starting);
      await createTables(endpoint, names, project.plan.table.indexes);
    };
    const [databases, web, lambda, , sns] = await StackLifecycle.startAll(
      lifecycle.add(
        'databases',
        forkPart({
          ...around,
          name: 'databases',
          module: new URL('databases.ts', import.meta.url).href,
          options: {
            dataDir: at('databases'),
            database: source.database,
            dataApiPort: port('RDS_DATA'),
            rdsPort: port('RDS'),
          },
          facts: DatabasesFacts,
          logFile: log('databases'),
          clockOffsetMs,
        }),
      ),
      lifecycle.add(
        's3-and-cognito',
        forkS3AndCognito({
          ...around,
          options: {
            s3: { directory: at('s3'), buckets: [names.bucket], port: port('S3') },
            cognito: {
              directory: at('cognito'),
              lambdaEndpoint: endpoints.LAMBDA,
              port: port('COGNITO_IDENTITY_PROVIDER'),
            },
          },
          logFile: log('s3-and-cognito'),
          clockOffsetMs,
        }),
      ),
      lifecycle.add(
        'lambda',
        startLambda({
          ...around,
          handlers: project.handlers,
          functions: project.manifest.functions,
          env,
          port: port('LAMBDA'),
          logFile: log('lambda'),
          clockOffsetMs,
          hosts: options.lambdaHosts ?? 1,
        }),
      ),
      lifecycle.add(
        'cloudwatch',
        startCloudWatch({ directory: at('cloudwatch'), now: clock.now, port: port('CLOUDWATCH') }),
      ),
      lifecycle.add('sns', startSns({ directory: at('sns'), now: clock.now, port: port('SNS') })),
      startTables(),
    );
    if (options.onMessage !== undefined) sns.onMessage(options.onMessage);
    const broadcast = (): void => {
      for (const part of [databases, web, lambda]) part.setClockOffset(clock.now() - Date.now());
    };
    lifecycle.atEnd(clock.onJump(broadcast));

    // Last, because executions that were under way go on at once and need everything else.
    const states = startStates({
      dataDir: at('states'),
      port: port('SFN'),
      lambdaEndpoint: lambda.endpoint,
      clock,
    });
    const { endpoint } = await lifecycle.add('states', states);
    await createMachines(endpoint, project.definitions);
    const run = (name: string, input: Readonly<Record<string, unknown>>): Promise<unknown> =>
      invoke(lambda.endpoint, name, input);
    const report = (name: string, error: unknown): void =>
      appendFileSync(log('schedules'), `${new Date().toISOString()} ${name} ${oneLine(error)}\n`);
    if (options.schedules !== 'off') {
      const functions = project.manifest.functions.flatMap(({ name, schedule }) =>
        schedule === undefined ? [] : [{ name, rate: schedule.rate, input: schedule.input }],
      );
      const schedules = startSchedules({ functions, invoke: run, scale: options.schedules ?? 30, onError: report });
      // Not waited for: the relay watches for most of a minute, and what is under way ends with its host.
      lifecycle.atEnd(() => void schedules.stop());
    }
    if (options.machineSchedules === true) {
      const nightly = startNightly({ schedules: project.manifest.machineSchedules, endpoint, clock, onError: report });
      lifecycle.atEnd(() => nightly.stop());
    }

    return {
      dataDir,
      endpoints,
      env,
      clock,
      connectionString: databases.facts.connectionString,
      userPoolId: web.facts.cognito.userPoolId,
      clientId: web.facts.cognito.clientId,
      machines: Object.fromEntries([...project.definitions.keys()].map((file) => [file, machineArn(file)])),
      invoke: run,
      onMessage: (listener) => sns.onMessage(listener),
      pids: () => [...lifecycle.processes(), ...registry.others(lifecycle.processes())],
      memory: () => memoryOf([...lifecycle.processes(), ...registry.others(lifecycle.processes())]),
      stop: async ({ discard = false } = {}) => {
        await lifecycle.stop();
        if (!discard) return;
        storage.discard();
        for (const entry of ENTRIES) rmSync(at(entry), { recursive: true, force: true });
      },
    };
  } catch (error) {
    await lifecycle.stop().catch(() => undefined);
    throw error;
  }
}

function simulated(offsetFile: string): SimulatedClock {
  return createSimulatedClock({ realUpToMs: 30_000, compressedMs: 400, offsetFile });
}
