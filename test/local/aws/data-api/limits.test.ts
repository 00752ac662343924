import { BeginTransactionCommand } from '@aws-sdk/client-rds-data';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type Harness, startHarness, TARGET } from './harness.ts';

let api: Harness;

beforeAll(async () => {
  api = await startHarness({ statementMs: 500 });
});

afterAll(() => api.stop());

test('a statement past the time limit is cancelled, and the connection serves on', async () => {
  await expect(api.execute('select pg_sleep(30)')).rejects.toMatchObject({ name: 'StatementTimeoutException' });
  expect(
    await api.rows(`select count(*) as n from pg_stat_activity where query like 'select pg_sleep(30%'
    and state = 'active'`),
  ).toEqual([{ n: 0 }]);
});

test('with continueAfterTimeout the statement goes on after the answer', async () => {
  await api.execute('create table done_late (n int)');
  const slow = 'insert into done_late select 1 from pg_sleep(1)';
  await expect(api.execute(slow, { continueAfterTimeout: true })).rejects.toMatchObject({
    name: 'StatementTimeoutException',
  });
  expect(await api.rows('select n from done_late')).toEqual([]);
  for (;;) if (JSON.stringify(await api.rows('select n from done_late')) === '[{"n":1}]') break;
});

test('a transaction survives the timeout of a statement only to be rolled back', async () => {
  const { transactionId } = await api.client.send(new BeginTransactionCommand(TARGET));
  if (transactionId === undefined) throw new Error('no transactionId');
  await expect(api.execute('select pg_sleep(30)', { transactionId })).rejects.toMatchObject({
    name: 'StatementTimeoutException',
  });
  await expect(api.execute('select 1', { transactionId })).rejects.toMatchObject({
    message: expect.stringContaining('25P02'),
  });
});
