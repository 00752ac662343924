import { MoveRefused, SnapshotFailed } from '../errors.ts';
import type { ModeState } from '../mode/modes.ts';
import type { ClusterFacts, Clusters } from '../ports/clusters.ts';
import { assertSource, assertTemporary, restoreClusterId } from './names.ts';
import { type Readiness, waiting } from './restore.ts';

type ClusterRemoval = Pick<Clusters, 'cluster' | 'instance' | 'unprotect' | 'deleteInstance' | 'deleteCluster'>;

/** Deletes the temporary cluster; ready once it and its instances are gone. */
export async function removeRestored(
  clusters: ClusterRemoval,
  source: string,
  run: string,
): Promise<Readiness<object>> {
  const id = restoreClusterId(source, run);
  assertTemporary(id, source);
  const cluster = await clusters.cluster(id);
  if (cluster === null) return { ready: true };
  return removeStep(clusters, cluster, null);
}

/**
 * Deletes the source in steps: the instances, deletion protection, the cluster with its named final snapshot. Ready once the cluster is
 * gone and that snapshot is available. Allowed in `complete` only, which requires the approved gate.
 */
export async function removeSource(
  clusters: ClusterRemoval & Pick<Clusters, 'snapshot'>,
  input: { readonly id: string; readonly source: string; readonly state: ModeState; readonly finalSnapshotId: string },
): Promise<Readiness<{ readonly finalSnapshotId: string }>> {
  assertSource(input.id, input.source);
  if (input.state.mode !== 'complete')
    throw new MoveRefused({
      from: input.state.mode,
      to: 'deleted',
      reason: 'the source may be deleted in mode complete only',
    });
  const cluster = await clusters.cluster(input.id);
  if (cluster !== null) return removeStep(clusters, cluster, input.finalSnapshotId);
  const snapshot = await clusters.snapshot(input.finalSnapshotId);
  if (snapshot === null)
    throw new SnapshotFailed({ id: input.finalSnapshotId, status: 'not there, and the cluster is gone' });
  if (snapshot.status !== 'available') return waiting(`snapshot ${snapshot.id}, ${snapshot.status}`);
  return { ready: true, finalSnapshotId: snapshot.id };
}

async function removeStep(
  clusters: ClusterRemoval,
  cluster: ClusterFacts,
  finalSnapshot: string | null,
): Promise<{ readonly ready: false; readonly waitingFor: string }> {
  if (cluster.status === 'deleting') return waiting(`${cluster.id} to be deleted`);
  for (const id of cluster.instances) {
    const instance = await clusters.instance(id);
    if (instance !== null && instance.status !== 'deleting') await clusters.deleteInstance(id);
  }
  if (cluster.instances.length > 0) return waiting(`the instances of ${cluster.id} to be deleted`);
  if (cluster.status !== 'available') return waiting(`${cluster.id}, ${cluster.status}`);
  if (cluster.deletionProtection) {
    await clusters.unprotect(cluster.id);
    return waiting(`deletion protection of ${cluster.id} to be removed`);
  }
  await clusters.deleteCluster(cluster.id, finalSnapshot);
  return waiting(`${cluster.id} to be deleted`);
}
