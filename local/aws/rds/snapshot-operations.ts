import { RdsError } from './errors.ts';
import { available, clusterOf, snapshotOf } from './lookup.ts';
import { idOf, snapshotArn } from './names.ts';
import type { Query } from './query.ts';
import type { Cluster, Snapshot } from './state.ts';
import { snapshotView } from './views.ts';
import type { RdsContext } from './rds-context.ts';
import { XmlList, type XmlValue } from './xml.ts';

export function describeSnapshots(query: Query, context: RdsContext): XmlValue {
  const asked = query.optional('DBClusterSnapshotIdentifier');
  const cluster = query.optional('DBClusterIdentifier');
  const found = asked === null ? [...context.state.snapshots.values()] : [snapshotOf(context, asked)];
  const matching = found.filter(({ clusterId }) => cluster === null || clusterId === idOf(cluster));
  return { DBClusterSnapshots: new XmlList('DBClusterSnapshot', matching.map(snapshotView)) };
}

export function createSnapshot(query: Query, context: RdsContext): XmlValue {
  const id = query.identifier('DBClusterSnapshotIdentifier');
  const cluster = available(clusterOf(context, query.required('DBClusterIdentifier')));
  const snapshot = newSnapshot(context, cluster, id, query.tags());
  context.state.save();
  context.processes.snapshot(snapshot);
  return { DBClusterSnapshot: snapshotView(snapshot) };
}

export async function deleteSnapshot(query: Query, context: RdsContext): Promise<XmlValue> {
  const snapshot = snapshotOf(context, query.required('DBClusterSnapshotIdentifier'));
  const inUse = [...context.state.clusters.values()].some(
    ({ restoredFrom, status }) => restoredFrom === snapshot.id && status === 'creating',
  );
  if (snapshot.status === 'creating' || inUse) {
    throw new RdsError('InvalidDBClusterSnapshotStateFault', `Snapshot ${snapshot.id} is being made or restored`);
  }
  context.state.snapshots.delete(snapshot.id);
  context.state.save();
  await context.processes.removeSnapshot(snapshot.id);
  return { DBClusterSnapshot: snapshotView(snapshot) };
}

/** Records a requested snapshot; the caller saves the state. */
export function newSnapshot(context: RdsContext, cluster: Cluster, id: string, tags: Record<string, string>): Snapshot {
  if (context.state.snapshots.has(id)) {
    throw new RdsError('DBClusterSnapshotAlreadyExistsFault', `Cluster snapshot already exists: ${id}`);
  }
  const snapshot: Snapshot = {
    id,
    arn: snapshotArn(id),
    clusterId: cluster.id,
    status: 'creating',
    createdAt: context.now(),
    clusterCreatedAt: cluster.createdAt,
    engineVersion: cluster.engineVersion,
    masterUser: cluster.masterUser,
    password: cluster.password,
    database: cluster.database,
    tags,
  };
  context.state.snapshots.set(id, snapshot);
  return snapshot;
}
