import {
  BatchExecuteStatementCommand,
  BeginTransactionCommand,
  CommitTransactionCommand,
  RollbackTransactionCommand,
} from '@aws-sdk/client-rds-data';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type Harness, startHarness, TARGET } from './harness.ts';

let api: Harness;

beforeAll(async () => {
  api = await startHarness();
  await api.execute('create table t (id int primary key, parent int references t deferrable initially deferred)');
});

afterAll(() => api.stop());

async function begin(): Promise<string> {
  const { transactionId } = await api.client.send(new BeginTransactionCommand(TARGET));
  if (transactionId === undefined) throw new Error('no transactionId');
  return transactionId;
}

const { resourceArn, secretArn } = TARGET;
const commit = (transactionId: string) =>
  api.client.send(new CommitTransactionCommand({ resourceArn, secretArn, transactionId }));
const rollback = (transactionId: string) =>
  api.client.send(new RollbackTransactionCommand({ resourceArn, secretArn, transactionId }));
const ids = () => api.rows('select id from t order by id');

const insert = (...values: number[]) =>
  api.client.send(
    new BatchExecuteStatementCommand({
      ...TARGET,
      sql: 'insert into t values (:id)',
      parameterSets: values.map((longValue) => [{ name: 'id', value: { longValue } }]),
    }),
  );

async function eventually(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 10));
}

test('a transaction is seen by others once it is committed', async () => {
  const transactionId = await begin();
  const { numberOfRecordsUpdated } = await api.execute('insert into t values (1), (2)', { transactionId });
  expect(numberOfRecordsUpdated).toBe(2);
  expect(await ids()).toEqual([]);
  expect(await api.rows('select id from t order by id', [], { transactionId })).toEqual([{ id: 1 }, { id: 2 }]);
  expect((await commit(transactionId)).transactionStatus).toBe('Transaction Committed');
  expect(await ids()).toEqual([{ id: 1 }, { id: 2 }]);
});

test('a transaction that is rolled back leaves nothing, and is not found any more', async () => {
  const transactionId = await begin();
  await api.execute('delete from t', { transactionId });
  expect((await rollback(transactionId)).transactionStatus).toBe('Rollback Complete');
  expect(await ids()).toEqual([{ id: 1 }, { id: 2 }]);
  for (const late of [commit(transactionId), rollback(transactionId), api.execute('select 1', { transactionId })]) {
    await expect(late).rejects.toMatchObject({ name: 'TransactionNotFoundException' });
  }
});

test('a second call at the same time is refused, the first is not harmed', async () => {
  const [transactionId, holder] = [await begin(), await begin()];
  // The first call lasts until the other transaction lets go of the lock.
  await api.execute('select pg_advisory_xact_lock(1)::text', { transactionId: holder });
  const first = api.execute('select pg_advisory_xact_lock(1)::text', { transactionId });
  await eventually(async () => {
    const waiting = await api.rows(`select 1 as n from pg_locks where locktype = 'advisory' and not granted`);
    return Array.isArray(waiting) && waiting.length > 0;
  });
  await expect(api.execute('select 1', { transactionId })).rejects.toMatchObject({
    name: 'InvalidResourceStateException',
  });
  await expect(commit(transactionId)).rejects.toMatchObject({ name: 'InvalidResourceStateException' });
  await commit(holder);
  await first;
  await commit(transactionId);
});

test('COMMIT of a failed transaction does not claim to have committed', async () => {
  const transactionId = await begin();
  await api.execute('insert into t values (20)', { transactionId });
  await expect(api.execute('insert into t values (1)', { transactionId })).rejects.toMatchObject({
    name: 'DatabaseErrorException',
    message: 'ERROR: duplicate key value violates unique constraint "t_pkey"; SQLState: 23505',
  });
  await expect(api.execute('select 1', { transactionId })).rejects.toMatchObject({
    message: expect.stringContaining('SQLState: 25P02'),
  });
  await expect(commit(transactionId)).rejects.toMatchObject({ name: 'DatabaseErrorException' });
  expect(await ids()).not.toContainEqual({ id: 20 });
});

test('a constraint that fails at COMMIT is reported, and the transaction is over', async () => {
  const transactionId = await begin();
  await api.execute('insert into t values (30, 999)', { transactionId });
  await expect(commit(transactionId)).rejects.toMatchObject({ message: expect.stringContaining('SQLState: 23503') });
  await expect(commit(transactionId)).rejects.toMatchObject({ name: 'TransactionNotFoundException' });
  expect(await ids()).not.toContainEqual({ id: 30 });
});

test('forty open transactions do not keep single statements waiting', async () => {
  const open = await Promise.all(Array.from({ length: 40 }, begin));
  expect(await api.rows('select 1 as n')).toEqual([{ n: 1 }]);
  await Promise.all(open.map(rollback));
});

test('BEGIN as SQL does not leak into the next call', async () => {
  await api.execute('begin');
  await api.execute('insert into t values (40)');
  await Promise.all(Array.from({ length: 25 }, () => api.execute('rollback').catch(() => {})));
  expect(await ids()).toContainEqual({ id: 40 });
});

test('settings of one call are not seen by another', async () => {
  await api.execute(`set search_path = nowhere`);
  await api.execute(`select set_config('application_name', 'mine', false)`);
  const seen = await Promise.all(
    Array.from({ length: 30 }, () =>
      api.rows(`select current_setting('search_path') || current_setting('application_name') as s`),
    ),
  );
  expect(new Set(seen.map((rows) => JSON.stringify(rows)))).toEqual(
    new Set(['[{"s":"\\"$user\\", publicrds-data-api"}]']),
  );
});

test('a batch outside a transaction is done wholly or not at all', async () => {
  expect((await insert(50, 51)).updateResults).toHaveLength(2);
  await expect(insert(52, 50)).rejects.toMatchObject({ message: expect.stringContaining('23505') });
  expect(await ids()).toEqual(expect.arrayContaining([{ id: 50 }, { id: 51 }]));
  expect(await ids()).not.toContainEqual({ id: 52 });
});

test('a transaction whose connection breaks is gone, and its work with it', async () => {
  const transactionId = await begin();
  const [row] =
    (await api.execute('insert into t values (60) returning pg_backend_pid()', { transactionId })).records ?? [];
  await api.rows('select pg_terminate_backend(:pid::int) as done', [
    { name: 'pid', value: { longValue: row?.[0]?.longValue ?? 0 } },
  ]);
  await expect(api.execute('select 1', { transactionId })).rejects.toMatchObject({
    name: expect.stringMatching(/^(TransactionNotFound|DatabaseUnavailable)Exception$/),
  });
  expect(await ids()).not.toContainEqual({ id: 60 });
});
