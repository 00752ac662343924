import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CloudWatchClient, PutMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import {
  CreateTableCommand,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  TransactWriteItemsCommand,
} from '@aws-sdk/client-dynamodb';
import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startCloudWatch } from '../../../local/aws/cloudwatch/cloudwatch.ts';
import { takeDynamoDb } from '../../engine/dynamodb.ts';
import { startS3 } from '../../../local/aws/s3/s3.ts';
import { startSns } from '../../../local/aws/sns/sns.ts';
import { type Gateway, startGateway } from '../../../local/iam/gateway.ts';
import { credentialsOf, type Principal } from '../../../local/iam/principals.ts';
import { CREDENTIALS } from '../../../local/process/credentials.ts';

const PLACE = 'us-east-1:000000000000';
const CONTROL = `arn:aws:dynamodb:${PLACE}:table/control`;
const TOPIC = `arn:aws:sns:${PLACE}:gates`;
const KEY = `arn:aws:kms:${PLACE}:key/topic`;
const ADMINISTRATOR: Principal = {
  accessKeyId: CREDENTIALS.accessKeyId,
  arn: 'arn:aws:iam::000000000000:user/administrator',
  grantee: null,
  statements: [{ Effect: 'Allow', Action: '*', Resource: '*' }],
};

/** Every grant of the role, each by the call that needs it. */
const STATEMENTS: readonly Record<string, unknown>[] = [
  { Effect: 'Allow', Action: 'dynamodb:GetItem', Resource: CONTROL },
  {
    Effect: 'Allow',
    Action: 'dynamodb:PutItem',
    Resource: CONTROL,
    Condition: { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': ['LOCK', 'INTENT#*'] } },
  },
  { Effect: 'Allow', Action: ['s3:GetObject', 's3:PutObject'], Resource: 'arn:aws:s3:::bodies/bodies/*' },
  { Effect: 'Allow', Action: 's3:ListBucket', Resource: 'arn:aws:s3:::bodies' },
  { Effect: 'Allow', Action: 'sns:Publish', Resource: TOPIC },
  { Effect: 'Allow', Action: ['kms:GenerateDataKey', 'kms:Decrypt'], Resource: KEY },
  {
    Effect: 'Allow',
    Action: 'cloudwatch:PutMetricData',
    Resource: '*',
    Condition: { StringEquals: { 'cloudwatch:namespace': 'Portage' } },
  },
];

/** The role with one grant taken away, or with all. */
function role(name: string, removed: string | null = null): Principal {
  const statements = STATEMENTS.map((statement) => ({
    ...statement,
    Action: [statement['Action']].flat().filter((action) => action !== removed),
  })).filter(({ Action }) => Action.length > 0);
  const arn = `arn:aws:sts::000000000000:assumed-role/${name}/portage-open-gate`;
  return { accessKeyId: credentialsOf(name).accessKeyId, arn, grantee: name, statements };
}

const GRANTS = STATEMENTS.flatMap(({ Action }) => [Action].flat().map(String));

let folder: string;
let gateway: Gateway;
const stops: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'portage-iam-'));
  const [dynamodb, s3, sns, cloudwatch] = await Promise.all([
    takeDynamoDb(),
    startS3({ directory: join(folder, 's3'), buckets: ['bodies'] }),
    startSns({ directory: join(folder, 'sns'), now: Date.now }),
    startCloudWatch({ directory: join(folder, 'cloudwatch'), now: Date.now }),
  ]);
  stops.push(...[dynamodb, s3, sns, cloudwatch].map((part) => () => part.stop()));
  const engine = new DynamoDBClient({ region: 'us-east-1', credentials: CREDENTIALS, endpoint: dynamodb.endpoint });
  await engine.send(
    new CreateTableCommand({
      TableName: 'control',
      BillingMode: 'PAY_PER_REQUEST',
      KeySchema: [
        { AttributeName: 'PK', KeyType: 'HASH' },
        { AttributeName: 'SK', KeyType: 'RANGE' },
      ],
      AttributeDefinitions: [
        { AttributeName: 'PK', AttributeType: 'S' },
        { AttributeName: 'SK', AttributeType: 'S' },
      ],
    }),
  );
  gateway = await startGateway({
    principals: [ADMINISTRATOR, role('complete'), ...GRANTS.map((grant) => role(grant, grant))],
    services: [
      { service: 'DYNAMODB', target: dynamodb.endpoint, port: 0 },
      { service: 'S3', target: s3.endpoint, port: 0 },
      { service: 'SNS', target: sns.endpoint, port: 0 },
      { service: 'CLOUDWATCH', target: cloudwatch.endpoint, port: 0 },
    ],
    keys: { [TOPIC]: KEY },
    useFile: join(folder, 'used.jsonl'),
  });
  stops.unshift(() => gateway.stop());
}, 180_000);

afterAll(async () => {
  for (const stop of stops) await stop();
  rmSync(folder, { recursive: true, force: true });
});

