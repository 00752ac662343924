import { ArnFormat, type Stack } from 'aws-cdk-lib';
import type { Configuration } from '../configuration.ts';
import type { Grant } from '../grant.ts';

const NAMED_BY_RUN = 'snapshots and the temporary cluster are named by their run (src/domain/decommission/names.ts)';
const GROUPS = "the copy takes over the source's groups, whatever they are called";

function grant(actions: readonly string[], resources: readonly string[], wildcard = NAMED_BY_RUN): Grant {
  return {
    actions: actions.map((action) => (action.includes(':') ? action : `rds:${action}`)),
    resources,
    wildcard,
  };
}

type ClusterPort = 'clusterId' | 'backupSnapshots' | 'clusterRestore' | 'restoredClusterRemoval' | 'sourceRemoval';

/** RDS calls by port: only `sourceRemoval` may delete the source, and no port may delete a snapshot (RACE-54). */
export function clusterGrants(
  stack: Stack,
  configuration: Configuration,
): Readonly<Record<ClusterPort, readonly Grant[]>> {
  const { clusterArn, clusterId, instanceIds, kmsKeyArns } = configuration;
  const rds = (resource: string, resourceName: string) =>
    stack.formatArn({ service: 'rds', resource, resourceName, arnFormat: ArnFormat.COLON_RESOURCE_NAME });
  const secrets = stack.formatArn({
    service: 'secretsmanager',
    resource: 'secret',
    resourceName: 'rds!cluster-*',
    arnFormat: ArnFormat.COLON_RESOURCE_NAME,
  });
  const copy = rds('cluster', `${clusterId}-portage-restore-*`);
  const copyInstance = rds('db', `${clusterId}-portage-restore-*`);
  const backup = rds('cluster-snapshot', `${clusterId}-portage-backup-*`);
  const final = rds('cluster-snapshot', `${clusterId}-portage-final-*`);
  const instances = instanceIds.map((id) => rds('db', id));
  const clusterGroups = [rds('cluster-pg', '*'), rds('og', '*')];
  const groups = [...clusterGroups, rds('pg', '*'), rds('subgrp', '*')];
  const remove = ['DeleteDBInstance', 'ModifyDBCluster', 'DeleteDBCluster'];
  return {
    clusterId: [],
    backupSnapshots: [
      grant(['DescribeDBClusterSnapshots'], [clusterArn, backup]),
      grant(['CreateDBClusterSnapshot'], [clusterArn, backup]),
    ],
    clusterRestore: [
      grant(['DescribeDBClusters', 'DescribeDBInstances'], [clusterArn, copy, copyInstance, ...instances]),
      grant(['RestoreDBClusterFromSnapshot'], [backup, copy]),
      grant(['AddTagsToResource', 'CreateDBInstance', 'ModifyDBCluster', 'EnableHttpEndpoint'], [copy, copyInstance]),
      grant(['RestoreDBClusterFromSnapshot', 'CreateDBInstance', 'ModifyDBCluster'], groups, GROUPS),
      grant(
        ['secretsmanager:CreateSecret', 'secretsmanager:TagResource'],
        [secrets],
        "RDS names the copy's secret itself",
      ),
      {
        // RDS encrypts the secret that it manages with the account's key for Secrets Manager, unless told another one.
        actions: ['kms:DescribeKey'],
        resources: [stack.formatArn({ service: 'kms', resource: 'key', resourceName: '*' })],
        conditions: { 'ForAnyValue:StringEquals': { 'kms:ResourceAliases': 'alias/aws/secretsmanager' } },
        wildcard: 'the key of this alias; its id is made by AWS',
      },
      ...(kmsKeyArns.length === 0 ? [] : [grant(['kms:DescribeKey', 'kms:CreateGrant'], kmsKeyArns)]),
    ],
    restoredClusterRemoval: [
      grant(['DescribeDBClusters', 'DescribeDBInstances'], [copy, copyInstance]),
      grant(remove, [copy, copyInstance]),
      grant(['ModifyDBCluster'], clusterGroups, GROUPS),
    ],
    sourceRemoval: [
      grant(
        ['DescribeDBClusters', 'DescribeDBInstances', 'DescribeDBClusterSnapshots'],
        [clusterArn, final, ...instances],
      ),
      grant([...remove, 'CreateDBClusterSnapshot', 'AddTagsToResource'], [clusterArn, final, ...instances]),
      grant(['ModifyDBCluster'], clusterGroups, GROUPS),
    ],
  };
}
