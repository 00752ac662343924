import { RdsError } from './errors.ts';
import { available, clusterOf, snapshotOf } from './lookup.ts';
import { clusterArn, newResourceId, newSecretArn } from './names.ts';
import type { Query } from './query.ts';
import { newSnapshot } from './snapshot-operations.ts';
import type { Cluster } from './state.ts';
import { clusterView, ENGINE } from './views.ts';
import { XmlList, type XmlValue } from './xml.ts';
import type { RdsContext } from './rds-context.ts';

export function describeClusters(query: Query, context: RdsContext): XmlValue {
  const asked = query.optional('DBClusterIdentifier');
  const found = asked === null ? [...context.state.clusters.values()] : [clusterOf(context, asked)];
  return {
    DBClusters: new XmlList(
      'DBCluster',
      found.map((cluster) => show(context, cluster)),
    ),
  };
}

/** Creates a cluster without an instance, which accepts no connections yet. */
export function restoreCluster(query: Query, context: RdsContext): XmlValue {
  const id = query.identifier('DBClusterIdentifier');
  const engine = query.required('Engine');
  if (engine !== ENGINE) throw new RdsError('InvalidParameterValue', `Engine ${engine} is not that of the snapshot`);
  const snapshot = snapshotOf(context, query.required('SnapshotIdentifier'));
  if (context.state.clusters.has(id)) {
    throw new RdsError('DBClusterAlreadyExistsFault', `DB Cluster already exists: ${id}`);
  }
  if (snapshot.status !== 'available') {
    throw new RdsError('InvalidDBClusterSnapshotStateFault', `Snapshot ${snapshot.id} is ${snapshot.status}`);
  }
  const min = query.number('ServerlessV2ScalingConfiguration.MinCapacity');
  const max = query.number('ServerlessV2ScalingConfiguration.MaxCapacity');
  const cluster: Cluster = {
    id,
    arn: clusterArn(id),
    resourceId: newResourceId(),
    status: 'creating',
    engineVersion: query.optional('EngineVersion') ?? snapshot.engineVersion,
    masterUser: snapshot.masterUser,
    password: snapshot.password,
    database: snapshot.database,
    createdAt: context.now(),
    deletionProtection: query.flag('DeletionProtection') ?? false,
    httpEndpointEnabled: false,
    secretArn: null,
    subnetGroup: query.optional('DBSubnetGroupName') ?? 'default',
    parameterGroup: query.optional('DBClusterParameterGroupName') ?? 'default.aurora-postgresql17',
    securityGroups: [...query.list('VpcSecurityGroupIds')],
    kmsKeyId: query.optional('KmsKeyId'),
    capacity: min === null || max === null ? null : { min, max },
    tags: query.tags(),
    restoredFrom: snapshot.id,
    finalSnapshot: null,
  };
  context.state.clusters.set(id, cluster);
  context.state.save();
  context.processes.restore(cluster);
  return { DBCluster: show(context, cluster) };
}

export function modifyCluster(query: Query, context: RdsContext): XmlValue {
  const cluster = available(clusterOf(context, query.required('DBClusterIdentifier')));
  cluster.deletionProtection = query.flag('DeletionProtection') ?? cluster.deletionProtection;
  // AWS sets a new password when it takes over the secret; here the secret keeps the password that
  // the cluster was restored with.
  if (query.flag('ManageMasterUserPassword') === true) cluster.secretArn ??= newSecretArn();
  context.state.save();
  return { DBCluster: show(context, cluster) };
}

export function enableHttpEndpoint(query: Query, context: RdsContext): XmlValue {
  return setHttpEndpoint(query.required('ResourceArn'), context, true);
}

export function disableHttpEndpoint(query: Query, context: RdsContext): XmlValue {
  return setHttpEndpoint(query.required('ResourceArn'), context, false);
}

/** Takes the final snapshot, then removes the cluster with its data and its managed secret. */
export function deleteCluster(query: Query, context: RdsContext): XmlValue {
  const cluster = available(clusterOf(context, query.required('DBClusterIdentifier')));
  if (cluster.deletionProtection) {
    const message = 'Cannot delete protected Cluster, please disable deletion protection and try again.';
    throw new RdsError('InvalidParameterCombination', message);
  }
  if (context.state.instancesOf(cluster.id).some(({ status }) => status !== 'deleting')) {
    const message = 'Cluster cannot be deleted, it still contains DB instances in non-deleting state.';
    throw new RdsError('InvalidDBClusterStateFault', message);
  }
  const skip = query.flag('SkipFinalSnapshot') ?? false;
  if (skip === (query.optional('FinalDBSnapshotIdentifier') !== null)) {
    const message = 'FinalDBSnapshotIdentifier is required unless SkipFinalSnapshot is specified, and excluded by it.';
    throw new RdsError('InvalidParameterCombination', message);
  }
  if (!skip)
    cluster.finalSnapshot = newSnapshot(context, cluster, query.identifier('FinalDBSnapshotIdentifier'), {}).id;
  cluster.status = 'deleting';
  context.state.save();
  context.processes.deleteCluster(cluster);
  return { DBCluster: show(context, cluster) };
}

function setHttpEndpoint(resourceArn: string, context: RdsContext, enabled: boolean): XmlValue {
  const cluster = [...context.state.clusters.values()].find(({ arn }) => arn === resourceArn);
  if (cluster === undefined) throw new RdsError('ResourceNotFoundFault', `${resourceArn} not found.`);
  if (cluster.status !== 'available') {
    throw new RdsError('InvalidResourceStateFault', `${resourceArn} is ${cluster.status}, not available.`);
  }
  cluster.httpEndpointEnabled = enabled;
  context.state.save();
  return { ResourceArn: resourceArn, HttpEndpointEnabled: enabled };
}

function show(context: RdsContext, cluster: Cluster): XmlValue {
  return clusterView(cluster, context.state.instancesOf(cluster.id), context.processes.address(cluster.id));
}
