import { join } from 'node:path';
import { DeleteItemCommand, DeleteTableCommand, GetItemCommand, QueryCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { readDefinitions } from '../../infra/definition.ts';
import { portage } from '../operator/portage.ts';

import {
  DAY,
  MINUTE,
  PASSWORD,
  QUIET,
  alarmStack,
  allowConnections,
  areAll,
  breaking,
  dynamoDb,
  ended,
  hangingWrite,
  measureCoverage,
  readsUnder,
  relay,
  run,
  signIn,
  startAlarmStack,
  statesOfAlarms,
  stopAlarmStack,
  stopExecution,
  sweep,
  until,
  update,
  verify,
  withClient,
} from './alarm-stack.ts';

// Every alarm of the template is driven into ALARM by the fault that it is for, and back once the fault is gone.

beforeAll(startAlarmStack, 300_000);
afterAll(stopAlarmStack, 300_000);

interface Fault {
  readonly alarms: readonly string[];
  readonly fault: string;
  readonly cause: () => Promise<unknown>;
  readonly mend: () => Promise<unknown>;
  /** Simulated time that passes before the alarm is looked at again, in milliseconds. */
  readonly quietMs?: number;
}

const nothing = (): Promise<void> => Promise.resolve();
let release: () => Promise<void> = nothing;

const SPARE = { PK: { S: 'SPARE' }, SK: { S: 'SPARE' } };
const THROTTLED = {
  read: (): Promise<unknown> => dynamoDb().send(new GetItemCommand({ TableName: 'alarms', Key: SPARE })),
  write: (): Promise<unknown> => dynamoDb().send(new DeleteItemCommand({ TableName: 'alarms', Key: SPARE })),
} as const;

/** What the clock starts, and inputs with which it looks once. */
const SCHEDULED = [
  ['relay', {}],
  ['sweep', {}],
  ['watch-schema', { seconds: 0 }],
] as const;
const runScheduled = async (): Promise<void> => {
  for (const [name, input] of SCHEDULED) await alarmStack().invoke(name, input);
};

const FAULTS: readonly Fault[] = [
  {
    alarms: ['mismatches'],
    fault: 'items are deleted behind the migration, and a verification runs',
    cause: async () => {
      const { Items = [] } = await dynamoDb().send(
        new QueryCommand({
          TableName: 'alarms',
          KeyConditionExpression: 'PK = :pk',
          ExpressionAttributeValues: { ':pk': { S: 'OWNER#ann' } },
          Limit: 3,
        }),
      );
      for (const { PK, SK } of Items)
        await dynamoDb().send(
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
      for (const [name, input] of SCHEDULED) await expect(alarmStack().invoke(name, input)).rejects.toThrow();
    },
    mend: async () => {
      await allowConnections(true);
      await runScheduled();
    },
  },
  {
    alarms: SCHEDULED.map(([name]) => `${name}-silent`),
    fault: 'their schedules are disabled',
    cause: () => alarmStack().clock.sleep(16 * MINUTE),
    mend: runScheduled,
    quietMs: 0,
  },
  {
    alarms: ['nightly-silent'],
    fault: 'its schedule is disabled for 26 hours',
    cause: () => alarmStack().clock.sleep(27 * 60 * MINUTE),
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
    cause: () => alarmStack().invoke('sweep', { now: new Date(alarmStack().clock.now() + 3_700_000).toISOString() }),
    mend: async () => {
      await portage(['reject', 'enter-cutover', '--by', 'ann', '--reason', 'a test'], alarmStack().env);
      await sweep();
    },
  },
  {
    alarms: ['schema'],
    fault: 'a mapped column is dropped',
    cause: async () => {
      await update('ALTER TABLE notes DROP COLUMN topic');
      await alarmStack().invoke('watch-schema', { seconds: 0 });
    },
    mend: async () => {
      await update('ALTER TABLE notes ADD COLUMN topic text');
      await alarmStack().invoke('watch-schema', { seconds: 0 });
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
  await alarmStack().faults.set({ LAMBDA: { share: 1, kinds: ['server error'] } });
  return startAll();
}
const endFaults = (): Promise<void> => alarmStack().faults.set({});

/** What happens to executions: last, because the migration's own are among those that end. */
const ENDS: readonly Fault[] = [
  {
    alarms: MACHINES.map((name) => `${name}-aborted`),
    fault: 'executions are stopped',
    cause: async () => {
      for (const executionArn of await startInVain()) await stopExecution(executionArn);
    },
    mend: endFaults,
  },
  {
    alarms: MACHINES.map((name) => `${name}-timed-out`),
    fault: 'executions exceed their limit',
    cause: async () => {
      await startInVain();
      await alarmStack().clock.sleep(366 * DAY);
    },
    mend: endFaults,
  },
  {
    alarms: MACHINES.map((name) => `${name}-failed`),
    fault: 'the control table is gone',
    cause: async () => {
      await dynamoDb().send(new DeleteTableCommand({ TableName: alarmStack().env['PORTAGE_CONTROL_TABLE'] }));
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
      await alarmStack().clock.sleep(quietMs);
      return areAll('OK', alarms);
    });
  },
  150_000,
);

test('every alarm has its fault', async () => {
  const driven = [...FAULTS, ...ENDS].flatMap(({ alarms }) => alarms);
  expect(driven.toSorted()).toEqual(Object.keys(await statesOfAlarms()).toSorted());
});
