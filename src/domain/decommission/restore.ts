import { RestoreIncomplete, SnapshotFailed } from '../errors.ts';
import type { ClusterFacts, Clusters } from '../ports/clusters.ts';
import { assertTemporary, backupSnapshotId, restoreClusterId, restoreInstanceId } from './names.ts';

/** Result of a function that takes one step towards its goal. The caller calls it again until it returns `ready`. */
export type Readiness<T> = { readonly ready: false; readonly waitingFor: string } | ({ readonly ready: true } & T);

export interface RestoredCluster {
  readonly clusterId: string;
  readonly clusterArn: string;
  readonly secretArn: string;
}

type ClusterRestore = Pick<
  Clusters,
  'cluster' | 'instance' | 'restore' | 'createInstance' | 'manageSecret' | 'enableHttpEndpoint'
>;

const BROKEN = /^(failed|incompatible|inaccessible|restore-error|storage-full)/;

/** Creates a snapshot of the source, and is ready once the snapshot is available. */
export async function ensureSnapshot(
  clusters: Pick<Clusters, 'snapshot' | 'createSnapshot'>,
  source: string,
  snapshotId: string,
): Promise<Readiness<{ readonly snapshotId: string; readonly createdAt: string | null }>> {
  const snapshot = await clusters.snapshot(snapshotId);
  if (snapshot === null) {
    await clusters.createSnapshot(source, snapshotId);
    return waiting(`snapshot ${snapshotId}`);
  }
  if (snapshot.clusterId !== source)
    throw new SnapshotFailed({ id: snapshotId, status: `of ${snapshot.clusterId}, not of ${source}` });
  if (BROKEN.test(snapshot.status)) throw new SnapshotFailed({ id: snapshotId, status: snapshot.status });
  if (snapshot.status !== 'available') return waiting(`snapshot ${snapshotId}, ${snapshot.status}`);
  return { ready: true, snapshotId, createdAt: snapshot.createdAt };
}

/** Restores the snapshot into a temporary cluster: cluster, instance, managed secret, HTTP endpoint, in this order. */
export async function ensureRestored(
  clusters: ClusterRestore,
  source: string,
  run: string,
): Promise<Readiness<RestoredCluster>> {
  const id = restoreClusterId(source, run);
  assertTemporary(id, source);
  const cluster = await clusters.cluster(id);
  if (cluster === null) return startRestore(clusters, source, run, id);
  if (BROKEN.test(cluster.status)) throw new RestoreIncomplete({ cluster: id, reasons: [`it is ${cluster.status}`] });
  if (cluster.status !== 'available') return waiting(`cluster ${id}, ${cluster.status}`);
  const instanceId = restoreInstanceId(id);
  const instance = await clusters.instance(instanceId);
  if (instance === null) {
    await clusters.createInstance({
      instanceId,
      clusterId: id,
      engine: cluster.engine,
      instanceClass: await classOf(clusters, source),
    });
    return waiting(`instance ${instanceId}`);
  }
  if (BROKEN.test(instance.status))
    throw new RestoreIncomplete({ cluster: id, reasons: [`${instanceId} is ${instance.status}`] });
  if (instance.status !== 'available') return waiting(`instance ${instanceId}, ${instance.status}`);
  return connectable(clusters, cluster);
}

async function startRestore(
  clusters: ClusterRestore,
  source: string,
  run: string,
  id: string,
): Promise<Readiness<RestoredCluster>> {
  const like = await clusters.cluster(source);
  if (like === null) throw new RestoreIncomplete({ cluster: id, reasons: [`the source ${source} does not exist`] });
  const tags = { 'portage:temporary': 'true', 'portage:run': run, 'portage:source': source };
  await clusters.restore({ clusterId: id, snapshotId: backupSnapshotId(source, run), like, tags });
  return waiting(`cluster ${id}`);
}

async function connectable(clusters: ClusterRestore, cluster: ClusterFacts): Promise<Readiness<RestoredCluster>> {
  if (cluster.secretArn === null) {
    await clusters.manageSecret(cluster.id);
    return waiting(`the secret of ${cluster.id}`);
  }
  if (!cluster.httpEndpoint) {
    await clusters.enableHttpEndpoint(cluster.arn);
    return waiting(`the HTTP endpoint of ${cluster.id}`);
  }
  return { ready: true, clusterId: cluster.id, clusterArn: cluster.arn, secretArn: cluster.secretArn };
}

async function classOf(clusters: ClusterRestore, source: string): Promise<string> {
  const first = (await clusters.cluster(source))?.instances[0];
  const instance = first === undefined ? null : await clusters.instance(first);
  return instance?.instanceClass ?? 'db.serverless';
}

/** The result of a step that has not finished: call again. */
export function waiting(waitingFor: string): { readonly ready: false; readonly waitingFor: string } {
  return { ready: false, waitingFor };
}
