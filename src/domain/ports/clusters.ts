/** `available`, `creating`, `backing-up`, `deleting`, … as RDS names them. */
export type ResourceStatus = string;

export interface ClusterFacts {
  readonly id: string;
  readonly arn: string;
  readonly status: ResourceStatus;
  readonly httpEndpoint: boolean;
  readonly deletionProtection: boolean;
  readonly instances: readonly string[];
  /** The managed master secret, once there is one. */
  readonly secretArn: string | null;
  readonly tags: Readonly<Record<string, string>>;
  /** Settings that a restore must name explicitly, because RDS would use defaults otherwise. */
  readonly engine: string;
  readonly engineVersion: string;
  readonly subnetGroup: string | null;
  readonly parameterGroup: string | null;
  readonly securityGroups: readonly string[];
  readonly kmsKeyId: string | null;
  readonly serverless: { readonly min: number; readonly max: number } | null;
}

export interface SnapshotFacts {
  readonly id: string;
  readonly clusterId: string;
  readonly status: ResourceStatus;
  readonly createdAt: string | null;
}

export interface InstanceFacts {
  readonly id: string;
  readonly clusterId: string;
  readonly status: ResourceStatus;
  readonly instanceClass: string;
}

/** Database clusters, their instances and snapshots. Every change is idempotent. */
export interface Clusters {
  cluster(id: string): Promise<ClusterFacts | null>;
  instance(id: string): Promise<InstanceFacts | null>;
  snapshot(id: string): Promise<SnapshotFacts | null>;
  createSnapshot(clusterId: string, snapshotId: string): Promise<void>;
  /** Makes a cluster from a snapshot with the settings of `like`, tagged so that it can't be taken for production. */
  restore(input: {
    readonly clusterId: string;
    readonly snapshotId: string;
    readonly like: ClusterFacts;
    readonly tags: Readonly<Record<string, string>>;
  }): Promise<void>;
  createInstance(input: {
    readonly instanceId: string;
    readonly clusterId: string;
    readonly engine: string;
    readonly instanceClass: string;
  }): Promise<void>;
  /** Lets RDS manage the master password, which makes a secret that the Data API can use. */
  manageSecret(clusterId: string): Promise<void>;
  enableHttpEndpoint(clusterArn: string): Promise<void>;
  unprotect(clusterId: string): Promise<void>;
  deleteInstance(instanceId: string): Promise<void>;
  /** `finalSnapshotId` null = no final snapshot, and automated backups go as well: for the temporary cluster only. */
  deleteCluster(clusterId: string, finalSnapshotId: string | null): Promise<void>;
}
