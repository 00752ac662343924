import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CloudWatchClient, DescribeAlarmsCommand } from '@aws-sdk/client-cloudwatch';
import { CognitoIdentityProviderClient, InitiateAuthCommand } from '@aws-sdk/client-cognito-identity-provider';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DescribeExecutionCommand, SFNClient, StartExecutionCommand, StopExecutionCommand } from '@aws-sdk/client-sfn';
import { expect } from '@jest/globals';
import { bcrypt } from 'hash-wasm';
import { Client as Psql } from 'pg';
import { metrics } from '../../handlers/wiring/aws.ts';
import { connect } from '../../handlers/wiring/connect.ts';
import { control, plan } from '../../handlers/wiring/control.ts';
import { sql } from '../../handlers/wiring/source.ts';
import { bodies, intents, table } from '../../handlers/wiring/target.ts';
import type { ServiceFault } from '../../local/faults/service-faults.ts';
import { createDeferred } from '../../local/process/deferred.ts';
import { type Stack, startStack } from '../../local/stack/start.ts';
import { localConfiguration } from '../../local/template/local-configuration.ts';
import { synthesise } from '../../local/template/synthesise.ts';
import { silentLogger } from '../../src/client/logger.ts';
import { type Client, openClient } from '../../src/client/open-client.ts';
import type { ClientOptions } from '../../src/client/options.ts';
import type { Mode } from '../../src/domain/mode/modes.ts';
import { portage } from '../operator/portage.ts';

export const PASSWORD = 'correct horse';
const PLAN = {
  name: 'alarms',
  source: { schema: 'public' },
  table: { name: 'alarms', indexes: ['GSI1'] },
  entities: {
    USER: {
      from: 'users',
      key: { PK: 'USER#{id}', SK: 'USER#{id}' },
      indexes: { GSI1: { PK: 'USERS', SK: 'USER#{id}' } },
      unique: { email: '{email}' },
      omit: ['password_hash'],
    },
    NOTE: { from: 'notes', key: { PK: 'OWNER#{owner}', SK: 'NOTE#{id}' } },
  },
  patterns: { notesOfOwner: { entity: 'NOTE', SK: 'NOTE#', filter: ['topic'] } },
  auth: { from: 'users', username: 'email', email: 'email', passwordHash: 'password_hash' },
  window: { days: 1, cleanNights: 1 },
};
const schema = (hash: string) => `
  CREATE TABLE users (id int PRIMARY KEY, email text NOT NULL UNIQUE, password_hash text);
  CREATE TABLE notes (id int PRIMARY KEY, owner text NOT NULL, topic text, body text);
  INSERT INTO users VALUES (1, 'ann@example.com', '${hash}'), (2, 'bob@example.com', '${hash}');
  INSERT INTO notes SELECT n, 'ann', 'a', repeat('n', 100) FROM generate_series(1, 50) AS n;`;

export const MINUTE = 60_000;
export const DAY = 24 * 60 * MINUTE;
/** Longer than the period of the alarm, so that what was measured under the fault no longer counts. */
export const QUIET = 6 * MINUTE;

const directory = mkdtempSync(join(tmpdir(), 'portage-alarms-'));
const planFile = join(directory, 'plan.json');
const REGION = { region: 'us-east-1', credentials: { accessKeyId: 'portage', secretAccessKey: 'portage' } };

let stack: Stack;
let psql: Psql;
let cloudWatch: CloudWatchClient;
let states: SFNClient;
let cognito: CognitoIdentityProviderClient;
let dynamo: DynamoDBClient;
/** The migration, which holds the lock. */
let owner: string;

/** Starts the stack and brings a migration to the gate after its window. */
export async function startAlarmStack(): Promise<void> {
  writeFileSync(planFile, JSON.stringify(PLAN));
  const assembly = await synthesise({ ...localConfiguration(planFile), maxDollarsPerDay: 0.001 });
  stack = await startStack({ dataDir: join(directory, 'data'), planFile, assembly, schedules: 'off' });
  const at = (service: keyof Stack['endpoints']) => ({ ...REGION, endpoint: stack.endpoints[service] });
  cloudWatch = new CloudWatchClient(at('CLOUDWATCH'));
  states = new SFNClient(at('SFN'));
  cognito = new CognitoIdentityProviderClient(at('COGNITO_IDENTITY_PROVIDER'));
  dynamo = new DynamoDBClient({ ...at('DYNAMODB'), maxAttempts: 1 });
  psql = new Psql({ connectionString: stack.connectionString ?? '' });
  await psql.connect();
  await psql.query(schema(await bcrypt({ password: PASSWORD, salt: Buffer.alloc(16, 1), costFactor: 4 })));
  Object.assign(process.env, stack.env);
  await openWindow();
}

export async function stopAlarmStack(): Promise<void> {
  await psql?.end();
  for (const client of [cloudWatch, states, cognito, dynamo]) client?.destroy();
  await stack?.stop();
  rmSync(directory, { recursive: true, force: true });
}

export async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 50));
}

/** Runs the migration until its dual-write window ends at the gate. */
async function openWindow(): Promise<void> {
  owner = await run('migration', { run: 'first' });
  await until(() =>
    signIn('ann', PASSWORD).then(
      () => true,
      () => false,
    ),
  );
  await until(async () => {
    await relay();
    await sweep();
    const { out } = await portage(['status'], stack.env);
    if (out.includes('FAILED')) throw new Error(out);
    return (await portage(['gates'], stack.env)).out.includes('enter-cutover');
  });
}

