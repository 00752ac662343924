import { ArnFormat, type Stack } from 'aws-cdk-lib';
import type { Configuration } from './configuration.ts';
import type { Grant } from './grant.ts';

const NAMED_BY_RUN = 'snapshots and the temporary cluster are named by their run (src/domain/decommission/names.ts)';
const GROUPS = "the copy takes over the source's groups, whatever they are called";

function grant(actions: readonly string[], resources: readonly string[], wildcard = NAMED_BY_RUN): Grant {
  return {
    actions: actions.map((action) => (action.includes(':') ? action : `rds:${action}`)),
    resources,
    wildcard,
  };
}

/** RDS calls by handler: only delete-source can touch the source, and nothing can delete a snapshot (RACE 54). */
export function clusterGrants(name: string, stack: Stack, configuration: Configuration): readonly Grant[] {
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
  const groups = [rds('cluster-pg', '*'), rds('pg', '*'), rds('og', '*'), rds('subgrp', '*')];
  const remove = ['DeleteDBInstance', 'ModifyDBCluster', 'DeleteDBCluster'];
  switch (name) {
    case 'ensure-snapshot':
      return [
        grant(['DescribeDBClusterSnapshots'], [clusterArn, backup]),
        grant(['CreateDBClusterSnapshot'], [clusterArn, backup]),
      ];
    case 'restore-cluster':
      return [
        grant(['DescribeDBClusters', 'DescribeDBInstances'], [clusterArn, copy, copyInstance, ...instances]),
        grant(['RestoreDBClusterFromSnapshot'], [backup, copy]),
        grant(['AddTagsToResource', 'CreateDBInstance', 'ModifyDBCluster', 'EnableHttpEndpoint'], [copy, copyInstance]),
        grant(['RestoreDBClusterFromSnapshot', 'CreateDBInstance', 'ModifyDBCluster'], groups, GROUPS),
        grant(
          ['secretsmanager:CreateSecret', 'secretsmanager:TagResource'],
          [secrets],
          "RDS names the copy's secret itself",
        ),
        ...(kmsKeyArns.length === 0 ? [] : [grant(['kms:DescribeKey', 'kms:CreateGrant'], kmsKeyArns)]),
      ];
    case 'remove-restored':
      return [
        grant(['DescribeDBClusters', 'DescribeDBInstances'], [copy, copyInstance]),
        grant(remove, [copy, copyInstance]),
      ];
    case 'delete-source':
      return [
        grant(
          ['DescribeDBClusters', 'DescribeDBInstances', 'DescribeDBClusterSnapshots'],
          [clusterArn, final, ...instances],
        ),
        grant([...remove, 'CreateDBClusterSnapshot', 'AddTagsToResource'], [clusterArn, final, ...instances]),
      ];
    default:
      throw new Error(
        `infra/functions.json: ${name} uses clusters; say in infra/cluster-permissions.ts what it may call`,
      );
  }
}
