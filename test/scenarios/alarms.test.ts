import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CloudWatchClient, DescribeAlarmsCommand } from '@aws-sdk/client-cloudwatch';
import { CognitoIdentityProviderClient, InitiateAuthCommand } from '@aws-sdk/client-cognito-identity-provider';
import {
  DeleteItemCommand,
  DeleteTableCommand,
  DynamoDBClient,
  GetItemCommand,
  QueryCommand,
} from '@aws-sdk/client-dynamodb';
import { DescribeExecutionCommand, SFNClient, StartExecutionCommand, StopExecutionCommand } from '@aws-sdk/client-sfn';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { bcrypt } from 'hash-wasm';
import { Client as Psql } from 'pg';
import { metrics } from '../../handlers/wiring/aws.ts';
import { readDefinitions } from '../../infra/definition.ts';
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

// Every alarm of the template is driven into ALARM by the fault that it is for, and back once the fault is gone.

const PASSWORD = 'correct horse';
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

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
/** Longer than the period of the alarm, so that what was measured under the fault no longer counts. */
const QUIET = 6 * MINUTE;

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

beforeAll(async () => {
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
}, 300_000);

afterAll(async () => {
  await psql?.end();
  for (const client of [cloudWatch, states, cognito, dynamo]) client?.destroy();
  await stack?.stop();
  rmSync(directory, { recursive: true, force: true });
}, 300_000);

