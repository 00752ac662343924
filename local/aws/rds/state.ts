import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import * as z from 'zod';

const Cluster = z.object({
  id: z.string(),
  arn: z.string(),
  /** Names the data directory. Unlike an identifier, it is never reused. */
  resourceId: z.string(),
  status: z.enum(['creating', 'available', 'deleting', 'failed']),
  engineVersion: z.string(),
  masterUser: z.string(),
  password: z.string(),
  database: z.string(),
  createdAt: z.string(),
  deletionProtection: z.boolean(),
  httpEndpointEnabled: z.boolean(),
  secretArn: z.string().nullable(),
  subnetGroup: z.string(),
  parameterGroup: z.string(),
  securityGroups: z.array(z.string()),
  kmsKeyId: z.string().nullable(),
  capacity: z.object({ min: z.number(), max: z.number() }).nullable(),
  tags: z.record(z.string(), z.string()),
  /** The snapshot that the cluster is restored from; null for the first cluster. */
  restoredFrom: z.string().nullable(),
  /** The last snapshot of a cluster that is being deleted. */
  finalSnapshot: z.string().nullable(),
});

const Instance = z.object({
  id: z.string(),
  arn: z.string(),
  clusterId: z.string(),
  instanceClass: z.string(),
  status: z.enum(['creating', 'available', 'deleting', 'failed']),
  createdAt: z.string(),
  tags: z.record(z.string(), z.string()),
});

const Snapshot = z.object({
  id: z.string(),
  arn: z.string(),
  clusterId: z.string(),
  status: z.enum(['creating', 'available', 'failed']),
  createdAt: z.string(),
  clusterCreatedAt: z.string(),
  engineVersion: z.string(),
  masterUser: z.string(),
  password: z.string(),
  database: z.string(),
  tags: z.record(z.string(), z.string()),
});

const Records = z.object({
  clusters: z.record(z.string(), Cluster),
  instances: z.record(z.string(), Instance),
  snapshots: z.record(z.string(), Snapshot),
});

export type Cluster = z.infer<typeof Cluster>;
export type Instance = z.infer<typeof Instance>;
export type Snapshot = z.infer<typeof Snapshot>;

/**
 * All resources as records by identifier, in one file that is replaced atomically: a kill leaves
 * the old state or the new.
 */
export class State {
  /** True when there was no file: nothing has ever been created here. */
  readonly fresh: boolean;
  readonly clusters: Map<string, Cluster>;
  readonly instances: Map<string, Instance>;
  readonly snapshots: Map<string, Snapshot>;
  readonly #file: string;

  constructor(file: string) {
    this.#file = file;
    const text = read(file);
    this.fresh = text === null;
    const records = Records.parse(JSON.parse(text ?? '{"clusters":{},"instances":{},"snapshots":{}}'));
    this.clusters = new Map(Object.entries(records.clusters));
    this.instances = new Map(Object.entries(records.instances));
    this.snapshots = new Map(Object.entries(records.snapshots));
  }

  /** Must be called after every change, before responding. */
  save(): void {
    mkdirSync(dirname(this.#file), { recursive: true });
    const records = {
      clusters: Object.fromEntries(this.clusters),
      instances: Object.fromEntries(this.instances),
      snapshots: Object.fromEntries(this.snapshots),
    };
    // The file holds passwords.
    writeFileSync(`${this.#file}.new`, JSON.stringify(records, null, 2), { mode: 0o600 });
    renameSync(`${this.#file}.new`, this.#file);
  }

  instancesOf(clusterId: string): readonly Instance[] {
    return [...this.instances.values()].filter((instance) => instance.clusterId === clusterId);
  }
}

function read(file: string): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return null;
  }
}