export function signIn(user: string, PASSWORD: string): Promise<unknown> {
  const AuthParameters = { USERNAME: `${user}@example.com`, PASSWORD };
  return cognito.send(
    new InitiateAuthCommand({ AuthFlow: 'USER_PASSWORD_AUTH', ClientId: stack.clientId, AuthParameters }),
  );
}

export function sweep(aheadMs = 0): Promise<unknown> {
  return stack.invoke('sweep', { now: new Date(Date.now() + aheadMs).toISOString() });
}

/** Carries every change that waits. */
export const relay = (): Promise<unknown> => stack.invoke('relay', { untilIdle: true });

export async function run(machine: string, input: object): Promise<string> {
  const { executionArn = '' } = await states.send(
    new StartExecutionCommand({ stateMachineArn: stack.machines[machine] ?? '', input: JSON.stringify(input) }),
  );
  return executionArn;
}

export async function ended(executionArn: string): Promise<string> {
  let status = '';
  await until(async () => {
    ({ status = '' } = await states.send(new DescribeExecutionCommand({ executionArn })));
    return status !== 'RUNNING';
  });
  return status;
}

export const verify = async (): Promise<void> => expect(await ended(await run('verify', {}))).toBe('SUCCEEDED');

/** The application's client, as if the migration were in this mode. */
export async function withClient<Result>(
  mode: Mode,
  work: (client: Client, flush: () => Promise<void>) => Promise<Result>,
  more: Partial<ClientOptions> = {},
): Promise<Result> {
  const connection = connect();
  const ports = connection.ports({ plan, sql, table, intents, bodies, control, metrics });
  const present = await ports.control.mode();
  const client = await openClient({
    ...ports,
    source: ports.sql,
    control: {
      ...ports.control,
      mode: () => Promise.resolve({ ...present, mode, readPercent: mode === 'reads' ? 100 : 0 }),
    },
    logger: silentLogger,
    ...more,
  });
  try {
    return await work(client, () => connection.flush());
  } finally {
    await client.close();
    await connection.flush();
  }
}

export async function statesOfAlarms(): Promise<Readonly<Record<string, string>>> {
  const { MetricAlarms = [] } = await cloudWatch.send(new DescribeAlarmsCommand({}));
  return Object.fromEntries(
    MetricAlarms.map(({ AlarmName = '', StateValue = '' }) => [AlarmName.replace('portage-alarms-', ''), StateValue]),
  );
}

export async function areAll(state: 'ALARM' | 'OK', names: readonly string[]): Promise<boolean> {
  const found = await statesOfAlarms();
  return names.every((name) => found[name] === state);
}

/** The stack, once it is started. */
export const alarmStack = (): Stack => stack;
/** Its DynamoDB, for a caller who tries nothing twice. */
export const dynamoDb = (): DynamoDBClient => dynamo;
export const stopExecution = (executionArn: string): Promise<unknown> =>
  states.send(new StopExecutionCommand({ executionArn }));

export const update = (text: string): Promise<unknown> => psql.query(text);

/** A client that stands still between its intent and its commit. */
export async function hangingWrite(): Promise<() => Promise<void>> {
  const [reached, released] = [createDeferred<void>(), createDeferred<void>()];
  const hook = async (step: string): Promise<void> => {
    if (step !== 'written') return;
    reached.resolve();
    await released.promise;
  };
  const write = withClient('dual', (client) => client.update('NOTE', { id: 20, owner: 'ann' }, { topic: 'slow' }), {
    hook,
  });
  await reached.promise;
  return async () => {
    released.resolve();
    await write;
  };
}

export const measureCoverage = (): Promise<unknown> =>
  stack.invoke('measure-coverage', { run: 'first', owner, now: new Date(stack.clock.now()).toISOString() });

/** Makes reads while every call to DynamoDB breaks. */
export async function readsUnder(fault: 'server error' | 'slow', mode: Mode): Promise<void> {
  await withClient(mode, async (client, flush) => {
    const reads = async (): Promise<void> => {
      for (let id = 1; id <= 5; id += 1) await client.get('NOTE', { id, owner: 'ann' }).catch(() => null);
    };
    // The first reads wait for connections, also to PostgreSQL: not what is measured.
    await reads();
    await flush();
    await stack.clock.sleep(QUIET);
    await breaking([fault], reads);
  });
}

/** Does this while all calls to DynamoDB break, throttled by the index if one is given. */
export async function breaking(
  kinds: readonly ServiceFault[],
  work: () => Promise<unknown>,
  index?: string,
): Promise<void> {
  await stack.faults.set({ DYNAMODB: { share: 1, kinds: [...kinds], ...(index === undefined ? {} : { index }) } });
  try {
    await work();
  } finally {
    await stack.faults.set({});
  }
}

/** Connections of others than this test, as an administrator of the server allows them. */
export async function allowConnections(allow: boolean): Promise<void> {
  const admin = new Psql({ connectionString: (stack.connectionString ?? '').replace(/\/[^/?]+(\?|$)/, '/postgres$1') });
  await admin.connect();
  try {
    const { rows } = await psql.query<{ database: string; pid: number }>(
      'SELECT current_database() AS database, pg_backend_pid() AS pid',
    );
    const [own] = rows;
    await admin.query(`ALTER DATABASE ${own?.database ?? ''} ALLOW_CONNECTIONS ${String(allow)}`);
    if (!allow)
      await admin.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1 AND pid <> $2', [
        own?.database,
        own?.pid,
      ]);
  } finally {
    await admin.end();
  }
}
