import { DatabaseUnavailableException, ExecuteStatementCommand } from '@aws-sdk/client-rds-data';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type Harness, startHarness, TARGET } from './harness.ts';

let api: Harness;

beforeAll(async () => {
  api = await startHarness();
});

afterAll(() => api.stop());

test.each([
  ['a syntax error', 'selec 1', 'ERROR: syntax error at or near "selec"; Position: 1; SQLState: 42601'],
  [
    'a missing table',
    'select * from nowhere',
    'ERROR: relation "nowhere" does not exist; Position: 15; SQLState: 42P01',
  ],
])('%s is told with position and SQLState', async (_, sql, message) => {
  await expect(api.execute(sql)).rejects.toMatchObject({
    name: 'DatabaseErrorException',
    message,
    $metadata: { httpStatusCode: 400 },
  });
});

test.each([
  ['several statements', 'select 1; select 2', {}],
  ['an absent parameter', 'select :a', {}],
  ['a parameter given twice', 'select :a', { parameters: [1, 2].map((n) => ({ name: 'a', value: { longValue: n } })) }],
  ['an array parameter', 'select :a', { parameters: [{ name: 'a', value: { arrayValue: { longValues: [1] } } }] }],
  [
    'a value that does not fit its hint',
    'select :a',
    { parameters: [{ name: 'a', value: { stringValue: '2024-02-29T10:00:00Z' }, typeHint: 'TIMESTAMP' as const }] },
  ],
  ['a schema', 'select 1', { schema: 'public' }],
  ['COPY FROM STDIN', 'copy pg_temp.t from stdin', {}],
])('%s is a bad request', async (_, sql, more) => {
  if (sql.startsWith('copy')) await api.execute('create table if not exists copied (n int)');
  const text = sql.replace('pg_temp.t', 'copied');
  await expect(api.execute(text, more)).rejects.toMatchObject({ name: 'BadRequestException' });
});

test('one statement may end with a semicolon and a comment', async () => {
  expect(await api.rows('select 1 as n; -- the end')).toEqual([{ n: 1 }]);
});

test.each([
  ['an unknown cluster', { resourceArn: 'arn:none' }, 'DatabaseNotFoundException', 404],
  ['a cluster without an instance', { resourceArn: 'arn:empty' }, 'DatabaseNotFoundException', 404],
  ['a cluster without the endpoint', { resourceArn: 'arn:closed' }, 'HttpEndpointNotEnabledException', 400],
  ['an unknown secret', { secretArn: 'arn:none' }, 'SecretsErrorException', 400],
  ['a server that is gone', { resourceArn: 'arn:gone' }, 'DatabaseUnavailableException', 504],
  ['an unknown database', { database: 'none' }, 'DatabaseErrorException', 400],
])('%s has its own error', async (_, target, name, status) => {
  const address = { host: '127.0.0.1', port: 1 };
  api.clusters.set('arn:empty', { httpEndpointEnabled: true, address: null });
  api.clusters.set('arn:closed', { httpEndpointEnabled: false, address });
  api.clusters.set('arn:gone', { httpEndpointEnabled: true, address });
  const command = new ExecuteStatementCommand({ ...TARGET, sql: 'select 1', ...target });
  await expect(api.client.send(command)).rejects.toMatchObject({ name, $metadata: { httpStatusCode: status } });
});

test('a server that is stopped and started again is found again', async () => {
  await api.rows('select 1 as n');
  const blocked = api.execute('select pg_sleep(20)');
  blocked.catch(() => {});
  for (;;) {
    const active = await api.rows(`select 1 as n from pg_stat_activity where query = 'select pg_sleep(20)'`);
    if (Array.isArray(active) && active.length > 0) break;
  }
  await api.execute(`select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid()
    and backend_type = 'client backend'`);
  await expect(blocked).rejects.toMatchObject({ name: 'DatabaseUnavailableException' });
  // A pooled connection whose end has not arrived yet may be handed out once more; callers retry this error.
  await expect(untilAvailable(() => api.rows('select 2 as n'))).resolves.toEqual([{ n: 2 }]);
});

/** The first answer that is not DatabaseUnavailableException. */
async function untilAvailable<T>(call: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await call();
    } catch (error) {
      if (!(error instanceof DatabaseUnavailableException)) throw error;
    }
  }
}
