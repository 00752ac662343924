import type { DBCluster, DBClusterSnapshot, DBInstance } from '@aws-sdk/client-rds';
import type { ClusterFacts, InstanceFacts, SnapshotFacts } from '../../domain/ports/clusters.ts';

/** Converts RDS's description of a cluster to the domain's. */
export function clusterFacts(cluster: DBCluster): ClusterFacts {
  const scaling = cluster.ServerlessV2ScalingConfiguration;
  return {
    id: cluster.DBClusterIdentifier ?? '',
    arn: cluster.DBClusterArn ?? '',
    status: cluster.Status ?? 'unknown',
    httpEndpoint: cluster.HttpEndpointEnabled === true,
    deletionProtection: cluster.DeletionProtection === true,
    instances: (cluster.DBClusterMembers ?? []).flatMap(({ DBInstanceIdentifier: id }) => id ?? []),
    secretArn: cluster.MasterUserSecret?.SecretArn ?? null,
    tags: Object.fromEntries((cluster.TagList ?? []).map(({ Key, Value }) => [Key ?? '', Value ?? ''])),
    engine: cluster.Engine ?? '',
    engineVersion: cluster.EngineVersion ?? '',
    subnetGroup: cluster.DBSubnetGroup ?? null,
    parameterGroup: cluster.DBClusterParameterGroup ?? null,
    securityGroups: (cluster.VpcSecurityGroups ?? []).flatMap(({ VpcSecurityGroupId: id }) => id ?? []),
    kmsKeyId: cluster.KmsKeyId ?? null,
    serverless:
      scaling?.MinCapacity === undefined || scaling.MaxCapacity === undefined
        ? null
        : { min: scaling.MinCapacity, max: scaling.MaxCapacity },
  };
}

/** Converts RDS's description of an instance. */
export function instanceFacts(instance: DBInstance): InstanceFacts {
  return {
    id: instance.DBInstanceIdentifier ?? '',
    clusterId: instance.DBClusterIdentifier ?? '',
    status: instance.DBInstanceStatus ?? 'unknown',
    instanceClass: instance.DBInstanceClass ?? '',
  };
}

/** Converts RDS's description of a cluster snapshot. */
export function snapshotFacts(snapshot: DBClusterSnapshot): SnapshotFacts {
  return {
    id: snapshot.DBClusterSnapshotIdentifier ?? '',
    clusterId: snapshot.DBClusterIdentifier ?? '',
    status: snapshot.Status ?? 'unknown',
    createdAt: snapshot.SnapshotCreateTime?.toISOString() ?? null,
  };
}
