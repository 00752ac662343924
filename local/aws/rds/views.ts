import type { Cluster, Instance, Snapshot } from './state.ts';
import { XmlList, type XmlValue } from './xml.ts';

export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

export const ENGINE = 'aurora-postgresql';

/** A DBCluster as RDS shows it. */
export function clusterView(cluster: Cluster, instances: readonly Instance[], endpoint: Endpoint | null): XmlValue {
  return {
    DBClusterIdentifier: cluster.id,
    DBClusterArn: cluster.arn,
    DbClusterResourceId: cluster.resourceId,
    Status: cluster.status,
    Engine: ENGINE,
    EngineMode: 'provisioned',
    EngineVersion: cluster.engineVersion,
    DatabaseName: cluster.database,
    MasterUsername: cluster.masterUser,
    Endpoint: endpoint?.host ?? null,
    Port: endpoint?.port ?? null,
    ClusterCreateTime: cluster.createdAt,
    DeletionProtection: cluster.deletionProtection,
    HttpEndpointEnabled: cluster.httpEndpointEnabled,
    StorageEncrypted: cluster.kmsKeyId !== null,
    KmsKeyId: cluster.kmsKeyId,
    DBSubnetGroup: cluster.subnetGroup,
    DBClusterParameterGroup: cluster.parameterGroup,
    VpcSecurityGroups: new XmlList(
      'VpcSecurityGroupMembership',
      cluster.securityGroups.map((id) => ({ VpcSecurityGroupId: id, Status: 'active' })),
    ),
    MasterUserSecret: cluster.secretArn === null ? null : { SecretArn: cluster.secretArn, SecretStatus: 'active' },
    ServerlessV2ScalingConfiguration:
      cluster.capacity === null ? null : { MinCapacity: cluster.capacity.min, MaxCapacity: cluster.capacity.max },
    DBClusterMembers: new XmlList(
      'DBClusterMember',
      instances.map(({ id }, index) => ({
        DBInstanceIdentifier: id,
        IsClusterWriter: index === 0,
        DBClusterParameterGroupStatus: 'in-sync',
        PromotionTier: 1,
      })),
    ),
    TagList: tagList(cluster.tags),
  };
}

/** A DBInstance as RDS shows it. */
export function instanceView(instance: Instance, cluster: Cluster | undefined, endpoint: Endpoint | null): XmlValue {
  return {
    DBInstanceIdentifier: instance.id,
    DBInstanceArn: instance.arn,
    DBInstanceClass: instance.instanceClass,
    DBInstanceStatus: instance.status,
    DBClusterIdentifier: instance.clusterId,
    Engine: ENGINE,
    EngineVersion: cluster?.engineVersion ?? null,
    InstanceCreateTime: instance.createdAt,
    Endpoint: endpoint === null ? null : { Address: endpoint.host, Port: endpoint.port },
    TagList: tagList(instance.tags),
  };
}

/** A DBClusterSnapshot as RDS shows it. */
export function snapshotView(snapshot: Snapshot): XmlValue {
  return {
    DBClusterSnapshotIdentifier: snapshot.id,
    DBClusterSnapshotArn: snapshot.arn,
    DBClusterIdentifier: snapshot.clusterId,
    SnapshotType: 'manual',
    Status: snapshot.status,
    PercentProgress: snapshot.status === 'available' ? 100 : 0,
    SnapshotCreateTime: snapshot.createdAt,
    ClusterCreateTime: snapshot.clusterCreatedAt,
    Engine: ENGINE,
    EngineVersion: snapshot.engineVersion,
    MasterUsername: snapshot.masterUser,
    TagList: tagList(snapshot.tags),
  };
}

export function tagList(tags: Readonly<Record<string, string>>): XmlList {
  return new XmlList(
    'Tag',
    Object.entries(tags).map(([Key, Value]) => ({ Key, Value })),
  );
}
