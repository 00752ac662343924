import { expect, test } from '@jest/globals';
import { call } from '../../../local/iam/call.ts';
import { createEvaluator } from '../../../local/iam/evaluate.ts';
import type { Principal } from '../../../local/iam/principals.ts';

const TABLE = 'arn:aws:dynamodb:us-east-1:000000000000:table/control';
const KEY = 'arn:aws:kms:us-east-1:000000000000:key/k';

function principal(...statements: readonly Record<string, unknown>[]): Principal {
  return {
    accessKeyId: 'ASIA1',
    arn: 'arn:aws:sts::000000000000:assumed-role/role/function',
    grantee: 'role',
    statements: [...statements],
  };
}

const onKinds = (kinds: readonly string[]) => ({
  'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': kinds },
});

const writer = principal(
  { Effect: 'Allow', Action: ['dynamodb:GetItem', 'dynamodb:Query'], Resource: TABLE },
  { Effect: 'Allow', Action: 'dynamodb:UpdateItem', Resource: TABLE, Condition: onKinds(['LOCK', 'PHASE']) },
  { Effect: 'Allow', Action: 'dynamodb:DeleteItem', Resource: TABLE, Condition: onKinds(['INTENT#*']) },
);

const withKeys = (action: string, ...keys: readonly string[]) =>
  call(`dynamodb:${action}`, TABLE, { 'dynamodb:LeadingKeys': keys });

test.each([
  ['an action without conditions', withKeys('GetItem', 'GATE'), true],
  ['a kind that is allowed', withKeys('UpdateItem', 'LOCK'), true],
  ['another kind', withKeys('UpdateItem', 'GATE'), false],
  ['several keys, one of them another kind', withKeys('UpdateItem', 'LOCK', 'MODE'), false],
  ['a pattern', withKeys('DeleteItem', 'INTENT#12'), true],
  ['what the pattern does not match', withKeys('DeleteItem', 'INTENTION'), false],
  ['an action that no statement has', withKeys('PutItem', 'LOCK'), false],
  ['another table', call('dynamodb:GetItem', `${TABLE}-2`), false],
])('%s: %j is allowed: %p', (_, asked, allowed) => {
  const evaluate = createEvaluator();
  expect(evaluate(writer, asked).allowed).toBe(allowed);
  expect(evaluate(writer, asked).allowed).toBe(allowed);
});

test('the ARN of a function does not cover its versions, and that of its versions does not cover the function', () => {
  const evaluate = createEvaluator();
  const relay = 'arn:aws:lambda:us-east-1:000000000000:function:portage-relay';
  const may = (Resource: string, resource: string): boolean =>
    evaluate(
      { ...principal({ Effect: 'Allow', Action: 'lambda:InvokeFunction', Resource }), accessKeyId: Resource },
      call('lambda:InvokeFunction', resource),
    ).allowed;
  expect(may(relay, `${relay}:7`)).toBe(false);
  expect(may(`${relay}:*`, `${relay}:7`)).toBe(true);
  expect(may(`${relay}:*`, relay)).toBe(false);
  expect(may(`${relay}:*`, `${relay}-2:7`)).toBe(false);
});

test('a decision names the statements that allow the call', () => {
  const evaluate = createEvaluator();
  expect(evaluate(writer, withKeys('GetItem', 'GATE')).statements).toEqual([0]);
  expect(evaluate(writer, withKeys('UpdateItem', 'PHASE')).statements).toEqual([1]);
});

test('a statement that denies wins, also where another allows without conditions', () => {
  const denied = principal(
    { Effect: 'Allow', Action: '*', Resource: '*' },
    { Effect: 'Deny', Action: 'dynamodb:*', Resource: TABLE, Condition: onKinds(['GATE']) },
  );
  const evaluate = createEvaluator();
  expect(evaluate(denied, withKeys('GetItem', 'GATE'))).toMatchObject({ allowed: false, explicit: true });
  expect(evaluate(denied, withKeys('GetItem', 'LOCK'))).toMatchObject({ allowed: true });
});

test('decisions of two principals on the same call stay apart', () => {
  const evaluate = createEvaluator();
  const other = { ...principal(), accessKeyId: 'ASIA2' };
  expect(evaluate(writer, withKeys('GetItem', 'LOCK')).allowed).toBe(true);
  expect(evaluate(other, withKeys('GetItem', 'LOCK')).allowed).toBe(false);
});

test.each([
  ['the namespace of a metric', 'cloudwatch:PutMetricData', '*', { 'cloudwatch:namespace': 'Portage' }, true],
  ['another namespace', 'cloudwatch:PutMetricData', '*', { 'cloudwatch:namespace': 'Other' }, false],
  ['the key of an alias', 'kms:DescribeKey', KEY, { 'kms:ResourceAliases': ['alias/aws/secretsmanager'] }, true],
  ['a key without it', 'kms:DescribeKey', KEY, { 'kms:ResourceAliases': ['alias/other'] }, false],
  ['an object below a prefix', 's3:GetObject', 'arn:aws:s3:::b/bodies/1', {}, true],
  ['an object elsewhere', 's3:GetObject', 'arn:aws:s3:::b/documents/1', {}, false],
  ['a machine', 'states:SendTaskSuccess', 'arn:aws:states:us-east-1:000000000000:stateMachine:portage-x', {}, true],
  ['another machine', 'states:SendTaskSuccess', 'arn:aws:states:us-east-1:000000000000:stateMachine:other', {}, false],
])('%s', (_, action, resource, context, allowed) => {
  const caller = principal(
    {
      Effect: 'Allow',
      Action: 'cloudwatch:PutMetricData',
      Resource: '*',
      Condition: { StringEquals: { 'cloudwatch:namespace': 'Portage' } },
    },
    {
      Effect: 'Allow',
      Action: 'kms:DescribeKey',
      Resource: 'arn:aws:kms:us-east-1:000000000000:key/*',
      Condition: { 'ForAnyValue:StringEquals': { 'kms:ResourceAliases': 'alias/aws/secretsmanager' } },
    },
    { Effect: 'Allow', Action: 's3:GetObject', Resource: 'arn:aws:s3:::b/bodies/*' },
    {
      Effect: 'Allow',
      Action: 'states:SendTaskSuccess',
      Resource: 'arn:aws:states:us-east-1:000000000000:stateMachine:portage-*',
    },
  );
  expect(createEvaluator()(caller, call(action, resource, context)).allowed).toBe(allowed);
});
