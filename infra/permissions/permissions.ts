import { ArnFormat, type Stack } from 'aws-cdk-lib';
import type { PortName, SignInPorts } from '../../handlers/wiring/ports.ts';
import { clusterGrants } from './cluster-permissions.ts';
import { withKeyGrants } from './encryption-key-permissions.ts';
import type { Configuration } from '../configuration.ts';
import type { Data } from '../data.ts';
import type { Grant } from '../grant.ts';
import type { Declaration } from './handler-uses.ts';
import { dynamodb, leadingKeys, recordGrants } from './record-permissions.ts';

const NO_RESOURCES = 'CloudWatch knows no resources for this action';
const HASHES = 'bodies are named by the hash of their content';
const OUR_MACHINES = 'the machines of this migration, and no others, begin with portage-';

/**
 * A function's permissions: the grants of the ports that its handler uses, and of the ports that these are built from; and the changes of
 * those records of the control table that it declares; and what these need of the encryption key.
 */
export function grantsFor(
  { uses, writes, removes }: Declaration,
  stack: Stack,
  configuration: Configuration,
  data: Data,
): readonly Grant[] {
  const grants = portGrants(stack, configuration, data);
  return withKeyGrants(configuration, [
    ...uses.flatMap((name) => granted(grants, name)),
    ...recordGrants(data.control.tableArn, { writes, removes }),
  ]);
}

function granted(grants: Readonly<Record<string, readonly Grant[]>>, name: string): readonly Grant[] {
  const found = grants[name];
  if (found === undefined)
    throw new Error(`infra/permissions/permissions.ts has no grants for the port ${name}; add them`);
  return found;
}

/** The minimum that each port needs itself; a port that only combines others needs nothing. */
export function portGrants(
  stack: Stack,
  configuration: Configuration,
  data: Data,
): Readonly<Record<PortName, readonly Grant[]>> {
  const { tableArn } = data.table;
  const control = data.control.tableArn;
  const { prefix } = configuration;
  const executions = [portageArn(stack, 'execution', `${prefix}-*:*`)];
  return {
    ...clusterGrants(stack, configuration),
    ...signInGrants(configuration, data),
    plan: [],
    time: [],
    mapping: [],
    // What a handler changes it declares by kind (recordGrants).
    control: [{ actions: dynamodb('GetItem', 'Query'), resources: [control] }],
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
    table: [
      { actions: dynamodb('BatchGetItem', 'Query', 'PutItem'), resources: [tableArn] },
      { actions: dynamodb('Query'), resources: [`${tableArn}/index/*`], wildcard: 'the indexes that the plan names' },
      { actions: dynamodb('PutItem'), resources: [control], conditions: leadingKeys(['INTENT']) },
    ],
    tableLoad: [{ actions: dynamodb('PutItem', 'PartiQLInsert'), resources: [tableArn] }],
    tableRepair: [{ actions: dynamodb('BatchGetItem', 'PutItem'), resources: [tableArn] }],
    tableReader: [{ actions: dynamodb('BatchGetItem', 'Scan'), resources: [tableArn] }],
    tableScan: [{ actions: dynamodb('Scan'), resources: [tableArn] }],
    tableTombstones: [{ actions: dynamodb('Scan', 'PutItem'), resources: [tableArn] }],
    // After the point of no return DynamoDB deletes the rows that the plan lets expire.
    expiry: [{ actions: dynamodb('DescribeTimeToLive', 'UpdateTimeToLive'), resources: [tableArn] }],
    intents: [
      {
        actions: dynamodb('GetItem', 'Query', 'DeleteItem'),
        resources: [control],
        conditions: leadingKeys(['INTENT']),
      },
    ],
    intentReader: [
      { actions: dynamodb('GetItem', 'Query'), resources: [control], conditions: leadingKeys(['INTENT']) },
    ],
    bodies: [...objectGrants(data, ['GetObject', 'PutObject'], 'bodies/*', HASHES), ...listGrants(data)],
    bodyReader: [...objectGrants(data, ['GetObject'], 'bodies/*', HASHES), ...listGrants(data)],
    bodyList: listGrants(data),
    documents: [
      ...objectGrants(data, ['GetObject', 'PutObject'], 'documents/*', 'documents are named by run and part'),
      ...listGrants(data),
    ],
    verification: recordGrants(control, { writes: ['VERIFYING'], removes: [] }),
    metrics: [
      {
        actions: ['cloudwatch:PutMetricData'],
        resources: ['*'],
        conditions: { StringEquals: { 'cloudwatch:namespace': configuration.metricNamespace } },
        wildcard: NO_RESOURCES,
      },
    ],
    metricReader: [{ actions: ['cloudwatch:GetMetricData'], resources: ['*'], wildcard: NO_RESOURCES }],
    notify: [
      { actions: ['sns:Publish'], resources: [data.gates.topicArn] },
      { actions: ['kms:GenerateDataKey', 'kms:Decrypt'], resources: [data.topicKey.keyArn] },
    ],
    stackAnswer: [],
    ...userPoolGrants(stack, configuration),
    executionStatus: [{ actions: ['states:DescribeExecution'], resources: executions, wildcard: OUR_MACHINES }],
    rollback: [
      { actions: ['states:StartExecution'], resources: [portageArn(stack, 'stateMachine', `${prefix}-rollback`)] },
    ],
    executionStop: [{ actions: ['states:StopExecution'], resources: executions, wildcard: OUR_MACHINES }],
    gateTasks: [
      {
        actions: ['states:SendTaskSuccess', 'states:SendTaskFailure'],
        resources: [portageArn(stack, 'stateMachine', `${prefix}-*`)],
        wildcard: OUR_MACHINES,
      },
    ],
  };
}

