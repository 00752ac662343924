import { expect, test } from '@jest/globals';
import type { Call, WireRequest } from '../../../local/iam/call.ts';
import { serviceRules } from '../../../local/iam/services.ts';
import type { Service } from '../../../local/stack/environment.ts';

const TABLE = 'arn:aws:dynamodb:us-east-1:000000000000:table';
const rules = serviceRules((resource) =>
  resource.endsWith('sealed') ? 'arn:aws:kms:us-east-1:000000000000:key/k' : null,
);

function callsOf(service: Service, request: Partial<WireRequest>): readonly Call[] {
  const whole = { method: 'POST', url: '/', headers: {}, body: Buffer.alloc(0), ...request };
  const calls = rules[service].calls(whole);
  return calls === 'public' ? [] : calls;
}

/** Each call as one line: action, resource, leading keys. */
function linesOf(service: Service, request: Partial<WireRequest>): readonly string[] {
  return callsOf(service, request).map(({ action, resource, context }) =>
    [action, resource.split(':').at(-1), ...[context['dynamodb:LeadingKeys'] ?? []].flat()].join(' '),
  );
}

function json(operation: string, input: object): Partial<WireRequest> {
  return { headers: { 'x-amz-target': `Service.${operation}` }, body: Buffer.from(JSON.stringify(input)) };
}

function form(fields: Readonly<Record<string, string>>): Partial<WireRequest> {
  return { body: Buffer.from(new URLSearchParams(fields).toString()) };
}

const key = (PK: string) => ({ PK: { S: PK }, SK: { S: 'x' } });

test.each([
  ['GetItem', { TableName: 't', Key: key('LOCK') }, ['dynamodb:GetItem table/t LOCK']],
  ['PutItem', { TableName: 't', Item: { ...key('MODE'), mode: { S: 'dual' } } }, ['dynamodb:PutItem table/t MODE']],
  [
    'Query',
    {
      TableName: 't',
      KeyConditionExpression: '#k = :k AND SK > :s',
      ExpressionAttributeNames: { '#k': 'PK' },
      ExpressionAttributeValues: { ':k': { S: 'GATE' }, ':s': { S: 'a' } },
    },
    ['dynamodb:Query table/t GATE'],
  ],
  [
    'Query',
    {
      TableName: 't',
      IndexName: 'GSI1',
      KeyConditionExpression: 'GSI1PK = :k',
      ExpressionAttributeValues: { ':k': { S: 'EMAIL#a' } },
    },
    ['dynamodb:Query table/t/index/GSI1 EMAIL#a'],
  ],
  ['Scan', { TableName: 't' }, ['dynamodb:Scan table/t']],
  [
    'BatchGetItem',
    { RequestItems: { t: { Keys: [key('A'), key('B'), key('A')] }, u: { Keys: [key('C')] } } },
    ['dynamodb:BatchGetItem table/t A B', 'dynamodb:BatchGetItem table/u C'],
  ],
  [
    'BatchWriteItem',
    { RequestItems: { t: [{ PutRequest: { Item: key('A') } }, { DeleteRequest: { Key: key('B') } }] } },
    ['dynamodb:BatchWriteItem table/t A B'],
  ],
  [
    'TransactWriteItems',
    {
      TransactItems: [
        { Put: { TableName: 't', Item: key('A') } },
        { ConditionCheck: { TableName: 't', Key: key('B') } },
        { Put: { TableName: 'control', Item: key('INTENT#3') } },
      ],
    },
    ['dynamodb:PutItem table/t A', 'dynamodb:ConditionCheckItem table/t B', 'dynamodb:PutItem table/control INTENT#3'],
  ],
  [
    'BatchExecuteStatement',
    { Statements: [{ Statement: `INSERT INTO "t" VALUE {'PK': ?}` }, { Statement: 'DELETE FROM "u" WHERE PK = ?' }] },
    ['dynamodb:PartiQLInsert table/t', 'dynamodb:PartiQLDelete table/u'],
  ],
  ['UpdateTimeToLive', { TableName: 't' }, ['dynamodb:UpdateTimeToLive table/t']],
])('%s of DynamoDB, with every key that it names (%#)', (operation, input, expected) => {
  expect(linesOf('DYNAMODB', json(operation, input))).toEqual(expected);
  expect(callsOf('DYNAMODB', json(operation, input))[0]?.resource).toContain(TABLE);
});

