import { expect, test } from '@jest/globals';
import { call } from '../../../local/iam/call.ts';
import { createEvaluator } from '../../../local/iam/evaluate.ts';
import { credentialsOf, principalsOf } from '../../../local/iam/principals.ts';
import { readTemplate } from '../../../local/template/read-template.ts';

const document = (Action: string, Resource: string) => ({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action, Resource }],
});
const template = JSON.stringify({
  Resources: {
    Role: {
      Type: 'AWS::IAM::Role',
      Properties: { RoleName: 'reader', AssumeRolePolicyDocument: document('sts:AssumeRole', '*') },
    },
    Own: {
      Type: 'AWS::IAM::Policy',
      Properties: {
        PolicyName: 'own',
        PolicyDocument: document('s3:GetObject', 'arn:aws:s3:::b/*'),
        Roles: [{ Ref: 'Role' }],
      },
    },
    Viewer: {
      Type: 'AWS::IAM::ManagedPolicy',
      Properties: { ManagedPolicyName: 'viewer', PolicyDocument: document('states:ListStateMachines', '*') },
    },
  },
});
const deployment = readTemplate(template, {
  stackName: 'stack',
  account: '000000000000',
  region: 'us-east-1',
  asset: () => null,
});

test('a role and a policy for people sign with credentials of their own, and are allowed what the template says', () => {
  const principals = principalsOf(deployment);
  const of = (name: string) => principals.find(({ grantee }) => grantee === name);
  const [reader, viewer] = [of('reader'), of('viewer')];
  expect(new Set(principals.map(({ accessKeyId }) => accessKeyId)).size).toBe(3);
  expect(viewer?.accessKeyId).toBe(credentialsOf('viewer').accessKeyId);
  expect(reader?.accessKeyId).toBe(credentialsOf('arn:aws:iam::000000000000:role/reader').accessKeyId);
  const evaluate = createEvaluator();
  const may = (principal: typeof reader, action: string, resource: string) =>
    principal !== undefined && evaluate(principal, call(action, resource)).allowed;
  expect(may(reader, 's3:GetObject', 'arn:aws:s3:::b/k')).toBe(true);
  expect(may(reader, 'states:ListStateMachines', '*')).toBe(false);
  expect(may(viewer, 'states:ListStateMachines', '*')).toBe(true);
  expect(may(viewer, 's3:GetObject', 'arn:aws:s3:::b/k')).toBe(false);
});
