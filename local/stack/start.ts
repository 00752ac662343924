import { appendFileSync, mkdirSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import * as z from 'zod';
import type { Audience } from '../../infra/access.ts';
import type { SimulatedClock } from '../clock/clock.ts';
import { createSimulatedClock } from '../clock/simulated-clock.ts';
import { alarmMessage } from '../aws/cloudwatch/alarms.ts';
import { startCloudWatch } from '../aws/cloudwatch/cloudwatch.ts';
import { USER_POOL_ID } from '../aws/cognito/pool.ts';
import { DatabasesFacts } from './databases.ts';
import { startDynamoDb } from '../aws/dynamodb/dynamodb.ts';
import { placeDynamoDb } from '../aws/dynamodb/storage.ts';
import { invoke } from '../aws/lambda/invoke.ts';
import { startLambda } from '../aws/lambda/lambda.ts';
import type { Credentials } from '../process/credentials.ts';
import { forkPart } from '../process/fork-part.ts';
import { freePorts, HOST } from '../process/free-port.ts';
import { checkNode, oneLine } from '../process/startup-error.ts';
import { type Message, startSns } from '../aws/sns/sns.ts';
import { startStates } from '../aws/states/api/server.ts';
import { lockDirectory } from './directory-lock.ts';
import { StackLifecycle, memoryOf } from './lifecycle.ts';
import { endpointsOf, environmentOf, redirectionsOf, type Service, SERVICES } from './environment.ts';
import { publishFunctions } from '../aws/lambda/publish-functions.ts';
import { connectFaults, type Faults } from '../faults/control.ts';
import type { FaultSettings } from '../faults/injector.ts';
import { localFunctions } from './functions.ts';
import { audienceCredentials, gatewayOptionsOf, machineDenial } from '../iam/deployment-access.ts';
import { type Revoked, revoke } from '../iam/revoke.ts';
import { createMachines } from './machines.ts';
import { besideEachOther, readProject } from './project.ts';
import { measureExecution } from './service-metrics.ts';
import { startRules } from './schedules.ts';
import { forkS3AndCognito } from './s3-and-cognito.ts';
import { createTables } from './tables.ts';
import type { Deployment } from '../template/deployment.ts';
import { endLeftovers, openProcessRegistry } from './process-registry.ts';

export interface StackOptions {
  /** Everything is kept here; a start on the same directory goes on with what is there, also after a kill -9. */
  readonly dataDir: string;
  /** Forget what an earlier stack left in the directory. */
  readonly fresh?: boolean;
  /** Plan whose tables are made; the reference application's unless given. */
  readonly planFile?: string;
  /** A folder that `cdk synth` wrote, to be run in place of the plan's: for tests with functions of their own. */
  readonly assembly?: string;
  /** Other environments that the plan is deployed to beside the one without a name. */
  readonly environments?: readonly string[];
  /** Run handlers from their sources instead of their bundles: for breakpoints. */
  readonly fromSources?: boolean;
  /** Grants of the template that are taken away, to see what fails. */
  readonly revoked?: readonly Revoked[];
  /** Calls to services that break from the start, by a seed; `Stack.faults` changes them. */
  readonly faults?: { readonly seed: number; readonly settings: FaultSettings };
  /** Free ones unless given. */
  readonly ports?: Readonly<Partial<Record<Service, number>>>;
  /** Makes the clock; unless given a simulated one: waits up to 30 s are real, longer ones take about a second. */
  readonly clock?: (offsetFile: string) => SimulatedClock;
  /** How many times faster than stated scheduled functions run, 30 unless given; `off` runs none. */
  readonly schedules?: number | 'off';
  /** Also start the scheduled state machines, which the migration itself otherwise starts when it needs them. */
  readonly machineSchedules?: boolean;
  /** File to which the grants that calls used are appended; unless given, the one that PORTAGE_GRANT_USE_FILE names. */
  readonly grantUseFile?: string;
  readonly onMessage?: (message: Message) => void;
  /** Told when what the clock starts fails; it is also in the log `schedules`. */
  readonly onScheduleError?: (name: string, message: string) => void;
  /** Told when a part dies; by default it is written to stderr. */
  readonly onDeath?: (message: string) => void;
}

export interface Stack {
  readonly dataDir: string;
  readonly endpoints: Readonly<Record<Service, string>>;
  /** What clients and the AWS CLI need in their environment; with the credentials of the account's administrator. */
  readonly env: Readonly<Record<string, string>>;
  /** The same for the other environments, by their names. */
  readonly environments: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Of somebody who has the template's policy for this audience. */
  credentialsOf(audience: Audience): Credentials;
  readonly clock: SimulatedClock;
  /** Throttles, failures, delays and lost connections in front of every service. */
  readonly faults: Faults;
  /** Of the source PostgreSQL; null once the migration has deleted it. */
  readonly connectionString: string | null;
  readonly userPoolId: string;
  readonly clientId: string;
  /** What the template says. */
  readonly deployment: Deployment;
  /** ARNs of the state machines by file name; those of an environment by its name and theirs, such as `staging-load`. */
  readonly machines: Readonly<Record<string, string>>;
  /** Runs a handler by its file name; one of an environment by its name and the handler's, such as `staging-relay`. */
  invoke(name: string, input: Readonly<Record<string, unknown>>): Promise<unknown>;
  onMessage(listener: (message: Message) => void): void;
  pids(): readonly { readonly name: string; readonly pid: number }[];
  /** Resident bytes by process. */
  memory(): Readonly<Record<string, number>>;
  /** Stops everything and leaves nothing running. `discard` also removes the data. */
  stop(options?: { readonly discard?: boolean }): Promise<void>;
}

/** Names of functions and machines begin with it; callers use the names of their files. */
const PREFIX = /^portage-/;

/** The entries of a data directory that are the stack's own: only these are ever removed. */
const ENTRIES = [
  'clock.json',
  'cloudwatch',
  'cognito',
  'databases',
  'dynamodb',
  'dynamodb.id',
  'lambda',
  'log',
  's3',
  'sns',
  'states',
] as const;

/** Names the port at which a service itself answers: the one that callers know is the gateway's. */
function behindGateway<Name extends Service>(service: Name): `${Name} behind the gateway` {
  return `${service} behind the gateway`;
}

/** Ports that are no service's. */
const MACHINES_PORT = 'Lambda for Step Functions';
const FAULTS_PORT = 'faults';

/** Starts the whole embedded stack on one data directory, in a few seconds. */
export async function startStack(options: StackOptions): Promise<Stack> {
  checkNode();
  const { planFile, environments, ...project } = await readProject(
    options.planFile,
    options.assembly,
    options.environments,
  );
  const deployment = revoke(besideEachOther(project.deployment, Object.values(environments)), options.revoked ?? []);
  const dataDir = resolve(options.dataDir);
  const at = (...path: readonly string[]): string => join(dataDir, ...path);
  const log = (name: string): string => at('log', `${name}.log`);
  const grantUseFile = options.grantUseFile ?? process.env['PORTAGE_GRANT_USE_FILE'] ?? null;
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
    const ports = await freePorts([
      ...SERVICES.map((service) => [service, options.ports?.[service] ?? 0] as const),
      ...SERVICES.map((service) => [behindGateway(service), 0] as const),
      [MACHINES_PORT, 0] as const,
      [FAULTS_PORT, 0] as const,
    ]);
    const port = (service: Service): number => ports.get(behindGateway(service)) ?? 0;
    const endpoints = endpointsOf((service) => `http://${HOST}:${ports.get(service) ?? 0}`);
    const redirections = redirectionsOf(endpoints);
    const env = environmentOf(planFile, deployment, redirections);
    const clock = (options.clock ?? simulated)(at('clock.json'));
    const clockOffsetMs = clock.now() - Date.now();
    const storage = placeDynamoDb(dataDir);
    lifecycle.atEnd(() => storage.settle());

    const sns = await lifecycle.add('sns', startSns({ directory: at('sns'), now: clock.now, port: port('SNS') }));
    const cloudWatch = await lifecycle.add(
      'cloudwatch',
      startCloudWatch({
        directory: at('cloudwatch'),
        now: clock.now,
        port: port('CLOUDWATCH'),
        alarms: deployment.alarms,
        onAlarm: (change) => {
          const { subject, message } = alarmMessage(change);
          for (const topic of change.alarm.actions[change.to]) sns.publish(topic, subject, message);
        },
      }),
    );
    const startTables = async (): Promise<void> => {
      const starting = startDynamoDb({
        ...around,
        storage: { directory: storage.directory },
        port: port('DYNAMODB'),
        logFile: log('dynamodb'),
      });
      const { endpoint } = await lifecycle.add('dynamodb', starting);
      await createTables(endpoint, deployment.tables);
    };
    const [databases, web, lambda] = await StackLifecycle.startAll(
      lifecycle.add(
        'databases',
        forkPart({
          ...around,
          name: 'databases',
          module: new URL('databases.ts', import.meta.url).href,
          options: {
            dataDir: at('databases'),
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
            s3: {
              directory: at('s3'),
              buckets: deployment.buckets.map(({ name }) => name),
              keys: Object.fromEntries(
                deployment.buckets.flatMap(({ name, key }) => (key === null ? [] : [[name, key] as const])),
              ),
              port: port('S3'),
            },
            cognito: {
              directory: at('cognito'),
              lambdaEndpoint: `http://${HOST}:${port('LAMBDA')}`,
              triggerFunction: triggerOf(deployment),
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
          functions: localFunctions(
            publishFunctions(at('lambda'), deployment),
            redirections,
            options.fromSources ?? false,
          ),
          port: port('LAMBDA'),
          metricsEndpoint: cloudWatch.endpoint,
          logFile: log('lambda'),
        }),
      ),
      startTables(),
      lifecycle.add(
        'iam',
        forkPart({
          ...around,
          name: 'iam',
          module: new URL('../iam/gateway.ts', import.meta.url).href,
          options: gatewayOptionsOf(
            deployment,
            grantUseFile,
            (service) => ({ target: `http://${HOST}:${port(service)}`, port: ports.get(service) ?? 0 }),
            {
              machinesPort: ports.get(MACHINES_PORT),
              metricsEndpoint: cloudWatch.endpoint,
              faults: { seed: 1, settings: {}, ...options.faults, port: ports.get(FAULTS_PORT) ?? 0 },
            },
          ),
          facts: z.object({}),
          logFile: log('iam'),
        }),
      ),
    );
    if (options.onMessage !== undefined) sns.onMessage(options.onMessage);
    const broadcast = (): void => {
      for (const part of [databases, web]) part.setClockOffset(clock.now() - Date.now());
    };
    lifecycle.atEnd(clock.onJump(broadcast));

    // Last, because executions that were under way go on at once and need everything else.
    const states = startStates({
      dataDir: at('states'),
      port: port('SFN'),
      lambdaEndpoint: `http://${HOST}:${ports.get(MACHINES_PORT)}`,
      clock,
      denial: machineDenial(deployment, grantUseFile),
      onStatus: (execution) => measureExecution(cloudWatch, execution),
    });
    const { endpoint } = await lifecycle.add('states', states);
    await createMachines(endpoint, deployment);
    const run = (name: string, input: Readonly<Record<string, unknown>>): Promise<unknown> =>
      invoke(lambda.endpoint, name, input);
    const report = (name: string, error: unknown): void => {
      const message = oneLine(error);
      appendFileSync(log('schedules'), `${new Date().toISOString()} ${name} ${message}\n`);
      options.onScheduleError?.(name, message);
    };
    const rules = startRules({
      deployment,
      invoke: run,
      scale: options.schedules ?? 30,
      daily: options.machineSchedules ?? false,
      endpoint: endpoints.SFN,
      clock,
      onError: report,
    });
    lifecycle.atEnd(() => rules.stop());

    return {
      dataDir,
      endpoints,
      env,
      environments: Object.fromEntries(
        Object.entries(environments).map(([name, deployed]) => [
          name,
          environmentOf(planFile, deployed, redirections, name),
        ]),
      ),
      credentialsOf: (audience) => audienceCredentials(deployment, audience),
      clock,
      faults: connectFaults(`http://${HOST}:${ports.get(FAULTS_PORT)}`),
      connectionString: databases.facts.connectionString,
      userPoolId: web.facts.cognito.userPoolId,
      clientId: web.facts.cognito.clientId,
      deployment,
      machines: Object.fromEntries(deployment.machines.map(({ name, arn }) => [name.replace(PREFIX, ''), arn])),
      invoke: (name, input) => run(`portage-${name}`, input),
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

/** ARN of the function, or of the alias, that the template lets the user pool invoke. */
function triggerOf({ permissions }: Deployment): string | null {
  const permission = permissions.find(
    ({ principal, sourceArn }) =>
      principal === 'cognito-idp.amazonaws.com' && (sourceArn === null || sourceArn.endsWith(`/${USER_POOL_ID}`)),
  );
  return permission?.functionArn ?? null;
}