/** The sign-in trigger is called from the internet: it reads users by a login of its own, and counts them in one kind of record. */
function signInGrants(
  { clusterArn, signInSecretArn, kmsKeyArns }: Configuration,
  data: Data,
): Readonly<Record<keyof SignInPorts, readonly Grant[]>> {
  const control = data.control.tableArn;
  return {
    signInUsers:
      signInSecretArn === undefined
        ? []
        : [
            { actions: ['rds-data:ExecuteStatement'], resources: [clusterArn] },
            { actions: ['secretsmanager:GetSecretValue'], resources: [signInSecretArn] },
            ...(kmsKeyArns.length === 0 ? [] : [{ actions: ['kms:Decrypt'], resources: kmsKeyArns }]),
          ],
    signInRecords: [
      { actions: dynamodb('GetItem'), resources: [control], conditions: leadingKeys(['SIGN-IN']) },
      ...recordGrants(control, { writes: ['SIGN-IN'], removes: [] }),
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

function objectGrants(data: Data, calls: readonly string[], pattern: string, wildcard: string): Grant[] {
  return [{ actions: calls.map((call) => `s3:${call}`), resources: [data.bucket.arnForObjects(pattern)], wildcard }];
}

/** For listing; and without it S3 returns AccessDenied instead of NoSuchKey, so a missing object would look like a failure. */
function listGrants(data: Data): Grant[] {
  return [{ actions: ['s3:ListBucket'], resources: [data.bucket.bucketArn] }];
}

type UserPort = 'userTrigger' | 'userCount' | 'userLookup' | 'userCreation';

/** Only `userCreation` may create users, only `userTrigger` may change the pool. */
function userPoolGrants(
  stack: Stack,
  { userPoolId, smsRoleArn }: Configuration,
): Readonly<Record<UserPort, readonly Grant[]>> {
  const pool = stack.formatArn({ service: 'cognito-idp', resource: 'userpool', resourceName: userPoolId });
  const grant = (...calls: readonly string[]): Grant => ({
    actions: calls.map((call) => `cognito-idp:${call}`),
    resources: [pool],
  });
  return {
    userTrigger: [
      grant('DescribeUserPool', 'UpdateUserPool', 'GetUserPoolMfaConfig', 'SetUserPoolMfaConfig'),
      // UpdateUserPool sends all settings back to the pool, including this role.
      ...(smsRoleArn === undefined ? [] : [{ actions: ['iam:PassRole'], resources: [smsRoleArn] }]),
    ],
    userCount: [grant('DescribeUserPool', 'ListUsers')],
    userLookup: [grant('AdminGetUser')],
    userCreation: [grant('AdminCreateUser', 'AdminGetUser', 'AdminSetUserPassword')],
  };
}

/** ARN of something of Step Functions, by its name: a reference would make functions and machines depend on each other. */
export function portageArn(stack: Stack, resource: string, resourceName: string): string {
  return stack.formatArn({ service: 'states', resource, resourceName, arnFormat: ArnFormat.COLON_RESOURCE_NAME });
}
