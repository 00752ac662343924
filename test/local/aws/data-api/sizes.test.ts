import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type Harness, startHarness } from './harness.ts';

let api: Harness;

beforeAll(async () => {
  api = await startHarness();
});

afterAll(() => api.stop());

const rows = (n: number): string => `select repeat('x', 1000) as x from generate_series(1, ${n})`;

const TOO_LARGE = {
  name: 'BadRequestException',
  message: 'Database returned more than the allowed response size limit',
};

test('a response of more than 1 MiB is refused in either format, one below is not', async () => {
  expect(await api.rows(rows(1000))).toHaveLength(1000);
  await expect(api.execute(rows(1100))).rejects.toMatchObject(TOO_LARGE);
  await expect(api.rows(rows(1100))).rejects.toMatchObject(TOO_LARGE);
});

test('a response far past the limit is not kept in memory', async () => {
  const before = process.memoryUsage().rss;
  const many = `select repeat('x', 60000) as x from generate_series(1, 3000)`;
  await expect(api.execute(many)).rejects.toMatchObject(TOO_LARGE);
  expect(process.memoryUsage().rss - before).toBeLessThan(120 * 1024 * 1024);
});

test('a row of more than 64 KB is refused, one of 64 KB is not', async () => {
  expect(await api.rows(`select length(x) as n, x from (select repeat('é', 32000) as x) t`)).toHaveLength(1);
  await expect(api.execute(`select repeat('é', 33000) as x`)).rejects.toMatchObject({
    name: 'BadRequestException',
    message: expect.stringContaining('65536 bytes'),
  });
});