async function until(condition: () => Promise<boolean>): Promise<void> {
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

function signIn(user: string, PASSWORD: string): Promise<unknown> {
  const AuthParameters = { USERNAME: `${user}@example.com`, PASSWORD };
  return cognito.send(
    new InitiateAuthCommand({ AuthFlow: 'USER_PASSWORD_AUTH', ClientId: stack.clientId, AuthParameters }),
  );
}

function sweep(aheadMs = 0): Promise<unknown> {
  return stack.invoke('sweep', { now: new Date(Date.now() + aheadMs).toISOString() });
}

/** Carries every change that waits. */
const relay = (): Promise<unknown> => stack.invoke('relay', { untilIdle: true });

async function run(machine: string, input: object): Promise<string> {
  const { executionArn = '' } = await states.send(
    new StartExecutionCommand({ stateMachineArn: stack.machines[machine] ?? '', input: JSON.stringify(input) }),
  );
  return executionArn;
}

async function ended(executionArn: string): Promise<string> {
  let status = '';
  await until(async () => {
    ({ status = '' } = await states.send(new DescribeExecutionCommand({ executionArn })));
    return status !== 'RUNNING';
  });
  return status;
}

const verify = async (): Promise<void> => expect(await ended(await run('verify', {}))).toBe('SUCCEEDED');

/** The application's client, as if the migration were in this mode. */
async function withClient<Result>(
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

async function statesOfAlarms(): Promise<Readonly<Record<string, string>>> {
  const { MetricAlarms = [] } = await cloudWatch.send(new DescribeAlarmsCommand({}));
  return Object.fromEntries(
    MetricAlarms.map(({ AlarmName = '', StateValue = '' }) => [AlarmName.replace('portage-alarms-', ''), StateValue]),
  );
}

async function areAll(state: 'ALARM' | 'OK', names: readonly string[]): Promise<boolean> {
  const found = await statesOfAlarms();
  return names.every((name) => found[name] === state);
}

interface Fault {
  readonly alarms: readonly string[];
  readonly fault: string;
  readonly cause: () => Promise<unknown>;
  readonly mend: () => Promise<unknown>;
  /** Simulated time that passes before the alarm is looked at again, in milliseconds. */
  readonly quietMs?: number;
}

const nothing = (): Promise<void> => Promise.resolve();
const update = (text: string): Promise<unknown> => psql.query(text);

/** A client that stands still between its intent and its commit. */
async function hangingWrite(): Promise<() => Promise<void>> {
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
let release: () => Promise<void> = nothing;

const measureCoverage = (): Promise<unknown> =>
  stack.invoke('measure-coverage', { run: 'first', owner, now: new Date(stack.clock.now()).toISOString() });

/** Makes reads while every call to DynamoDB breaks. */
async function readsUnder(fault: 'server error' | 'slow', mode: Mode): Promise<void> {
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
async function breaking(kinds: readonly ServiceFault[], work: () => Promise<unknown>, index?: string): Promise<void> {
  await stack.faults.set({ DYNAMODB: { share: 1, kinds: [...kinds], ...(index === undefined ? {} : { index }) } });
  try {
    await work();
  } finally {
    await stack.faults.set({});
  }
}

/** Connections of others than this test, as an administrator of the server allows them. */
async function allowConnections(allow: boolean): Promise<void> {
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

const SPARE = { PK: { S: 'SPARE' }, SK: { S: 'SPARE' } };
const THROTTLED = {
  read: (): Promise<unknown> => dynamo.send(new GetItemCommand({ TableName: 'alarms', Key: SPARE })),
  write: (): Promise<unknown> => dynamo.send(new DeleteItemCommand({ TableName: 'alarms', Key: SPARE })),
} as const;

/** What the clock starts, and inputs with which it looks once. */
const SCHEDULED = [
  ['relay', {}],
  ['sweep', {}],
  ['watch-schema', { seconds: 0 }],
] as const;
const runScheduled = async (): Promise<void> => {
  for (const [name, input] of SCHEDULED) await stack.invoke(name, input);
};

const FAULTS: readonly Fault[] = [
  {
    alarms: ['mismatches'],
    fault: 'items are deleted behind the migration, and a verification runs',
    cause: async () => {
      const { Items = [] } = await dynamo.send(
        new QueryCommand({
          TableName: 'alarms',
          KeyConditionExpression: 'PK = :pk',
          ExpressionAttributeValues: { ':pk': { S: 'OWNER#ann' } },
          Limit: 3,
        }),
      );
      for (const { PK, SK } of Items)
        await dynamo.send(
          new DeleteItemCommand({ TableName: 'alarms', Key: { PK: PK ?? { S: '' }, SK: SK ?? { S: '' } } }),
        );
      await verify();
    },
    mend: async () => {
      await update(`UPDATE notes SET topic = 'again' WHERE id <= 3`);
      await relay();
      await verify();
    },
  },
  {
    alarms: ['large-items'],
    fault: 'a row becomes an item over the limit, and a verification runs',
    cause: async () => {
      await update(`INSERT INTO notes VALUES (60, 'ann', 'a', repeat('n', 250000))`);
      await relay();
      await verify();
    },
    mend: async () => {
      await update('DELETE FROM notes WHERE id = 60');
      await relay();
      await verify();
    },
  },
  {
    alarms: ['unverified'],
    fault: 'rows change all the time while a verification reads them',
    cause: async () => {
      let verified = false;
      const verifying = verify().finally(() => (verified = true));
      await until(async () => {
        await update('UPDATE notes SET topic = clock_timestamp()::text WHERE id = 7');
        return verified;
      });
      await verifying;
    },
    mend: async () => {
      await relay();
      await verify();
    },
  },
  {
    alarms: ['parked'],
    fault: 'the relay meets a row that maps to no valid item',
    cause: async () => {
      await update(`INSERT INTO notes VALUES (61, repeat('o', 3000), 'a', '')`);
      await relay();
      await sweep();
    },
    mend: async () => {
      await update('DELETE FROM notes WHERE id = 61');
      await relay();
      await sweep();
    },
  },
  {
    alarms: ['missed'],
    fault: 'the trigger of capture cannot write its changelog',
    cause: async () => {
      await update('ALTER TABLE portage.changelog ADD CONSTRAINT full_disk CHECK (false) NOT VALID');
      await update(`UPDATE notes SET topic = 'missed' WHERE id = 8`);
      await update('ALTER TABLE portage.changelog DROP CONSTRAINT full_disk');
      await sweep();
    },
    mend: sweep,
  },
  {
    alarms: ['backlog'],
    fault: 'writers outrun a relay that is stopped',
    cause: async () => {
      await update(`INSERT INTO notes SELECT n, 'many', 'a', '' FROM generate_series(1001, 11100) AS n`);
      await sweep();
    },
    mend: async () => {
      await relay();
      await sweep();
    },
  },
  {
    alarms: ['backlog-age'],
    fault: 'the relay is stopped while one write waits',
    cause: async () => {
      await update(`UPDATE notes SET topic = 'waits' WHERE id = 9`);
      await sweep();
      await sweep(301_000);
    },
    mend: async () => {
      await relay();
      await sweep();
    },
  },
  {
    alarms: ['old-intents'],
    fault: 'a client stands still between its intent and its commit',
    cause: async () => {
      release = await hangingWrite();
      await sweep(301_000);
    },
    mend: async () => {
      await release();
      await sweep();
    },
  },
  {
    alarms: ['uncovered-users'],
    fault: 'a legacy user is missing in the pool when coverage is measured',
    cause: () => measureCoverage(),
    mend: async () => {
      await signIn('bob', PASSWORD);
      await measureCoverage();
    },
  },
  {
    alarms: ['migrate-user-errors'],
    fault: 'a sign-in with a wrong password',
    cause: () => expect(signIn('nobody', 'wrong')).rejects.toThrow(),
    mend: nothing,
  },
  {
    alarms: ['migrate-user-duration'],
    fault: 'the legacy table answers a sign-in after more than four seconds',
    cause: async () => {
      await update('BEGIN; LOCK TABLE users IN ACCESS EXCLUSIVE MODE');
      await signIn('nobody', 'wrong').catch(() => null);
      await update('COMMIT');
    },
    mend: nothing,
  },
  {
    alarms: ['write-errors'],
    fault: 'the source refuses writes',
    cause: async () => {
      await update('ALTER TABLE notes ADD CONSTRAINT closed CHECK (false) NOT VALID');
      await withClient('dual', (client) =>
        expect(client.update('NOTE', { id: 10, owner: 'ann' }, { topic: 'x' })).rejects.toThrow(),
      );
    },
    mend: async () => {
      await update('ALTER TABLE notes DROP CONSTRAINT closed');
      await withClient('dual', (client) => client.update('NOTE', { id: 10, owner: 'ann' }, { topic: 'x' }));
    },
  },
  {
    alarms: ['search-capacity'],
    fault: 'a search filters a partition of large items',
    cause: async () => {
      await update(`INSERT INTO notes SELECT n, 'large', 'a', repeat('n', 9000) FROM generate_series(100, 120) AS n`);
      await relay();
      await withClient('reads', (client) => client.query('notesOfOwner', { owner: 'large', topic: 'b' }));
    },
    mend: () => withClient('reads', (client) => client.query('notesOfOwner', { owner: 'ann', topic: 'b' })),
  },
  {
    alarms: ['dynamodb-errors'],
    fault: 'DynamoDB answers 5xx to reads of the client',
    cause: () => readsUnder('server error', 'reads'),
    mend: () => withClient('reads', (client) => client.get('NOTE', { id: 1, owner: 'ann' })),
  },
  {
    alarms: ['dynamodb-latency'],
    fault: 'DynamoDB answers reads late',
    cause: () => readsUnder('slow', 'shadow'),
    mend: () => withClient('shadow', (client) => client.get('NOTE', { id: 1, owner: 'ann' })),
  },
  ...['', 'GSI1'].flatMap((index) =>
    (['read', 'write'] as const).flatMap((operation) =>
      (
        [
          ['throttles', 'throttled', 'DynamoDB throttles calls'],
          ['heat', 'hot partition', 'DynamoDB throttles calls to one partition'],
        ] as const
      ).map(([alarm, kind, fault]): Fault => ({
        alarms: [`${operation}-${alarm}${index === '' ? '' : `-${index}`}`],
        fault,
        cause: () => breaking([kind], () => THROTTLED[operation]().catch(() => null), index === '' ? undefined : index),
        mend: THROTTLED[operation],
      })),
    ),
  ),
  {
    alarms: SCHEDULED.map(([name]) => `${name}-errors`),
    fault: 'the source does not answer',
    cause: async () => {
      await allowConnections(false);
      for (const [name, input] of SCHEDULED) await expect(stack.invoke(name, input)).rejects.toThrow();
    },
    mend: async () => {
      await allowConnections(true);
      await runScheduled();
    },
  },
  {
    alarms: SCHEDULED.map(([name]) => `${name}-silent`),
    fault: 'their schedules are disabled',
    cause: () => stack.clock.sleep(16 * MINUTE),
    mend: runScheduled,
    quietMs: 0,
  },
  {
    alarms: ['nightly-silent'],
    fault: 'its schedule is disabled for 26 hours',
    cause: () => stack.clock.sleep(27 * 60 * MINUTE),
    mend: async () => ended(await run('nightly', {})),
    quietMs: 0,
  },
  {
    alarms: ['spend'],
    fault: 'a load writes more than the configured dollars a day',
    cause: async () => {
      await update(`INSERT INTO notes SELECT n, 'dear', 'a', '' FROM generate_series(20001, 23000) AS n`);
      await relay();
    },
    mend: nothing,
    quietMs: 25 * 60 * MINUTE,
  },
  {
    alarms: ['gate-waiting'],
    fault: 'a gate is open for longer than an hour',
    cause: () => stack.invoke('sweep', { now: new Date(stack.clock.now() + 3_700_000).toISOString() }),
    mend: async () => {
      await portage(['reject', 'enter-cutover', '--by', 'ann', '--reason', 'a test'], stack.env);
      await sweep();
    },
  },
  {
    alarms: ['schema'],
    fault: 'a mapped column is dropped',
    cause: async () => {
      await update('ALTER TABLE notes DROP COLUMN topic');
      await stack.invoke('watch-schema', { seconds: 0 });
    },
    mend: async () => {
      await update('ALTER TABLE notes ADD COLUMN topic text');
      await stack.invoke('watch-schema', { seconds: 0 });
    },
  },
];

const MACHINES = [...readDefinitions(join(import.meta.dirname, '../../statemachines')).keys()];
const OTHERS = { run: 'other', owner: 'other' };
/** Inputs of machines that take others than a run and the owner of its lock. */
const INPUTS: Readonly<Record<string, object>> = {
  migration: {},
  rollback: {},
  verify: {},
  'remove-capture': {},
  'recover-data-loss': {},
  'recover-with-remedy': {},
  'decide-gate': { decision: 'approve', by: 'ann' },
  drain: { ...OTHERS, mode: 'reads', settleSeconds: 1 },
  'prove-backup': { ...OTHERS, entities: [] },
};

const startAll = (): Promise<readonly string[]> =>
  Promise.all(MACHINES.map((name) => run(name, INPUTS[name] ?? OTHERS)));

/** Starts all machines while no function answers, so that they wait for another try. */
async function startInVain(): Promise<readonly string[]> {
  await stack.faults.set({ LAMBDA: { share: 1, kinds: ['server error'] } });
  return startAll();
}
const endFaults = (): Promise<void> => stack.faults.set({});

/** What happens to executions: last, because the migration's own are among those that end. */
const ENDS: readonly Fault[] = [
  {
    alarms: MACHINES.map((name) => `${name}-aborted`),
    fault: 'executions are stopped',
    cause: async () => {
      for (const executionArn of await startInVain()) await states.send(new StopExecutionCommand({ executionArn }));
    },
    mend: endFaults,
  },
  {
    alarms: MACHINES.map((name) => `${name}-timed-out`),
    fault: 'executions exceed their limit',
    cause: async () => {
      await startInVain();
      await stack.clock.sleep(366 * DAY);
    },
    mend: endFaults,
  },
  {
    alarms: MACHINES.map((name) => `${name}-failed`),
    fault: 'the control table is gone',
    cause: async () => {
      await dynamo.send(new DeleteTableCommand({ TableName: stack.env['PORTAGE_CONTROL_TABLE'] }));
      await Promise.all((await startAll()).map(ended));
    },
    mend: nothing,
  },
];

test.each([...FAULTS, ...ENDS])(
  '$alarms: $fault',
  async ({ alarms, cause, mend, quietMs = QUIET }) => {
    await cause();
    await until(() => areAll('ALARM', alarms));
    await mend();
    await until(async () => {
      // What was measured under the fault may arrive late, and then counts for another period.
      await stack.clock.sleep(quietMs);
      return areAll('OK', alarms);
    });
  },
  150_000,
);

test('every alarm has its fault', async () => {
  const driven = [...FAULTS, ...ENDS].flatMap(({ alarms }) => alarms);
  expect(driven.toSorted()).toEqual(Object.keys(await statesOfAlarms()).toSorted());
});
