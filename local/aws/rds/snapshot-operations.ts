import { RdsError } from './errors.ts';
import { available, clusterOf, snapshotOf } from './lookup.ts';
import { idOf, snapshotArn } from './names.ts';
import type { Query } from './query.ts';
import type { Cluster, Snapshot } from './state.ts';
import { snapshotView } from './views.ts';
import type { World } from './rds-context.ts';
import { XmlList, type XmlValue } from './xml.ts';

export function describeSnapshots(query: Query, world: World): XmlValue {
  const asked = query.optional('DBClusterSnapshotIdentifier');
  const cluster = query.optional('DBClusterIdentifier');
  const found = asked === null ? [...world.state.snapshots.values()] : [snapshotOf(world, asked)];
  const matching = found.filter(({ clusterId }) => cluster === null || clusterId === idOf(cluster));
  return { DBClusterSnapshots: new XmlList('DBClusterSnapshot', matching.map(snapshotView)) };
}

export function createSnapshot(query: Query, world: World): XmlValue {
  const id = query.identifier('DBClusterSnapshotIdentifier');
  const cluster = available(clusterOf(world, query.required('DBClusterIdentifier')));
  const snapshot = newSnapshot(world, cluster, id, query.tags());
  world.state.save();
  world.fleet.snapshot(snapshot);
  return { DBClusterSnapshot: snapshotView(snapshot) };
}

export async function deleteSnapshot(query: Query, world: World): Promise<XmlValue> {
  const snapshot = snapshotOf(world, query.required('DBClusterSnapshotIdentifier'));
  const inUse = [...world.state.clusters.values()].some(
    ({ restoredFrom, status }) => restoredFrom === snapshot.id && status === 'creating',
  );
  if (snapshot.status === 'creating' || inUse) {
    throw new RdsError('InvalidDBClusterSnapshotStateFault', `Snapshot ${snapshot.id} is being made or restored`);
  }
  world.state.snapshots.delete(snapshot.id);
  world.state.save();
  await world.fleet.removeSnapshot(snapshot.id);
  return { DBClusterSnapshot: snapshotView(snapshot) };
}

/** Records a snapshot that is to be made; the caller saves the state. */
export function newSnapshot(world: World, cluster: Cluster, id: string, tags: Record<string, string>): Snapshot {
  if (world.state.snapshots.has(id)) {
    throw new RdsError('DBClusterSnapshotAlreadyExistsFault', `Cluster snapshot already exists: ${id}`);
  }
  const snapshot: Snapshot = {
    id,
    arn: snapshotArn(id),
    clusterId: cluster.id,
    status: 'creating',
    createdAt: world.now(),
    clusterCreatedAt: cluster.createdAt,
    engineVersion: cluster.engineVersion,
    masterUser: cluster.masterUser,
    password: cluster.password,
    database: cluster.database,
    tags,
  };
  world.state.snapshots.set(id, snapshot);
  return snapshot;
}
