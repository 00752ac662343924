import { BeginTransactionCommand, CommitTransactionCommand } from '@aws-sdk/client-rds-data';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type Harness, startHarness, TARGET } from './harness.ts';

/** Short for a test, and long beside a pause between two calls of a busy machine. */
const IDLE_MS = 1_500;

const { resourceArn, secretArn } = TARGET;
let api: Harness;

beforeAll(async () => {
  api = await startHarness({ transaction: { idleMs: IDLE_MS, totalMs: 86_400_000 } });
  await api.execute('create table t (id int primary key)');
});

afterAll(() => api.stop());

async function eventually(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 10));
}

test('a transaction that idles too long is rolled back, one in use is not', async () => {
  const transactionId = (await api.client.send(new BeginTransactionCommand(TARGET))).transactionId ?? '';
  await api.execute('insert into t values (10)', { transactionId });
  await api.execute(`select pg_sleep(${(2 * IDLE_MS) / 1000})`, { transactionId });
  await api.execute('select 1', { transactionId });
  await eventually(async () => {
    const answer = await api.rows(`select count(*) as n from pg_stat_activity where state = 'idle in transaction'`);
    return JSON.stringify(answer) === '[{"n":0}]';
  });
  await expect(
    api.client.send(new CommitTransactionCommand({ resourceArn, secretArn, transactionId })),
  ).rejects.toMatchObject({ name: 'TransactionNotFoundException' });
  expect(await api.rows('select id from t')).not.toContainEqual({ id: 10 });
});
