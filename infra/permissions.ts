import { ArnFormat, Stack } from 'aws-cdk-lib';
import { Effect, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Configuration } from './configuration.ts';
import type { Data } from './data.ts';
import type { Use } from './manifest.ts';

const RDS_READ = ['rds:DescribeDBClusters', 'rds:DescribeDBInstances', 'rds:DescribeDBClusterSnapshots'];
const RDS_WRITE = [
  'rds:CreateDBClusterSnapshot',
  'rds:DeleteDBClusterSnapshot',
  'rds:RestoreDBClusterFromSnapshot',
  'rds:CreateDBInstance',
  'rds:ModifyDBCluster',
  'rds:EnableHttpEndpoint',
  'rds:DeleteDBInstance',
  'rds:DeleteDBCluster',
  'rds:AddTagsToResource',
];

/** The least that a handler needs for each adapter it uses. */
export function statementsFor(
  use: Use,
  stack: Stack,
  configuration: Configuration,
  data: Data,
): readonly PolicyStatement[] {
  const allow = (actions: readonly string[], resources: readonly string[], conditions?: Record<string, unknown>) =>
    new PolicyStatement({
      effect: Effect.ALLOW,
      actions: [...actions],
      resources: [...resources],
      ...(conditions ? { conditions } : {}),
    });
  const rds = (kind: string, name: string) =>
    stack.formatArn({ service: 'rds', resource: kind, resourceName: name, arnFormat: colon });
  const items = ['GetItem', 'BatchGetItem', 'Query', 'PutItem', 'UpdateItem', 'DeleteItem', 'ConditionCheckItem'];
  const dynamodb = (actions: readonly string[]) => actions.map((action) => `dynamodb:${action}`);
  const temporary = `${configuration.clusterId}-portage-*`;
  switch (use) {
    case 'source':
      return [
        allow(
          [
            'ExecuteStatement',
            'BatchExecuteStatement',
            'BeginTransaction',
            'CommitTransaction',
            'RollbackTransaction',
          ].map((action) => `rds-data:${action}`),
          [configuration.clusterArn, rds('cluster', temporary)],
        ),
        allow(['secretsmanager:GetSecretValue'], [configuration.secretArn]),
      ];
    case 'table':
      return [
        allow(dynamodb([...items, 'Scan', 'PartiQLInsert', 'PartiQLSelect']), [
          data.table.tableArn,
          `${data.table.tableArn}/index/*`,
        ]),
      ];
    case 'control':
    case 'intents':
      return [allow(dynamodb(items), [data.control.tableArn])];
    case 'bodies':
      return [
        allow(['s3:GetObject', 's3:PutObject'], [data.bucket.arnForObjects('bodies/*')]),
        allow(['s3:ListBucket'], [data.bucket.bucketArn]),
      ];
    case 'documents':
      return [allow(['s3:GetObject', 's3:PutObject'], [data.bucket.arnForObjects('documents/*')])];
    case 'metrics':
      return [allow(['cloudwatch:PutMetricData'], ['*'], { StringEquals: { 'cloudwatch:namespace': 'Portage' } })];
    case 'metricReader':
      return [allow(['cloudwatch:GetMetricData'], ['*'])];
    case 'userPool':
      return [
        allow(
          ['AdminCreateUser', 'AdminGetUser', 'DescribeUserPool', 'UpdateUserPool', 'ListUsers'].map(
            (action) => `cognito-idp:${action}`,
          ),
          [stack.formatArn({ service: 'cognito-idp', resource: 'userpool', resourceName: configuration.userPoolId })],
        ),
      ];
    case 'clusters':
      return [
        allow(RDS_READ, ['*']),
        allow(RDS_WRITE, [
          configuration.clusterArn,
          rds('cluster', temporary),
          rds('cluster-snapshot', temporary),
          rds('db', `${configuration.clusterId}*`),
          rds('subgrp', '*'),
          rds('cluster-pg', '*'),
        ]),
      ];
    case 'notify':
      return [allow(['sns:Publish'], [data.gates.topicArn])];
    case 'states':
      return [
        allow(
          ['states:SendTaskSuccess', 'states:SendTaskFailure', 'states:DescribeExecution'],
          [
            stack.formatArn({
              service: 'states',
              resource: 'stateMachine',
              resourceName: 'portage-*',
              arnFormat: colon,
            }),
            stack.formatArn({
              service: 'states',
              resource: 'execution',
              resourceName: 'portage-*:*',
              arnFormat: colon,
            }),
          ],
        ),
      ];
  }
}

const colon = ArnFormat.COLON_RESOURCE_NAME;
