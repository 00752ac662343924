import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CloudWatchClient, DescribeAlarmsCommand, PutMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { type AlarmChange, alarmMessage } from '../../../../local/aws/cloudwatch/alarms.ts';
import { type CloudWatch, startCloudWatch } from '../../../../local/aws/cloudwatch/cloudwatch.ts';
import { CREDENTIALS } from '../../../../local/process/credentials.ts';
import type { DeployedAlarm } from '../../../../local/template/deployment.ts';

const NOON = Date.parse('2031-05-01T12:00:00Z');
const MINUTE = 60_000;

let now: number;
let root: string;
let cloudwatch: CloudWatch;
let changes: AlarmChange[];

function alarm(name: string, more: Partial<DeployedAlarm> = {}): DeployedAlarm {
  return {
    kind: 'alarm',
    logicalId: name,
    name,
    arn: `arn:aws:cloudwatch:us-east-1:000000000000:alarm:${name}`,
    description: 'why',
    actions: { OK: [], ALARM: ['arn:aws:sns:us-east-1:000000000000:gates'], INSUFFICIENT_DATA: [] },
    comparison: 'GreaterThanThreshold',
    threshold: 2,
    evaluationPeriods: 1,
    datapointsToAlarm: 1,
    missingData: 'notBreaching',
    periodSeconds: 300,
    queries: [metric('own', 'Parked', 'Maximum', true)],
    ...more,
  };
}

function metric(id: string, name: string, statistic: string, compared = false): DeployedAlarm['queries'][number] {
  return { id, compared, metric: { namespace: 'Portage', name, dimensions: [] }, periodSeconds: 300, statistic };
}

function expression(text: string): DeployedAlarm['queries'][number] {
  return { id: 'result', compared: true, expression: text };
}

async function start(alarms: readonly DeployedAlarm[]): Promise<void> {
  cloudwatch = await startCloudWatch({
    directory: root,
    now: () => now,
    alarms,
    onAlarm: (change) => changes.push(change),
  });
}

/** Values by metric, all at the present time, and the states once every alarm on them is evaluated. */
async function put(values: Readonly<Record<string, number>>): Promise<Readonly<Record<string, string>>> {
  cloudwatch.put(
    'Portage',
    Object.entries(values).map(([MetricName, Value]) => ({ MetricName, Value })),
  );
  await cloudwatch.settled();
  return states();
}

async function states(): Promise<Readonly<Record<string, string>>> {
  const client = new CloudWatchClient({ endpoint: cloudwatch.endpoint, region: 'us-east-1', credentials: CREDENTIALS });
  const { MetricAlarms } = await client.send(new DescribeAlarmsCommand({}));
  client.destroy();
  return Object.fromEntries((MetricAlarms ?? []).map(({ AlarmName, StateValue }) => [AlarmName, StateValue ?? '']));
}

beforeEach(() => {
  now = NOON;
  changes = [];
  root = mkdtempSync(join(tmpdir(), 'portage-alarms-'));
});
afterEach(async () => {
  await cloudwatch.stop();
  rmSync(root, { recursive: true, force: true });
});

test('an alarm goes off when its metric crosses the threshold, and back when the period has passed without values', async () => {
  await start([alarm('parked')]);
  expect(await put({ Parked: 2 })).toEqual({ parked: 'OK' });
  expect(await put({ Parked: 3 })).toEqual({ parked: 'ALARM' });
  now += 5 * MINUTE + 1;
  expect(await put({ Parked: 0 })).toEqual({ parked: 'OK' });
  expect(changes.map(({ from, to }) => `${from} ${to}`)).toEqual(['INSUFFICIENT_DATA OK', 'OK ALARM', 'ALARM OK']);
  const [, , back] = changes;
  expect(back === undefined ? null : alarmMessage(back)).toMatchObject({
    subject: 'OK: "parked" in US East (N. Virginia)',
    message: expect.stringContaining('"NewStateValue":"OK"'),
  });
});

test('values that arrive over the wire count, and the time alone ends a period', async () => {
  await start([alarm('parked')]);
  const client = new CloudWatchClient({ endpoint: cloudwatch.endpoint, region: 'us-east-1', credentials: CREDENTIALS });
  const MetricData = [{ MetricName: 'Parked', Value: 9 }];
  await client.send(new PutMetricDataCommand({ Namespace: 'Portage', MetricData }));
  client.destroy();
  await cloudwatch.settled();
  expect(await states()).toEqual({ parked: 'ALARM' });
  now += 5 * MINUTE + 1;
  while ((await states())['parked'] !== 'OK') await new Promise((resolve) => setTimeout(resolve, 50));
});

test('metric math is computed per period; a division by zero has no value', async () => {
  const parts = [metric('errors', 'Errors', 'Sum'), metric('reads', 'Reads', 'Sum')];
  await start([
    alarm('rate', { queries: [expression('100 * errors / reads'), ...parts], missingData: 'missing' }),
    alarm('chosen', { queries: [expression('IF(reads > 50 AND errors >= 1, errors, 0)'), ...parts] }),
    alarm('filled', { queries: [expression('FILL(errors, 9)'), ...parts] }),
  ]);
  expect(await put({ Reads: 100 })).toEqual({ rate: 'INSUFFICIENT_DATA', chosen: 'OK', filled: 'ALARM' });
  expect(await put({ Errors: 2 })).toEqual({ rate: 'OK', chosen: 'OK', filled: 'OK' });
  expect(await put({ Errors: 1 })).toEqual({ rate: 'ALARM', chosen: 'ALARM', filled: 'ALARM' });
  now += 5 * MINUTE + 1;
  expect(await put({ Errors: 3, Reads: 0 })).toMatchObject({ rate: 'INSUFFICIENT_DATA' });
});

test('M of N datapoints are needed, and missing ones count as the alarm says', async () => {
  const more = { evaluationPeriods: 3, datapointsToAlarm: 2 };
  await start([
    alarm('two-of-three', more),
    alarm('breaching', { ...more, missingData: 'breaching' }),
    alarm('ignore', { missingData: 'ignore' }),
  ]);
  expect(await put({ Parked: 3 })).toEqual({ 'two-of-three': 'OK', breaching: 'ALARM', ignore: 'ALARM' });
  now += 5 * MINUTE;
  expect(await put({ Parked: 3 })).toMatchObject({ 'two-of-three': 'ALARM' });
  now += 30 * MINUTE;
  expect(await put({ Other: 1 })).toMatchObject({ ignore: 'ALARM' });
});

test('states outlive a restart, so that nobody is told twice', async () => {
  await start([alarm('parked')]);
  await put({ Parked: 3 });
  await cloudwatch.stop();
  changes = [];
  await start([alarm('parked')]);
  expect(await states()).toEqual({ parked: 'ALARM' });
  expect(await put({ Parked: 4 })).toEqual({ parked: 'ALARM' });
  expect(changes).toEqual([]);
});

test.each([
  ['ANOMALY_DETECTION_BAND(errors)', 'uses ANOMALY_DETECTION_BAND, which is no metric of it and no function'],
  ['errors / nobody', 'uses nobody, which is no metric of it and no function'],
  ['errors /', 'the expression "errors /" does not run locally'],
])('the expression %s is refused by name', async (text, message) => {
  await start([]);
  await expect(
    startCloudWatch({
      directory: root,
      now: () => now,
      alarms: [alarm('odd', { queries: [expression(text), metric('errors', 'Errors', 'Sum')] })],
    }),
  ).rejects.toThrow(message);
});