test.each([
  ['GET', '/b/bodies/a%2Fb', ['s3:GetObject arn:aws:s3:::b/bodies/a/b']],
  ['HEAD', '/b/bodies/a', ['s3:GetObject arn:aws:s3:::b/bodies/a']],
  ['PUT', '/b/bodies/a?x-id=PutObject', ['s3:PutObject arn:aws:s3:::b/bodies/a']],
  ['DELETE', '/b/bodies/a', ['s3:DeleteObject arn:aws:s3:::b/bodies/a']],
  ['GET', '/b?list-type=2&prefix=bodies%2F0', ['s3:ListBucket arn:aws:s3:::b']],
])('%s %s of S3', (method, url, expected) => {
  expect(callsOf('S3', { method, url }).map(({ action, resource }) => `${action} ${resource}`)).toEqual(expected);
});

test('the Data API reads the secret in the name of its caller', () => {
  const body = Buffer.from(JSON.stringify({ resourceArn: 'arn:cluster', secretArn: 'arn:secret', sql: 'SELECT 1' }));
  expect(callsOf('RDS_DATA', { url: '/Execute', body }).map(({ action, resource }) => `${action} ${resource}`)).toEqual(
    ['rds-data:ExecuteStatement arn:cluster', 'secretsmanager:GetSecretValue arn:secret'],
  );
});

test('a change of the managed password needs the secret and its key, and every change the groups of the cluster', () => {
  const plain = linesOf('RDS', form({ Action: 'ModifyDBCluster', DBClusterIdentifier: 'c' }));
  expect(plain).toEqual(['rds:ModifyDBCluster c', 'rds:ModifyDBCluster default', 'rds:ModifyDBCluster default']);
  const managed = linesOf(
    'RDS',
    form({ Action: 'ModifyDBCluster', DBClusterIdentifier: 'c', ManageMasterUserPassword: 'true' }),
  );
  expect(managed.slice(3).map((line) => line.split(' ')[0])).toEqual([
    'secretsmanager:CreateSecret',
    'secretsmanager:TagResource',
    'kms:DescribeKey',
  ]);
});

test('a task token is answered on the machine that waits for it', () => {
  const token = Buffer.from(
    JSON.stringify(['arn:aws:states:us-east-1:000000000000:execution:portage-cutover:e', 'id']),
  ).toString('base64url');
  expect(linesOf('SFN', json('SendTaskSuccess', { taskToken: token, output: '{}' }))).toEqual([
    'states:SendTaskSuccess portage-cutover',
  ]);
});

test('a version of a function has a resource of its own, a version of a machine only a condition key', () => {
  const invoked = [
    'portage-relay/invocations',
    'portage-relay:live/invocations',
    'portage-relay/invocations?Qualifier=7',
  ].flatMap((path) => linesOf('LAMBDA', { url: `/2015-03-31/functions/${path}` }));
  const arn = 'arn:aws:lambda:us-east-1:000000000000:function:portage-relay';
  expect(callsOf('LAMBDA', { url: `/2015-03-31/functions/${arn}:7/invocations` })).toEqual([
    { action: 'lambda:InvokeFunction', resource: `${arn}:7`, context: {} },
  ]);
  expect(invoked).toEqual(['portage-relay', 'live', '7'].map((last) => `lambda:InvokeFunction ${last}`));
  const machine = 'arn:aws:states:us-east-1:000000000000:stateMachine:portage-load';
  const start = (stateMachineArn: string) => callsOf('SFN', json('StartExecution', { stateMachineArn }));
  expect(start(machine)).toEqual([{ action: 'states:StartExecution', resource: machine, context: {} }]);
  expect(start(`${machine}:7`)).toEqual([
    { action: 'states:StartExecution', resource: machine, context: { 'states:StateMachineQualifier': '7' } },
  ]);
});

