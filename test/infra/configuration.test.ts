import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { App, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { readConfiguration } from '../../infra/configuration.ts';
import { Data } from '../../infra/data.ts';

const folder = join(import.meta.dirname, '../../infra');
const valid = {
  planFile: '../examples/campaigns/plan.json',
  account: '123456789012',
  region: 'eu-west-1',
  clusterArn: 'arn:aws:rds:eu-west-1:123456789012:cluster:production',
  instanceIds: ['prod-1'],
  secretArn: 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:production',
  signInSecretArn: 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:sign-in',
  database: 'app',
  userPoolId: 'eu-west-1_abc123',
  notifyEmails: ['on-call@example.com'],
};

test('the cluster identifier is the end of its ARN', () => {
  expect(readConfiguration(valid, folder).clusterId).toBe('production');
});

test('a plan with users demands the secret of a login that may only read', () => {
  const { signInSecretArn: _, ...without } = valid;
  expect(() => readConfiguration(without, folder)).toThrow(/^infra\/cdk\.json: context\.portage\.signInSecretArn: /);
});

test('a wrong ARN is one line that names the field and where to set it', () => {
  expect(() => readConfiguration({ ...valid, clusterArn: 'production' }, folder)).toThrow(
    /^infra\/cdk\.json: context\.portage\.clusterArn: must be an ARN; set it there or with -c$/,
  );
});

function tableOf(more: object): Template {
  const stack = new Stack(new App(), 'Test', { env: { account: valid.account, region: valid.region } });
  const { table } = new Data(stack, 'Data', readConfiguration({ ...valid, ...more }, folder));
  return Template.fromStack(Stack.of(table));
}

test('the table and its indexes are warmed as configured, and left to AWS otherwise', () => {
  const warmed = { ReadUnitsPerSecond: 12_000, WriteUnitsPerSecond: 24_000 };
  const configured = { warmThroughput: { readUnitsPerSecond: 12_000, writeUnitsPerSecond: 24_000 } };
  tableOf(configured).hasResourceProperties('AWS::DynamoDB::GlobalTable', {
    TableName: 'campaigns',
    WarmThroughput: warmed,
    GlobalSecondaryIndexes: [
      Match.objectLike({ IndexName: 'GSI1', WarmThroughput: warmed }),
      Match.objectLike({ IndexName: 'GSI2', WarmThroughput: warmed }),
    ],
  });
  tableOf({}).hasResourceProperties('AWS::DynamoDB::GlobalTable', {
    TableName: 'campaigns',
    WarmThroughput: Match.absent(),
  });
  expect(() =>
    readConfiguration({ ...valid, warmThroughput: { readUnitsPerSecond: 1, writeUnitsPerSecond: 4_000 } }, folder),
  ).toThrow(/warmThroughput\.readUnitsPerSecond/);
});

test('an environment is a part of every name, and without one names begin with portage alone', () => {
  expect(readConfiguration(valid, folder)).toMatchObject({
    prefix: 'portage',
    metricNamespace: 'Portage',
    tableName: 'campaigns',
  });
  expect(readConfiguration({ ...valid, environment: 'staging' }, folder)).toMatchObject({
    prefix: 'portage-staging',
    metricNamespace: 'Portage/staging',
    tableName: 'campaigns-staging',
  });
});

test('an environment whose name no resource could have is refused', () => {
  expect(() => readConfiguration({ ...valid, environment: 'Staging-1' }, folder)).toThrow(
    /^infra\/cdk\.json: context\.portage\.environment: must be at most 10 small letters/,
  );
});
