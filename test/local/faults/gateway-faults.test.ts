import type { Server } from 'node:http';
import { CloudWatchClient, PutMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import { AdminGetUserCommand, CognitoIdentityProviderClient } from '@aws-sdk/client-cognito-identity-provider';
import { DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import { DescribeDBClustersCommand, RDSClient } from '@aws-sdk/client-rds';
import { ExecuteStatementCommand, RDSDataClient } from '@aws-sdk/client-rds-data';
import { GetObjectCommand, HeadObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { DescribeExecutionCommand, SFNClient } from '@aws-sdk/client-sfn';
import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { createInvoker } from '../../../local/aws/states/engine/run/lambda.ts';
import { connectFaults, type Faults } from '../../../local/faults/control.ts';
import { type ServiceFault } from '../../../local/faults/service-faults.ts';
import { type Gateway, startGateway } from '../../../local/iam/gateway.ts';
import { credentialsOf, type Principal } from '../../../local/iam/principals.ts';
import { type Credentials, CREDENTIALS } from '../../../local/process/credentials.ts';
import { closeServer, freePorts, HOST, httpServer, listen } from '../../../local/process/free-port.ts';
import { type Service, SERVICES } from '../../../local/stack/environment.ts';
import { translated } from '../../../src/adapters/sdk/translated.ts';
import { isRetryable } from '../../../src/domain/errors.ts';

const FUNCTION = credentialsOf('function');
const EVERYTHING = [{ Effect: 'Allow', Action: '*', Resource: '*' }];
const PRINCIPALS: Principal[] = [
  { accessKeyId: CREDENTIALS.accessKeyId, arn: 'arn:aws:iam::000000000000:user/administrator' },
  { accessKeyId: FUNCTION.accessKeyId, arn: 'arn:aws:sts::000000000000:assumed-role/function/portage-relay' },
].map((one) => ({ ...one, grantee: null, statements: EVERYTHING }));

/** What the services answer, to whatever is asked. */
let service: Server;
let reached = 0;
let gateway: Gateway;
let faults: Faults;
let machinesEndpoint: string;

beforeAll(async () => {
  service = httpServer((incoming, outgoing) => {
    reached += 1;
    incoming.resume();
    incoming.on('end', () => outgoing.end('{}'));
  });
  const target = await listen(service, 0, 'services');
  const ports = await freePorts([
    ['machines', 0],
    ['faults', 0],
  ]);
  machinesEndpoint = `http://${HOST}:${ports.get('machines')}`;
  gateway = await startGateway({
    principals: PRINCIPALS,
    services: SERVICES.map((name) => ({ service: name, target, port: 0 })),
    machinesPort: ports.get('machines'),
    faults: { seed: 1, settings: {}, port: ports.get('faults') ?? 0 },
    keys: {},
    useFile: null,
  });
  faults = connectFaults(`http://${HOST}:${ports.get('faults')}`);
}, 60_000);

beforeEach(() => faults.set({}));

afterAll(async () => {
  await gateway.stop();
  await closeServer(service);
});

const ARN = 'arn:aws:rds:us-east-1:000000000000:cluster:c';
const CALLS: Readonly<Record<string, readonly [Service, (options: Options) => Promise<unknown>]>> = {
  CloudWatch: ['CLOUDWATCH', (o) => new CloudWatchClient(o).send(new PutMetricDataCommand({ Namespace: 'n' }))],
  Cognito: [
    'COGNITO_IDENTITY_PROVIDER',
    (o) => new CognitoIdentityProviderClient(o).send(new AdminGetUserCommand({ UserPoolId: 'a_b', Username: 'u' })),
  ],
  DynamoDB: [
    'DYNAMODB',
    (o) => new DynamoDBClient(o).send(new GetItemCommand({ TableName: 't', Key: { PK: { S: 'p' }, SK: { S: 's' } } })),
  ],
  RDS: ['RDS', (o) => new RDSClient(o).send(new DescribeDBClustersCommand({}))],
  'the RDS Data API': [
    'RDS_DATA',
    (o) =>
      new RDSDataClient(o).send(new ExecuteStatementCommand({ resourceArn: ARN, secretArn: ARN, sql: 'SELECT 1' })),
  ],
  S3: ['S3', (o) => new S3Client({ ...o, forcePathStyle: true }).send(new GetObjectCommand({ Bucket: 'b', Key: 'k' }))],
  'S3, whose answer has no body': [
    'S3',
    (o) => new S3Client({ ...o, forcePathStyle: true }).send(new HeadObjectCommand({ Bucket: 'b', Key: 'k' })),
  ],
  'Step Functions': [
    'SFN',
    (o) => new SFNClient(o).send(new DescribeExecutionCommand({ executionArn: 'arn:aws:states:r:1:execution:m:e' })),
  ],
  SNS: [
    'SNS',
    (o) =>
      new SNSClient(o).send(new PublishCommand({ TopicArn: 'arn:aws:sns:us-east-1:000000000000:t', Message: 'm' })),
  ],
};

interface Options {
  readonly region: string;
  readonly endpoint: string;
  readonly maxAttempts: number;
  readonly credentials: Credentials;
}

function optionsOf(name: Service, credentials: Credentials = FUNCTION): Options {
  return { region: 'us-east-1', endpoint: gateway.endpoints[name] ?? '', maxAttempts: 1, credentials };
}

const FAULTS: readonly ServiceFault[] = ['throttled', 'server error', 'bad gateway', 'dropped', 'answer lost'];

test.each(Object.keys(CALLS))('whatever befalls a call to %s is an error that may be retried', async (name) => {
  const [to, call] = CALLS[name] ?? [];
  if (to === undefined || call === undefined) throw new Error(`there is no call to ${name}`);
  for (const fault of FAULTS) {
    await faults.set({ [to]: { share: 1, kinds: [fault] } });
    const failed: unknown = await translated('SNS', 'a call', () => call(optionsOf(to))).catch(
      (error: unknown) => error,
    );
    expect({ fault, retryable: isRetryable(failed) }).toEqual({ fault, retryable: true });
  }
  await faults.set({ [to]: { share: 1, kinds: ['slow'] } });
  const before = reached;
  await call(optionsOf(to)).catch(() => undefined);
  expect(reached).toBe(before + 1);
  expect(Object.keys((await faults.struck())[to] ?? {})).toEqual(expect.arrayContaining([...FAULTS, 'slow']));
});

test.each([
  ['throttled', 'Lambda.TooManyRequestsException'],
  ['server error', 'Lambda.ServiceException'],
  ['bad gateway', 'Lambda.ServiceException'],
  ['dropped', 'Lambda.SdkClientException'],
  ['answer lost', 'Lambda.SdkClientException'],
] as const)('Step Functions meets Lambda that is %s as %s', async (fault, error) => {
  const invoke = createInvoker(machinesEndpoint);
  const call = () => invoke({ functionName: 'portage-relay', payload: {} }, new AbortController().signal);
  await faults.set({ LAMBDA: { share: 1, kinds: [fault] } });
  await expect(call()).rejects.toMatchObject({ error });
  await faults.set({});
  expect((await call()).StatusCode).toBe(200);
});

function clusters(credentials: Credentials): Promise<unknown> {
  return new RDSClient(optionsOf('RDS', credentials)).send(new DescribeDBClustersCommand({}));
}

test('faults that are meant for functions spare everybody else, and an unknown setting is refused', async () => {
  await faults.set({ RDS: { share: 1, kinds: ['throttled'], callers: 'functions' } });
  await expect(clusters(FUNCTION)).rejects.toMatchObject({ name: 'Throttling' });
  const before = reached;
  await clusters(CREDENTIALS).catch(() => undefined);
  expect(reached).toBe(before + 1);
  const response = await fetch(faults.endpoint, { method: 'PUT', body: '{ "RDS": { "share": 2 } }' });
  expect([response.status, await response.text()]).toEqual([400, expect.stringMatching(/share/)]);
});