function options(service: keyof Gateway['endpoints'], credentials = credentialsOf('complete')) {
  return { region: 'us-east-1', credentials, endpoint: gateway.endpoints[service] ?? '', maxAttempts: 1 };
}

function s3(credentials = credentialsOf('complete')): S3Client {
  return new S3Client({
    ...options('S3', credentials),
    forcePathStyle: true,
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
  });
}

const item = (PK: string) => ({ PK: { S: PK }, SK: { S: 'x' } });
const object = { Bucket: 'bodies', Key: 'bodies/1' };

/** One call of each action, signed by the role of this name. */
const CALLS: Readonly<Record<string, (name: string) => Promise<unknown>>> = {
  'dynamodb:GetItem': (name) =>
    new DynamoDBClient(options('DYNAMODB', credentialsOf(name))).send(
      new GetItemCommand({ TableName: 'control', Key: item('GATE') }),
    ),
  'dynamodb:PutItem': (name) =>
    new DynamoDBClient(options('DYNAMODB', credentialsOf(name))).send(
      new PutItemCommand({ TableName: 'control', Item: item('LOCK') }),
    ),
  's3:PutObject': (name) => s3(credentialsOf(name)).send(new PutObjectCommand({ ...object, Body: 'text' })),
  's3:GetObject': (name) => s3(credentialsOf(name)).send(new GetObjectCommand(object)),
  's3:ListBucket': async (name) => {
    const error: unknown = await s3(credentialsOf(name))
      .send(new GetObjectCommand({ ...object, Key: 'bodies/absent' }))
      .catch((thrown: unknown) => thrown);
    // Who may list learns that the object is absent.
    if (!(error instanceof Error) || error.name !== 'NoSuchKey') throw error;
  },
  'sns:Publish': publish,
  'kms:GenerateDataKey': publish,
  'kms:Decrypt': publish,
  'cloudwatch:PutMetricData': (name) =>
    new CloudWatchClient(options('CLOUDWATCH', credentialsOf(name))).send(
      new PutMetricDataCommand({ Namespace: 'Portage', MetricData: [{ MetricName: 'Parked', Value: 1 }] }),
    ),
};

function publish(name: string): Promise<unknown> {
  return new SNSClient(options('SNS', credentialsOf(name))).send(
    new PublishCommand({ TopicArn: TOPIC, Message: 'open' }),
  );
}

test('a role with all grants makes every call', async () => {
  for (const name of ['s3:PutObject', ...GRANTS]) await CALLS[name]?.('complete');
});

test.each(GRANTS)('without %s the call fails and names that action', async (action) => {
  await expect(CALLS[action]?.(action)).rejects.toThrow(
    new RegExp(
      `User: arn:aws:sts::000000000000:assumed-role/${action}/portage-open-gate is not authorized to perform: ${action}`,
    ),
  );
});

test('one entry of a transaction that is not allowed refuses all of it', async () => {
  const client = new DynamoDBClient(options('DYNAMODB'));
  const put = (PK: string) => ({ Put: { TableName: 'control', Item: item(PK) } });
  await client.send(new TransactWriteItemsCommand({ TransactItems: [put('LOCK'), put('INTENT#1')] }));
  await expect(
    client.send(new TransactWriteItemsCommand({ TransactItems: [put('LOCK'), put('MODE')] })),
  ).rejects.toMatchObject({ name: 'AccessDeniedException' });
  const administrator = new DynamoDBClient(options('DYNAMODB', CREDENTIALS));
  const { Item } = await administrator.send(new GetItemCommand({ TableName: 'control', Key: item('MODE') }));
  expect(Item).toBeUndefined();
});

test('a metric of another namespace is refused', async () => {
  const client = new CloudWatchClient(options('CLOUDWATCH'));
  await expect(
    client.send(new PutMetricDataCommand({ Namespace: 'Other', MetricData: [{ MetricName: 'Parked', Value: 1 }] })),
  ).rejects.toThrow(/is not authorized to perform: cloudwatch:PutMetricData/);
});

test('a request that nobody known has signed is refused in the words of its service', async () => {
  const stranger = { accessKeyId: 'ASIASTRANGER', secretAccessKey: 'x' };
  const get = new GetItemCommand({ TableName: 'control', Key: item('LOCK') });
  await expect(new DynamoDBClient(options('DYNAMODB', stranger)).send(get)).rejects.toMatchObject({
    name: 'UnrecognizedClientException',
  });
  await expect(s3(stranger).send(new GetObjectCommand(object))).rejects.toMatchObject({ name: 'InvalidAccessKeyId' });
});

test('the grants that were used are noted, each once', async () => {
  await CALLS['dynamodb:GetItem']?.('complete');
  await CALLS['dynamodb:GetItem']?.('complete');
  const lines = readFileSync(join(folder, 'used.jsonl'), 'utf8').trim().split('\n');
  const gets = lines.filter((line) => line.includes('"complete"') && line.includes('dynamodb:GetItem'));
  expect(gets).toHaveLength(1);
  expect(new Set(lines).size).toBe(lines.length);
});
