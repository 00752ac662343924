import {
  CreateDBClusterSnapshotCommand,
  CreateDBInstanceCommand,
  DBClusterAlreadyExistsFault,
  DBClusterNotFoundFault,
  DBClusterSnapshotAlreadyExistsFault,
  DBClusterSnapshotNotFoundFault,
  DBInstanceAlreadyExistsFault,
  DBInstanceNotFoundFault,
  DeleteDBClusterCommand,
  DeleteDBInstanceCommand,
  DescribeDBClustersCommand,
  DescribeDBClusterSnapshotsCommand,
  DescribeDBInstancesCommand,
  EnableHttpEndpointCommand,
  ModifyDBClusterCommand,
  type RDSClient,
  RestoreDBClusterFromSnapshotCommand,
} from '@aws-sdk/client-rds';
import { translate, translated } from '../sdk/translated.ts';
import type { Clusters } from '../../domain/ports/clusters.ts';
import { clusterFacts, instanceFacts, snapshotFacts } from './facts.ts';

/**
 * Aurora clusters through the RDS API. Creating what exists, or deleting what is gone, succeeds.
 */
export function createClusters(options: { readonly client: RDSClient }): Clusters {
  const { client } = options;
  return {
    cluster: (id) =>
      nullIf('DescribeDBClusters', DBClusterNotFoundFault, async () => {
        const { DBClusters } = await client.send(new DescribeDBClustersCommand({ DBClusterIdentifier: id }));
        return DBClusters?.[0] === undefined ? null : clusterFacts(DBClusters[0]);
      }),
    instance: (id) =>
      nullIf('DescribeDBInstances', DBInstanceNotFoundFault, async () => {
        const { DBInstances } = await client.send(new DescribeDBInstancesCommand({ DBInstanceIdentifier: id }));
        return DBInstances?.[0] === undefined ? null : instanceFacts(DBInstances[0]);
      }),
    snapshot: (id) =>
      nullIf('DescribeDBClusterSnapshots', DBClusterSnapshotNotFoundFault, async () => {
        const command = new DescribeDBClusterSnapshotsCommand({ DBClusterSnapshotIdentifier: id });
        const { DBClusterSnapshots } = await client.send(command);
        return DBClusterSnapshots?.[0] === undefined ? null : snapshotFacts(DBClusterSnapshots[0]);
      }),
    createSnapshot: (DBClusterIdentifier, DBClusterSnapshotIdentifier) =>
      ignoring('CreateDBClusterSnapshot', DBClusterSnapshotAlreadyExistsFault, () =>
        client.send(new CreateDBClusterSnapshotCommand({ DBClusterIdentifier, DBClusterSnapshotIdentifier })),
      ),
    restore: ({ clusterId, snapshotId, like, tags }) =>
      ignoring('RestoreDBClusterFromSnapshot', DBClusterAlreadyExistsFault, () =>
        client.send(
          new RestoreDBClusterFromSnapshotCommand({
            DBClusterIdentifier: clusterId,
            SnapshotIdentifier: snapshotId,
            Engine: like.engine,
            EngineVersion: like.engineVersion,
            DBSubnetGroupName: like.subnetGroup ?? undefined,
            DBClusterParameterGroupName: like.parameterGroup ?? undefined,
            VpcSecurityGroupIds: [...like.securityGroups],
            KmsKeyId: like.kmsKeyId ?? undefined,
            ServerlessV2ScalingConfiguration: like.serverless
              ? { MinCapacity: like.serverless.min, MaxCapacity: like.serverless.max }
              : undefined,
            DeletionProtection: false,
            Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })),
          }),
        ),
      ),
    createInstance: ({ instanceId, clusterId, engine, instanceClass }) =>
      ignoring('CreateDBInstance', DBInstanceAlreadyExistsFault, () =>
        client.send(
          new CreateDBInstanceCommand({
            DBInstanceIdentifier: instanceId,
            DBClusterIdentifier: clusterId,
            Engine: engine,
            DBInstanceClass: instanceClass,
            PubliclyAccessible: false,
          }),
        ),
      ),
    async manageSecret(DBClusterIdentifier) {
      await translated('RDS', 'ModifyDBCluster', () =>
        client.send(
          new ModifyDBClusterCommand({ DBClusterIdentifier, ManageMasterUserPassword: true, ApplyImmediately: true }),
        ),
      );
    },
    async enableHttpEndpoint(ResourceArn) {
      await translated('RDS', 'EnableHttpEndpoint', () => client.send(new EnableHttpEndpointCommand({ ResourceArn })));
    },
    async unprotect(DBClusterIdentifier) {
      await translated('RDS', 'ModifyDBCluster', () =>
        client.send(
          new ModifyDBClusterCommand({ DBClusterIdentifier, DeletionProtection: false, ApplyImmediately: true }),
        ),
      );
    },
    deleteInstance: (DBInstanceIdentifier) =>
      ignoring('DeleteDBInstance', DBInstanceNotFoundFault, () =>
        client.send(new DeleteDBInstanceCommand({ DBInstanceIdentifier, SkipFinalSnapshot: true })),
      ),
    deleteCluster: (DBClusterIdentifier, finalSnapshotId) =>
      ignoring('DeleteDBCluster', DBClusterNotFoundFault, () =>
        client.send(
          new DeleteDBClusterCommand({
            DBClusterIdentifier,
            DeleteAutomatedBackups: finalSnapshotId === null,
            ...(finalSnapshotId === null
              ? { SkipFinalSnapshot: true }
              : { SkipFinalSnapshot: false, FinalDBSnapshotIdentifier: finalSnapshotId }),
          }),
        ),
      ),
  };
}

type ErrorClass = abstract new (...args: never[]) => Error;

async function nullIf<T>(operation: string, absent: ErrorClass, call: () => Promise<T | null>): Promise<T | null> {
  try {
    return await call();
  } catch (error) {
    if (error instanceof absent) return null;
    throw translate(error, 'RDS', operation);
  }
}

async function ignoring(operation: string, done: ErrorClass, call: () => Promise<unknown>): Promise<void> {
  try {
    await call();
  } catch (error) {
    if (!(error instanceof done)) throw translate(error, 'RDS', operation);
  }
}
