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
    /^infra\/cdk\.json: context\.portage\.clusterArn: must be an ARN; correct it there or with -c$/,
  );
});

test.each([
  ['context.portage.notifyEmails: must name an address', { notifyEmails: undefined }],
  ['context.portage.planFile: there is no file', { planFile: 'nope.json' }],
  ['context.portage: Unrecognized key', { foo: 1 }],
])('%s', (said, change) => {
  expect(() => readConfiguration({ ...valid, ...change }, folder)).toThrow(`infra/cdk.json: ${said}`);
});

test('what is no JSON is told where it stands', () => {
  expect(() => readConfiguration('{', folder)).toThrow(/^infra\/cdk\.json: -c portage=…: is no JSON: .*; correct it$/);
});

test.each([
  ['clusterArn', { clusterArn: valid.clusterArn.replace('eu-west-1', 'us-east-1') }],
  ['secretArn', { secretArn: valid.secretArn.replace('123456789012', '210987654321') }],
  ['userPoolId', { userPoolId: 'us-east-1_abc123' }],
])('%s has to be where the stack is', (field, change) => {
  expect(() => readConfiguration({ ...valid, ...change }, folder)).toThrow(
    new RegExp(
      `^infra/cdk\\.json: context\\.portage\\.${field}: it is in .* and the stack in 123456789012 eu-west-1; correct it`,
    ),
  );
});

function dataOf(more: object): Template {
  const stack = new Stack(new App(), 'Test', { env: { account: valid.account, region: valid.region } });
  const { table } = new Data(stack, 'Data', readConfiguration({ ...valid, ...more }, folder));
  return Template.fromStack(Stack.of(table));
}

test('the table and its indexes are warmed as configured, and left to AWS otherwise', () => {
  const warmed = { ReadUnitsPerSecond: 12_000, WriteUnitsPerSecond: 24_000 };
  const configured = { warmThroughput: { readUnitsPerSecond: 12_000, writeUnitsPerSecond: 24_000 } };
  dataOf(configured).hasResourceProperties('AWS::DynamoDB::GlobalTable', {
    TableName: 'campaigns',
    WarmThroughput: warmed,
    GlobalSecondaryIndexes: [
      Match.objectLike({ IndexName: 'GSI1', WarmThroughput: warmed }),
      Match.objectLike({ IndexName: 'GSI2', WarmThroughput: warmed }),
    ],
  });
  dataOf({}).hasResourceProperties('AWS::DynamoDB::GlobalTable', {
    TableName: 'campaigns',
    WarmThroughput: Match.absent(),
  });
  expect(() =>
    readConfiguration({ ...valid, warmThroughput: { readUnitsPerSecond: 1, writeUnitsPerSecond: 4_000 } }, folder),
  ).toThrow(/warmThroughput\.readUnitsPerSecond/);
});

const encryptionKeyArn = 'arn:aws:kms:eu-west-1:123456789012:key/00000000-0000-4000-8000-000000000001';
const BODIES = { BucketName: 'portage-campaigns-123456789012' };

/** What a bucket encrypts with, and whether it has a key of its own. */
function encryptionOf(byDefault: object, BucketKeyEnabled: unknown): object {
  return {
    BucketEncryption: {
      ServerSideEncryptionConfiguration: [{ BucketKeyEnabled, ServerSideEncryptionByDefault: byDefault }],
    },
  };
}

test('a key of the customer encrypts both tables and the bucket, and not the access logs, which S3 could not deliver', () => {
  const template = dataOf({ encryptionKeyArn });
  template.resourceCountIs('AWS::DynamoDB::GlobalTable', 2);
  template.allResourcesProperties('AWS::DynamoDB::GlobalTable', {
    SSESpecification: { SSEEnabled: true, SSEType: 'KMS' },
    Replicas: [Match.objectLike({ SSESpecification: { KMSMasterKeyId: encryptionKeyArn } })],
  });
  const kms = { SSEAlgorithm: 'aws:kms', KMSMasterKeyID: encryptionKeyArn };
  template.hasResourceProperties('AWS::S3::Bucket', { ...BODIES, ...encryptionOf(kms, true) });
  template.hasResourceProperties('AWS::S3::Bucket', {
    BucketName: Match.absent(),
    ...encryptionOf({ SSEAlgorithm: 'AES256' }, Match.absent()),
  });
  // The topic keeps a key whose policy lets alarms in; the stack cannot change that of another's.
  template.resourceCountIs('AWS::KMS::Key', 1);
});

test('without a key of the customer AWS has the keys', () => {
  const template = dataOf({});
  template.allResourcesProperties('AWS::DynamoDB::GlobalTable', {
    SSESpecification: { SSEEnabled: true, SSEType: 'KMS' },
    Replicas: [Match.objectLike({ SSESpecification: Match.absent() })],
  });
  template.allResourcesProperties('AWS::S3::Bucket', encryptionOf({ SSEAlgorithm: 'AES256' }, Match.absent()));
});

function configured(arn: string): () => unknown {
  return () => readConfiguration({ ...valid, encryptionKeyArn: arn }, folder);
}

test('a key is named by its own ARN, and is in the region of the stack', () => {
  expect(configured('arn:aws:kms:eu-west-1:123456789012:alias/data')).toThrow(
    /^infra\/cdk\.json: context\.portage\.encryptionKeyArn: must be the ARN of a key of KMS, not of an alias/,
  );
  expect(configured(encryptionKeyArn.replace('eu-west-1', 'us-east-1'))).toThrow(
    'context.portage.encryptionKeyArn: it is in 123456789012 us-east-1 and the stack in 123456789012 eu-west-1; correct it, or account and region',
  );
});

test('old versions of bodies and the documents of runs are deleted after 90 days, and bodies never', () => {
  const [rules] = Object.values(dataOf({}).findResources('AWS::S3::Bucket', { Properties: BODIES })).map(
    ({ Properties }) => Properties.LifecycleConfiguration.Rules,
  );
  expect(rules).toEqual([
    {
      Status: 'Enabled',
      NoncurrentVersionExpiration: { NoncurrentDays: 90 },
      AbortIncompleteMultipartUpload: { DaysAfterInitiation: 7 },
    },
    {
      Status: 'Enabled',
      Prefix: 'documents/',
      ExpirationInDays: 90,
      NoncurrentVersionExpiration: { NoncurrentDays: 1 },
    },
  ]);
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
