import { RdsError } from './errors.ts';
import { idOf } from './names.ts';
import type { Cluster, Instance, Snapshot } from './state.ts';
import type { RdsContext } from './rds-context.ts';

export function clusterOf(context: RdsContext, identifierOrArn: string): Cluster {
  const cluster = context.state.clusters.get(idOf(identifierOrArn));
  if (cluster === undefined) throw new RdsError('DBClusterNotFoundFault', `DBCluster ${identifierOrArn} not found.`);
  return cluster;
}

export function instanceOf(context: RdsContext, identifierOrArn: string): Instance {
  const instance = context.state.instances.get(idOf(identifierOrArn));
  if (instance === undefined) throw new RdsError('DBInstanceNotFoundFault', `DBInstance ${identifierOrArn} not found.`);
  return instance;
}

export function snapshotOf(context: RdsContext, identifierOrArn: string): Snapshot {
  const snapshot = context.state.snapshots.get(idOf(identifierOrArn));
  if (snapshot !== undefined) return snapshot;
  throw new RdsError('DBClusterSnapshotNotFoundFault', `DBClusterSnapshot ${identifierOrArn} not found.`);
}

/** The cluster; refused while an operation on it is in progress. */
export function available(cluster: Cluster): Cluster {
  if (cluster.status === 'available') return cluster;
  throw new RdsError('InvalidDBClusterStateFault', `DB cluster ${cluster.id} is ${cluster.status}, not available.`);
}