test('a message for an encrypted topic needs the key', () => {
  expect(linesOf('SNS', form({ Action: 'Publish', TopicArn: 'arn:open' }))).toEqual(['sns:Publish open']);
  expect(linesOf('SNS', form({ Action: 'Publish', TopicArn: 'arn:sealed' })).map((line) => line.split(' ')[0])).toEqual(
    ['sns:Publish', 'kms:GenerateDataKey', 'kms:Decrypt'],
  );
});

const checksum = { 'x-amz-checksum-mode': 'ENABLED' };

test.each([
  ['PUT', '/sealed/bodies/a', {}, ['kms:GenerateDataKey']],
  ['GET', '/sealed/bodies/a', {}, ['kms:Decrypt']],
  ['HEAD', '/sealed/bodies/a', {}, []],
  ['HEAD', '/sealed/bodies/a', checksum, ['kms:Decrypt']],
  ['DELETE', '/sealed/bodies/a', {}, []],
  ['GET', '/sealed?list-type=2', {}, []],
  ['GET', '/b/bodies/a', checksum, []],
])('%s %s of an encrypted bucket needs the key through S3 (%#)', (method, url, headers, expected) => {
  const [, ...onKey] = callsOf('S3', { method, url, headers });
  expect(onKey.map(({ action }) => action)).toEqual(expected);
  for (const { context } of onKey) expect(context).toEqual({ 'kms:ViaService': 's3.us-east-1.amazonaws.com' });
});

test.each([
  ['PutItem', { TableName: 'sealed', Item: key('A') }, 1],
  ['Query', { TableName: 'sealed', IndexName: 'GSI1' }, 1],
  ['Scan', { TableName: 'sealed' }, 1],
  ['BatchGetItem', { RequestItems: { t: { Keys: [key('A')] }, sealed: { Keys: [key('B')] } } }, 1],
  ['BatchExecuteStatement', { Statements: [{ Statement: `INSERT INTO "sealed" VALUE {'PK': ?}` }] }, 1],
  ['UpdateTimeToLive', { TableName: 'sealed' }, 0],
  ['PutItem', { TableName: 't', Item: key('A') }, 0],
])('%s of DynamoDB needs the key of an encrypted table to touch its items (%#)', (operation, input, times) => {
  const onKey = callsOf('DYNAMODB', json(operation, input)).filter(({ action }) => action.startsWith('kms:'));
  expect(onKey.map(({ action, context }) => ({ action, context }))).toEqual(
    Array.from({ length: times }, () => ({
      action: 'kms:Decrypt',
      context: { 'kms:ViaService': 'dynamodb.us-east-1.amazonaws.com' },
    })),
  );
});

test('users sign in without credentials, and only with them is the pool changed', () => {
  const asked = json('InitiateAuth', { ClientId: 'c' });
  expect(
    rules.COGNITO_IDENTITY_PROVIDER.calls({ method: 'POST', url: '/', headers: {}, body: Buffer.alloc(0), ...asked }),
  ).toBe('public');
  expect(linesOf('COGNITO_IDENTITY_PROVIDER', json('AdminCreateUser', { UserPoolId: 'p' }))).toEqual([
    'cognito-idp:AdminCreateUser userpool/p',
  ]);
});

test('metrics are put into a namespace', () => {
  const [put] = callsOf('CLOUDWATCH', json('PutMetricData', { Namespace: 'Portage' }));
  expect(put).toEqual({
    action: 'cloudwatch:PutMetricData',
    resource: '*',
    context: { 'cloudwatch:namespace': 'Portage' },
  });
});
