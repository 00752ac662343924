import { CloudWatchClient, GetMetricDataCommand, PutMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import { expect, test } from '@jest/globals';
import { mockClient } from 'aws-sdk-client-mock';
import { createMetricReader } from '../../../src/adapters/cloudwatch/metric-reader.ts';
import { createMetrics } from '../../../src/adapters/cloudwatch/metrics.ts';

const client = new CloudWatchClient({ region: 'us-east-1' });

test('equal observations travel as one value with a count and no timestamp', async () => {
  const calls = mockClient(client);
  calls.on(PutMetricDataCommand).resolves({});
  const metrics = createMetrics({ client, namespace: 'Portage' });
  metrics.count('Reads', 1, { Store: 'postgres' });
  metrics.count('Reads', 1, { Store: 'postgres' });
  metrics.count('Reads', 1, { Store: 'dynamodb' });
  metrics.milliseconds('ReadLatency', 12.3456, { Store: 'postgres' });
  await metrics.flush();
  await metrics.flush();
  const sent = calls.commandCalls(PutMetricDataCommand).map((call) => call.args[0].input);
  expect(sent).toHaveLength(1);
  expect(sent[0]?.MetricData).toEqual([
    {
      MetricName: 'Reads',
      Unit: 'Count',
      Dimensions: [{ Name: 'Store', Value: 'postgres' }],
      Values: [1],
      Counts: [2],
    },
    {
      MetricName: 'Reads',
      Unit: 'Count',
      Dimensions: [{ Name: 'Store', Value: 'dynamodb' }],
      Values: [1],
      Counts: [1],
    },
    {
      MetricName: 'ReadLatency',
      Unit: 'Milliseconds',
      Dimensions: [{ Name: 'Store', Value: 'postgres' }],
      Values: [12.3],
      Counts: [1],
    },
  ]);
});

test('more than 150 distinct values are split over several data', async () => {
  const calls = mockClient(client);
  calls.on(PutMetricDataCommand).resolves({});
  const metrics = createMetrics({ client, namespace: 'Portage' });
  for (let value = 0; value < 400; value++) metrics.count('ItemBytes', value);
  await metrics.flush();
  const data = calls.commandCalls(PutMetricDataCommand)[0]?.args[0].input.MetricData ?? [];
  expect(data.map((datum) => datum.Values?.length)).toEqual([150, 150, 100]);
});

test('a window is read as one number per query, and no data as null', async () => {
  const calls = mockClient(client);
  calls.on(GetMetricDataCommand).resolves({
    MetricDataResults: [
      { Id: 'q0', Values: [3, 4] },
      { Id: 'q1', Values: [3, 4] },
      { Id: 'q2', Values: [] },
    ],
  });
  const reader = createMetricReader({ client, namespace: 'Portage' });
  const query = { name: 'ReadLatency', dimensions: { Store: 'dynamodb' } };
  const from = new Date('2026-11-22T00:00:30Z');
  const answers = await reader.read(
    [
      { ...query, statistic: 'Sum' },
      { ...query, statistic: 'p99' },
      { ...query, statistic: 'Sum' },
    ],
    from,
    new Date('2026-11-22T00:02:00Z'),
  );
  expect(answers).toEqual([7, 4, null]);
  const input = calls.commandCalls(GetMetricDataCommand)[0]?.args[0].input;
  expect(input?.MetricDataQueries?.[0]?.MetricStat?.Period).toBe(120);
});
