import { ArnFormat, type Stack } from 'aws-cdk-lib';
import type { PortName } from '../../handlers/wiring/ports.ts';
import { withNeeds } from '../../handlers/wiring/registry.ts';
import { clusterGrants } from './cluster-permissions.ts';
import type { Configuration } from '../configuration.ts';
import type { Data } from '../data.ts';
import type { Grant } from '../grant.ts';

const NO_RESOURCES = 'CloudWatch knows no resources for this action';
const OUR_MACHINES = 'the machines of this migration, and no others, begin with portage-';

/**
 * A function's permissions: the grants of the ports that its handler uses, and of the ports that
 * these are built from.
 */
export function grantsFor(
  uses: readonly PortName[],
  stack: Stack,
  configuration: Configuration,
  data: Data,
): readonly Grant[] {
  const grants = portGrants(stack, configuration, data);
  return [...withNeeds(uses)].flatMap((name) => grants[name]);
}

/** The minimum that each port needs itself; a port that only combines others needs nothing. */
export function portGrants(
  stack: Stack,
  configuration: Configuration,
  data: Data,
): Readonly<Record<PortName, readonly Grant[]>> {
  const { tableArn } = data.table;
  const control = data.control.tableArn;
  const executions = [portageArn(stack, 'execution', 'portage-*:*')];
  return {
    ...clusterGrants(stack, configuration),
    plan: [],
    time: [],
    mapping: [],
    control: [{ actions: dynamodb('GetItem', 'Query', 'PutItem', 'UpdateItem', 'DeleteItem'), resources: [control] }],
    sql: sourceGrants(configuration.clusterArn, configuration.secretArn, configuration.kmsKeyArns),
    rows: [],
    changelog: [],
    missedChanges: [],
    capture: [],
    sourceAccess: [],
    legacyUsers: [],
    highestNumbers: [],
    verifiedSource: [],
    restoredCopy: restoredSource(stack, configuration),
    // No DeleteItem and no UpdateItem: nothing is hard-deleted, and every put is a whole image (rule b).
    table: [{ actions: dynamodb('BatchGetItem', 'Scan', 'PutItem', 'PartiQLInsert'), resources: [tableArn] }],
    // After the point of no return DynamoDB deletes the rows that the plan lets expire.
    expiry: [{ actions: dynamodb('DescribeTimeToLive', 'UpdateTimeToLive'), resources: [tableArn] }],
    intents: [{ actions: dynamodb('GetItem', 'Query', 'DeleteItem'), resources: [control] }],
    bodies: objectGrants(data, 'bodies/*', 'bodies are named by the hash of their content'),
    documents: objectGrants(data, 'documents/*', 'documents are named by run and part'),
    verification: [],
    metrics: [
      {
        actions: ['cloudwatch:PutMetricData'],
        resources: ['*'],
        conditions: { StringEquals: { 'cloudwatch:namespace': 'Portage' } },
        wildcard: NO_RESOURCES,
      },
    ],
    metricReader: [{ actions: ['cloudwatch:GetMetricData'], resources: ['*'], wildcard: NO_RESOURCES }],
    notify: [
      { actions: ['sns:Publish'], resources: [data.gates.topicArn] },
      { actions: ['kms:GenerateDataKey', 'kms:Decrypt'], resources: [data.topicKey.keyArn] },
    ],
    userPool: userPoolGrants(stack, configuration),
    executionStatus: [{ actions: ['states:DescribeExecution'], resources: executions, wildcard: OUR_MACHINES }],
    rollback: [
      { actions: ['states:StartExecution'], resources: [portageArn(stack, 'stateMachine', 'portage-rollback')] },
    ],
    executionStop: [{ actions: ['states:StopExecution'], resources: executions, wildcard: OUR_MACHINES }],
    gateTasks: [
      {
        actions: ['states:SendTaskSuccess', 'states:SendTaskFailure'],
        resources: [portageArn(stack, 'stateMachine', 'portage-*')],
        wildcard: OUR_MACHINES,
      },
    ],
  };
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
    // Without it S3 returns AccessDenied instead of NoSuchKey, so a missing object would look like
    // a failure.
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
    // UpdateUserPool sends all settings back to the pool, including this role.
    ...(smsRoleArn === undefined ? [] : [{ actions: ['iam:PassRole'], resources: [smsRoleArn] }]),
  ];
}

/** ARN of something of Step Functions, by its name: a reference would make functions and machines depend on each other. */
export function portageArn(stack: Stack, resource: string, resourceName: string): string {
  return stack.formatArn({ service: 'states', resource, resourceName, arnFormat: ArnFormat.COLON_RESOURCE_NAME });
}

function dynamodb(...actions: readonly string[]): readonly string[] {
  return actions.map((action) => `dynamodb:${action}`);
}
