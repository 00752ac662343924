import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CloudWatchClient,
  GetMetricDataCommand,
  ListMetricsCommand,
  PutMetricDataCommand,
} from '@aws-sdk/client-cloudwatch';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startCloudWatch } from '../../../../local/aws/cloudwatch/cloudwatch.ts';
import { createMetricReader } from '../../../../src/adapters/cloudwatch/metric-reader.ts';
import { CREDENTIALS } from '../../../../local/process/credentials.ts';
import type { Part } from '../../../../local/process/part.ts';

const NOON = Date.parse('2031-05-01T12:00:00Z');
const HOUR = 3_600_000;
let now = NOON;
let root: string;
let cloudwatch: Part;
let client: CloudWatchClient;

async function start(): Promise<void> {
  cloudwatch = await startCloudWatch({ directory: root, now: () => now });
  client = new CloudWatchClient({ endpoint: cloudwatch.endpoint, region: 'us-east-1', credentials: CREDENTIALS });
}
async function stop(): Promise<void> {
  client.destroy();
  await cloudwatch.stop();
}

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'portage-cloudwatch-'));
  await start();
});
afterAll(async () => {
  await stop();
  rmSync(root, { recursive: true, force: true });
});

async function read(MetricName: string, statistics: readonly string[], Value = 'postgres'): Promise<unknown> {
  const { MetricDataResults } = await client.send(
    new GetMetricDataCommand({
      StartTime: new Date(NOON),
      EndTime: new Date(NOON + HOUR),
      MetricDataQueries: statistics.map((Stat, index) => ({
        Id: `q${index}`,
        MetricStat: {
          Metric: { Namespace: 'Portage', MetricName, Dimensions: [{ Name: 'Store', Value }] },
          Period: 3600,
          Stat,
        },
      })),
    }),
  );
  return MetricDataResults?.map(({ Values }) => Values);
}

test('values, counted values and summaries become every statistic, stamped with the time of the injected clock', async () => {
  const Dimensions = [{ Name: 'Store', Value: 'postgres' }];
  await client.send(
    new PutMetricDataCommand({
      Namespace: 'Portage',
      MetricData: [
        { MetricName: 'ReadLatency', Dimensions, Values: [10, 20, 400], Counts: [98, 1, 1], Unit: 'Milliseconds' },
        { MetricName: 'Reads', Dimensions, Value: 5 },
        { MetricName: 'Reads', Dimensions, StatisticValues: { SampleCount: 4, Sum: 40, Minimum: 1, Maximum: 20 } },
      ],
    }),
  );
  expect(await read('ReadLatency', ['SampleCount', 'p50', 'p99', 'p100', 'Maximum', 'Minimum'])).toEqual([
    [100],
    [10],
    [20],
    [400],
    [400],
    [10],
  ]);
  expect(await read('Reads', ['Sum', 'SampleCount', 'Average', 'Minimum', 'Maximum'])).toEqual([
    [45],
    [5],
    [9],
    [1],
    [20],
  ]);
});

test('another dimension, another time and a metric nobody sent have no data', async () => {
  now = NOON + HOUR;
  await client.send(
    new PutMetricDataCommand({
      Namespace: 'Portage',
      MetricData: [{ MetricName: 'Late', Value: 1, Dimensions: [{ Name: 'Store', Value: 'postgres' }] }],
    }),
  );
  expect(await read('Late', ['Sum'])).toEqual([[]]);
  expect(await read('Reads', ['Sum'], 'dynamodb')).toEqual([[]]);
  expect(await read('Nothing', ['p99'])).toEqual([[]]);
});

test('periods come newest first, each with its own number', async () => {
  for (const [minute, value] of [
    [1, 1],
    [1.5, 2],
    [31, 10],
  ] as const)
    await client.send(
      new PutMetricDataCommand({
        Namespace: 'Portage',
        MetricData: [{ MetricName: 'Stepped', Value: value, Timestamp: new Date(NOON + minute * 60_000) }],
      }),
    );
  const { MetricDataResults } = await client.send(
    new GetMetricDataCommand({
      StartTime: new Date(NOON),
      EndTime: new Date(NOON + HOUR),
      MetricDataQueries: [
        {
          Id: 'stepped',
          MetricStat: { Metric: { Namespace: 'Portage', MetricName: 'Stepped' }, Period: 60, Stat: 'Sum' },
        },
      ],
    }),
  );
  expect(MetricDataResults?.[0]).toMatchObject({
    Values: [10, 3],
    Timestamps: [new Date(NOON + 31 * 60_000), new Date(NOON + 60_000)],
  });
});

test('a large call, which the SDK compresses, arrives whole, and everything is there after a kill that tore a line', async () => {
  const Values = Array.from({ length: 150 }, (_, index) => index + Math.random());
  const MetricData = Array.from({ length: 20 }, (_, index) => ({ MetricName: `Large${index}`, Values }));
  await client.send(new PutMetricDataCommand({ Namespace: 'Large', MetricData }));
  await stop();
  appendFileSync(join(root, 'metrics.jsonl'), '{"metric":{"namespace":"To');
  await start();
  const { Metrics } = await client.send(new ListMetricsCommand({ Namespace: 'Large' }));
  expect(Metrics).toHaveLength(20);
  expect(await read('Reads', ['Sum'])).toEqual([[45]]);
});

test('what is not supported is refused by name', async () => {
  await expect(read('Reads', ['IQM'])).rejects.toThrow('statistic IQM does not run locally');
});

test('a week is read as the sum of its days, a zero that was reported is not the same as no data', async () => {
  const reader = createMetricReader({ client, namespace: 'Week' });
  const put = (value: number) =>
    client.send(
      new PutMetricDataCommand({
        Namespace: 'Week',
        MetricData: [{ MetricName: 'SqlUses', Value: value, Unit: 'Count' }],
      }),
    );
  const week = async () => {
    const to = new Date(now);
    const from = new Date(now - 7 * 24 * HOUR);
    return (await reader.read([{ name: 'SqlUses', dimensions: {}, statistic: 'Sum' }], from, to))[0];
  };
  expect(await week()).toBeNull();
  await put(2);
  now += 3 * 24 * HOUR;
  await put(1);
  now += 60_000;
  expect(await week()).toBe(3);
  now += 8 * 24 * HOUR;
  await put(0);
  now += 60_000;
  expect(await week()).toBe(0);
});
