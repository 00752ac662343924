import { RdsError } from './errors.ts';
import { idOf } from './names.ts';
import type { Cluster, Instance, Snapshot } from './state.ts';
import type { World } from './rds-context.ts';

export function clusterOf(world: World, identifierOrArn: string): Cluster {
  const cluster = world.state.clusters.get(idOf(identifierOrArn));
  if (cluster === undefined) throw new RdsError('DBClusterNotFoundFault', `DBCluster ${identifierOrArn} not found.`);
  return cluster;
}

export function instanceOf(world: World, identifierOrArn: string): Instance {
  const instance = world.state.instances.get(idOf(identifierOrArn));
  if (instance === undefined) throw new RdsError('DBInstanceNotFoundFault', `DBInstance ${identifierOrArn} not found.`);
  return instance;
}

export function snapshotOf(world: World, identifierOrArn: string): Snapshot {
  const snapshot = world.state.snapshots.get(idOf(identifierOrArn));
  if (snapshot !== undefined) return snapshot;
  throw new RdsError('DBClusterSnapshotNotFoundFault', `DBClusterSnapshot ${identifierOrArn} not found.`);
}

/** The cluster, unless something is being done to it. */
export function available(cluster: Cluster): Cluster {
  if (cluster.status === 'available') return cluster;
  throw new RdsError('InvalidDBClusterStateFault', `DB cluster ${cluster.id} is ${cluster.status}, not available.`);
}
