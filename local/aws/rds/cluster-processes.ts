import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Address } from '../data-api/clusters.ts';
import { restoreBackup, takeBackup, takeColdBackup } from '../../postgres/backup.ts';
import { type Postgres, startPostgres } from '../../postgres/server.ts';
import type { Cluster, Instance, Snapshot, State } from './state.ts';

export interface ClusterProcessesOptions {
  /** Data directories and snapshots go below it. */
  readonly dataDir: string;
  readonly fsync?: boolean;
  /** Port of the first cluster; others take free ports. */
  readonly port?: number;
  /** Called whenever a PostgreSQL server starts or stops. */
  readonly onStart?: (pid: number, dataDir: string) => void;
  readonly onStop?: (pid: number) => void;
}

/**
 * Carries out what the records require: servers, backups, restores. Work on one cluster is serial.
 * Work that a kill interrupted is repeated from the record's status, so each step is idempotent.
 */
export class ClusterProcesses {
  readonly #state: State;
  readonly #options: ClusterProcessesOptions;
  readonly #servers = new Map<string, Postgres>();
  readonly #queues = new Map<string, Promise<void>>();
  #stopping = false;

  constructor(state: State, options: ClusterProcessesOptions) {
    this.#state = state;
    this.#options = options;
  }

  /** The address of a cluster's server, once an instance is available. */
  address(clusterId: string): Address | null {
    const server = this.#servers.get(clusterId);
    const open = this.#state.instancesOf(clusterId).some(({ status }) => status === 'available');
    return server !== undefined && open ? { host: server.host, port: server.port } : null;
  }

  server(clusterId: string): Postgres | null {
    return this.#servers.get(clusterId) ?? null;
  }

  pids(): readonly number[] {
    return [...this.#servers.values()].map(({ pid }) => pid);
  }

  /**
   * Resumes everything that a stop or a kill left unfinished; returns once the required servers
   * run.
   */
  async resume(): Promise<void> {
    const { clusters, instances, snapshots } = this.#state;
    for (const cluster of clusters.values()) if (cluster.status === 'creating') this.restore(cluster);
    for (const instance of instances.values()) if (instance.status === 'creating') this.startInstance(instance);
    // Includes failed ones: the reason why a server did not start may be gone.
    for (const instance of instances.values()) {
      if (instance.status === 'available' || instance.status === 'failed') this.startInstance(instance);
    }
    const ready = [...this.#queues.values()];
    for (const snapshot of snapshots.values()) {
      const final = clusters.get(snapshot.clusterId)?.finalSnapshot === snapshot.id;
      if (snapshot.status === 'creating' && !final) this.snapshot(snapshot);
    }
    for (const instance of instances.values()) if (instance.status === 'deleting') this.deleteInstance(instance);
    for (const cluster of clusters.values()) if (cluster.status === 'deleting') this.deleteCluster(cluster);
    await Promise.all(ready);
  }

  restore(cluster: Cluster): void {
    this.#enqueue(cluster.id, cluster, async () => {
      if (cluster.restoredFrom !== null) {
        await restoreBackup(this.#snapshotFolder(cluster.restoredFrom), this.#dataFolder(cluster));
      }
      cluster.status = 'available';
    });
  }

  startInstance(instance: Instance): void {
    this.#enqueue(instance.clusterId, instance, async () => {
      const cluster = this.#state.clusters.get(instance.clusterId);
      if (cluster === undefined) return;
      await this.#startServer(cluster);
      instance.status = 'available';
    });
  }

  snapshot(snapshot: Snapshot): void {
    this.#enqueue(snapshot.clusterId, snapshot, () => this.#takeSnapshot(snapshot));
  }

  deleteInstance(instance: Instance): void {
    this.#enqueue(instance.clusterId, instance, async () => {
      const others = this.#state.instancesOf(instance.clusterId).filter(({ id }) => id !== instance.id);
      if (others.length === 0) await this.#stopServer(instance.clusterId);
      this.#state.instances.delete(instance.id);
    });
  }

  deleteCluster(cluster: Cluster): void {
    this.#enqueue(cluster.id, cluster, async () => {
      const final = cluster.finalSnapshot === null ? undefined : this.#state.snapshots.get(cluster.finalSnapshot);
      if (final?.status === 'creating') {
        await this.#takeSnapshot(final);
        this.#state.save();
      }
      await this.#stopServer(cluster.id);
      const folder = this.#dataFolder(cluster);
      await rm(folder, { recursive: true, force: true });
      await rm(`${folder}.log`, { force: true });
      this.#state.clusters.delete(cluster.id);
    });
  }

  async removeSnapshot(id: string): Promise<void> {
    await rm(this.#snapshotFolder(id), { recursive: true, force: true });
  }

  /** Stops the servers; unfinished work keeps its status and is resumed by the next start. */
  async stop(): Promise<void> {
    this.#stopping = true;
    await Promise.all([...this.#servers.keys()].map((clusterId) => this.#stopServer(clusterId)));
    await Promise.all(this.#queues.values());
    await Promise.all([...this.#servers.keys()].map((clusterId) => this.#stopServer(clusterId)));
  }

  /** A running server is backed up online; a stopped one is copied. */
  async #takeSnapshot(snapshot: Snapshot): Promise<void> {
    const cluster = this.#state.clusters.get(snapshot.clusterId);
    if (cluster === undefined) throw new Error(`cluster ${snapshot.clusterId} is gone`);
    const dataDir = this.#dataFolder(cluster);
    const target = this.#snapshotFolder(snapshot.id);
    const server = this.#servers.get(cluster.id);
    if (server === undefined) await takeColdBackup(dataDir, target);
    else await takeBackup({ connectionString: server.connectionString, dataDir, target, label: snapshot.id });
    snapshot.status = 'available';
  }

  async #startServer(cluster: Cluster): Promise<void> {
    if (this.#servers.has(cluster.id)) return;
    const { fsync, port, onStart } = this.#options;
    const dataDir = this.#dataFolder(cluster);
    const server = await startPostgres({
      dataDir,
      user: cluster.masterUser,
      password: cluster.password,
      database: cluster.database,
      onPid: (pid) => onStart?.(pid, dataDir),
      ...(fsync === undefined ? {} : { fsync }),
      ...(port === undefined || cluster.restoredFrom !== null ? {} : { port }),
    });
    this.#servers.set(cluster.id, server);
  }

  async #stopServer(clusterId: string): Promise<void> {
    const server = this.#servers.get(clusterId);
    if (server === undefined) return;
    await server.stop();
    this.#servers.delete(clusterId);
    this.#options.onStop?.(server.pid);
  }

  #enqueue(clusterId: string, record: Cluster | Instance | Snapshot, work: () => Promise<void>): void {
    const before = this.#queues.get(clusterId) ?? Promise.resolve();
    this.#queues.set(clusterId, this.#perform(before, record, work));
  }

  async #perform(
    before: Promise<void>,
    record: Cluster | Instance | Snapshot,
    work: () => Promise<void>,
  ): Promise<void> {
    await before;
    if (this.#stopping) return;
    try {
      await work();
    } catch (error) {
      if (this.#stopping) return;
      console.error(`${record.arn}: ${error instanceof Error ? error.message : String(error)}`);
      record.status = 'failed';
    }
    this.#state.save();
  }

  #dataFolder(cluster: Cluster): string {
    return join(this.#options.dataDir, 'clusters', cluster.resourceId);
  }

  #snapshotFolder(id: string): string {
    return join(this.#options.dataDir, 'snapshots', id);
  }
}
