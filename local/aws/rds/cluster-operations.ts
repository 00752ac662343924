import { RdsError } from './errors.ts';
import { available, clusterOf, snapshotOf } from './lookup.ts';
import { clusterArn, newResourceId, newSecretArn } from './names.ts';
import type { Query } from './query.ts';
import { newSnapshot } from './snapshot-operations.ts';
import type { Cluster } from './state.ts';
import { clusterView, ENGINE } from './views.ts';
import { XmlList, type XmlValue } from './xml.ts';
import type { World } from './rds-context.ts';

export function describeClusters(query: Query, world: World): XmlValue {
  const asked = query.optional('DBClusterIdentifier');
  const found = asked === null ? [...world.state.clusters.values()] : [clusterOf(world, asked)];
  return {
    DBClusters: new XmlList(
      'DBCluster',
      found.map((cluster) => show(world, cluster)),
    ),
  };
}

/** Makes a cluster without an instance: nobody can connect to it yet. */
export function restoreCluster(query: Query, world: World): XmlValue {
  const id = query.identifier('DBClusterIdentifier');
  const engine = query.required('Engine');
  if (engine !== ENGINE) throw new RdsError('InvalidParameterValue', `Engine ${engine} is not that of the snapshot`);
  const snapshot = snapshotOf(world, query.required('SnapshotIdentifier'));
  if (world.state.clusters.has(id)) {
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
    createdAt: world.now(),
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
  world.state.clusters.set(id, cluster);
  world.state.save();
  world.fleet.restore(cluster);
  return { DBCluster: show(world, cluster) };
}

export function modifyCluster(query: Query, world: World): XmlValue {
  const cluster = available(clusterOf(world, query.required('DBClusterIdentifier')));
  cluster.deletionProtection = query.flag('DeletionProtection') ?? cluster.deletionProtection;
  // AWS sets a new password when it takes over; here the secret holds the one that the cluster was restored with.
  if (query.flag('ManageMasterUserPassword') === true) cluster.secretArn ??= newSecretArn();
  world.state.save();
  return { DBCluster: show(world, cluster) };
}

export function enableHttpEndpoint(query: Query, world: World): XmlValue {
  return setHttpEndpoint(query.required('ResourceArn'), world, true);
}

export function disableHttpEndpoint(query: Query, world: World): XmlValue {
  return setHttpEndpoint(query.required('ResourceArn'), world, false);
}

/** Takes the final snapshot, then removes the cluster with its data and its managed secret. */
export function deleteCluster(query: Query, world: World): XmlValue {
  const cluster = available(clusterOf(world, query.required('DBClusterIdentifier')));
  if (cluster.deletionProtection) {
    const message = 'Cannot delete protected Cluster, please disable deletion protection and try again.';
    throw new RdsError('InvalidParameterCombination', message);
  }
  if (world.state.instancesOf(cluster.id).some(({ status }) => status !== 'deleting')) {
    const message = 'Cluster cannot be deleted, it still contains DB instances in non-deleting state.';
    throw new RdsError('InvalidDBClusterStateFault', message);
  }
  const skip = query.flag('SkipFinalSnapshot') ?? false;
  if (skip === (query.optional('FinalDBSnapshotIdentifier') !== null)) {
    const message = 'FinalDBSnapshotIdentifier is required unless SkipFinalSnapshot is specified, and excluded by it.';
    throw new RdsError('InvalidParameterCombination', message);
  }
  if (!skip) cluster.finalSnapshot = newSnapshot(world, cluster, query.identifier('FinalDBSnapshotIdentifier'), {}).id;
  cluster.status = 'deleting';
  world.state.save();
  world.fleet.deleteCluster(cluster);
  return { DBCluster: show(world, cluster) };
}

function setHttpEndpoint(resourceArn: string, world: World, enabled: boolean): XmlValue {
  const cluster = [...world.state.clusters.values()].find(({ arn }) => arn === resourceArn);
  if (cluster === undefined) throw new RdsError('ResourceNotFoundFault', `${resourceArn} not found.`);
  if (cluster.status !== 'available') {
    throw new RdsError('InvalidResourceStateFault', `${resourceArn} is ${cluster.status}, not available.`);
  }
  cluster.httpEndpointEnabled = enabled;
  world.state.save();
  return { ResourceArn: resourceArn, HttpEndpointEnabled: enabled };
}

function show(world: World, cluster: Cluster): XmlValue {
  return clusterView(cluster, world.state.instancesOf(cluster.id), world.fleet.address(cluster.id));
}
