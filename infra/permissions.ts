import { ArnFormat, type Stack } from 'aws-cdk-lib';
import { clusterGrants } from './cluster-permissions.ts';
import type { Configuration } from './configuration.ts';
import type { Data } from './data.ts';
import type { Grant } from './grant.ts';
import type { FunctionEntry, Use } from './manifest.ts';

const NO_RESOURCES = 'CloudWatch knows no resources for this action';

/** The least that a handler needs: by the adapters it uses, and by its name where an adapter can do too much harm. */
export function grantsFor(
  { name, uses }: FunctionEntry,
  stack: Stack,
  configuration: Configuration,
  data: Data,
): readonly Grant[] {
  return [
    ...uses.flatMap((use) => grantsOf(use, name, stack, configuration, data)),
    ...(name === 'compare-restored' ? restoredSource(stack, configuration) : []),
    // Past the point of no return, rows that the plan lets expire do.
    ...(name === 'move-mode'
      ? [{ actions: dynamodb('DescribeTimeToLive', 'UpdateTimeToLive'), resources: [data.table.tableArn] }]
      : []),
  ];
}

function grantsOf(use: Use, name: string, stack: Stack, configuration: Configuration, data: Data): readonly Grant[] {
  const { tableArn } = data.table;
  switch (use) {
    case 'source':
      return sourceGrants(configuration.clusterArn, configuration.secretArn, configuration.kmsKeyArns);
    case 'table':
      // No DeleteItem and no UpdateItem: nothing is hard-deleted, and every put is a whole image (DESIGN 3, rule b).
      return [{ actions: dynamodb('BatchGetItem', 'Scan', 'PutItem', 'PartiQLInsert'), resources: [tableArn] }];
    case 'control':
      return [
        {
          actions: dynamodb('GetItem', 'Query', 'PutItem', 'UpdateItem', 'DeleteItem'),
          resources: [data.control.tableArn],
        },
      ];
    case 'intents':
      return [{ actions: dynamodb('GetItem', 'Query', 'DeleteItem'), resources: [data.control.tableArn] }];
    case 'bodies':
      return objectGrants(data, 'bodies/*', 'bodies are named by the hash of their content');
    case 'documents':
      return objectGrants(data, 'documents/*', 'documents are named by run and part');
    case 'metrics': {
      const conditions = { StringEquals: { 'cloudwatch:namespace': 'Portage' } };
      return [{ actions: ['cloudwatch:PutMetricData'], resources: ['*'], conditions, wildcard: NO_RESOURCES }];
    }
    case 'metricReader':
      return [{ actions: ['cloudwatch:GetMetricData'], resources: ['*'], wildcard: NO_RESOURCES }];
    case 'userPool':
      return userPoolGrants(stack, configuration);
    case 'clusters':
      return clusterGrants(name, stack, configuration);
    case 'notify':
      return [
        { actions: ['sns:Publish'], resources: [data.gates.topicArn] },
        { actions: ['kms:GenerateDataKey', 'kms:Decrypt'], resources: [data.topicKey.keyArn] },
      ];
    case 'states':
      return stateGrants(name, stack);
  }
}

function sourceGrants(clusterArn: string, secretArn: string, keyArns: readonly string[], wildcard?: string): Grant[] {
  const why = wildcard === undefined ? {} : { wildcard };
  const calls = ['ExecuteStatement', 'BeginTransaction', 'CommitTransaction', 'RollbackTransaction'];
  return [
    { actions: calls.map((call) => `rds-data:${call}`), resources: [clusterArn], ...why },
    { actions: ['secretsmanager:GetSecretValue'], resources: [secretArn], ...why },
    ...(keyArns.length === 0 ? [] : [{ actions: ['kms:Decrypt'], resources: keyArns }]),
  ];
}

/** The copy that the backup was restored into, with the secret that RDS made for it. */
function restoredSource(stack: Stack, { clusterId, kmsKeyArns }: Configuration): readonly Grant[] {
  const arn = (service: string, resource: string, resourceName: string) =>
    stack.formatArn({ service, resource, resourceName, arnFormat: ArnFormat.COLON_RESOURCE_NAME });
  return sourceGrants(
    arn('rds', 'cluster', `${clusterId}-portage-restore-*`),
    arn('secretsmanager', 'secret', 'rds!cluster-*'),
    kmsKeyArns,
    'the restored copy is named by its run, its secret by RDS',
  );
}

function objectGrants(data: Data, pattern: string, wildcard: string): Grant[] {
  return [
    { actions: ['s3:GetObject', 's3:PutObject'], resources: [data.bucket.arnForObjects(pattern)], wildcard },
    // Without it S3 answers AccessDenied instead of NoSuchKey, and "not there" could not be told from a failure.
    { actions: ['s3:ListBucket'], resources: [data.bucket.bucketArn] },
  ];
}

function userPoolGrants(stack: Stack, { userPoolId, smsRoleArn }: Configuration): Grant[] {
  const calls = [
    'DescribeUserPool',
    'UpdateUserPool',
    'AdminGetUser',
    'AdminCreateUser',
    'AdminSetUserPassword',
    'ListUsers',
  ];
  return [
    {
      actions: calls.map((call) => `cognito-idp:${call}`),
      resources: [stack.formatArn({ service: 'cognito-idp', resource: 'userpool', resourceName: userPoolId })],
    },
    // UpdateUserPool hands all settings back to the pool, this role among them.
    ...(smsRoleArn === undefined ? [] : [{ actions: ['iam:PassRole'], resources: [smsRoleArn] }]),
  ];
}

/** Answering a gate, asking whether a lock's owner still runs, stopping what a person rolls back: each its own function. */
function stateGrants(name: string, stack: Stack): Grant[] {
  const arn = (resource: string, resourceName: string) =>
    stack.formatArn({ service: 'states', resource, resourceName, arnFormat: ArnFormat.COLON_RESOURCE_NAME });
  const wildcard = 'the machines of this migration, and no others, begin with portage-';
  const executions = [arn('execution', 'portage-*:*')];
  switch (name) {
    case 'decide-gate':
      return [
        {
          actions: ['states:SendTaskSuccess', 'states:SendTaskFailure'],
          resources: [arn('stateMachine', 'portage-*')],
          wildcard,
        },
      ];
    case 'return-reads':
      return [{ actions: ['states:StopExecution'], resources: executions, wildcard }];
    default:
      return [{ actions: ['states:DescribeExecution'], resources: executions, wildcard }];
  }
}

function dynamodb(...actions: readonly string[]): readonly string[] {
  return actions.map((action) => `dynamodb:${action}`);
}
