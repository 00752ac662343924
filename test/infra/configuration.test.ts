import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { readConfiguration } from '../../infra/configuration.ts';

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
