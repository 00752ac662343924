import type { Hashing } from '../../src/domain/auth/password-hash.ts';
import type { RestoredPorts } from '../../src/domain/decommission/compare-restored.ts';
import type { CarryPorts } from '../../src/domain/ddl/carry-columns.ts';
import type { SchemaPorts } from '../../src/domain/ddl/assert-schema.ts';
import type { Capture } from '../../src/domain/load/install.ts';
import type { Mapping } from '../../src/domain/mapping/mapping.ts';
import type { Plan } from '../../src/domain/plan/plan.ts';
import type { Bodies, BodyMd5, BodyReader, Documents } from '../../src/domain/ports/bodies.ts';
import type { MonotonicClock } from '../../src/domain/ports/clock.ts';
import type { Clusters } from '../../src/domain/ports/clusters.ts';
import type { ControlTable } from '../../src/domain/ports/control.ts';
import type { Executions, Rollback } from '../../src/domain/ports/executions.ts';
import type { LegacyUsers } from '../../src/domain/ports/legacy-users.ts';
import type { MetricReader, Metrics } from '../../src/domain/ports/metrics.ts';
import type { Notifier } from '../../src/domain/ports/notify.ts';
import type { RowDigests } from '../../src/domain/ports/row-digests.ts';
import type { SourceAccess } from '../../src/domain/ports/source-access.ts';
import type { ReadSourceState } from '../../src/domain/ports/source-state.ts';
import type { Changelog, MissedChanges, RowSource, SqlSource } from '../../src/domain/ports/source.ts';
import type {
  ExpirySwitch,
  IntentReader,
  Intents,
  Table,
  TableLoad,
  TableReader,
  TableRepair,
} from '../../src/domain/ports/table.ts';
import type { StackAnswer } from '../../src/adapters/cloudformation/stack-answer.ts';
import type { UserPool } from '../../src/domain/ports/user-pool.ts';
import type { Counter } from '../../src/domain/progress/counters.ts';
import type { PartPorts } from '../../src/domain/verification/run/run-part.ts';
import type { PortFactory } from './port.ts';

/** The plan, the control table and this process. Built in control.ts. */
export interface ControlPorts {
  readonly plan: Plan;
  readonly control: ControlTable;
  /** Monotonic time and pauses of this process; rules take their time from the event. */
  readonly time: MonotonicClock;
  /** The mapping of the current generation, compiled from the facts that were fixed at its start. */
  readonly mapping: () => Promise<Mapping>;
}

/** The source, PostgreSQL over the Data API. Built in source.ts. */
export interface SourcePorts {
  readonly sql: SqlSource;
  /** Rows as the mapping of the current generation reads them. */
  readonly rows: () => Promise<RowSource>;
  readonly changelog: Changelog;
  /** Changes that capture could not record. */
  readonly missedChanges: MissedChanges;
  readonly capture: SourceCapture;
  readonly sourceAccess: SourceAccess;
  /** Null where the plan has no `auth`. */
  readonly legacyUsers: LegacyUsers | null;
  /** Highest numbers that the source has assigned, one for each column. */
  readonly highestNumbers: (counters: readonly Counter[]) => Promise<readonly bigint[]>;
  /** The source as a verification reads it. */
  readonly verifiedSource: () => Promise<VerifiedSource>;
  /** A restored copy of the source beside the live one. */
  readonly restoredCopy: (clusterArn: string, secretArn?: string) => Promise<RestoredPorts>;
}

/** The target, DynamoDB and S3: one port for what each task may do there. Built in target.ts. */
export interface TargetPorts {
  /** All of it, as the application's client has it; no handler does. */
  readonly table: Table;
  readonly tableLoad: TableLoad;
  readonly tableRepair: TableRepair;
  readonly tableReader: TableReader;
  readonly tableScan: Pick<Table, 'scan'>;
  readonly tableTombstones: Pick<Table, 'scan' | 'putIfSeen'>;
  /** Turns on the expiry of items. */
  readonly expiry: ExpirySwitch;
  /** Settles intents. */
  readonly intents: Intents;
  readonly intentReader: IntentReader;
  readonly bodies: Bodies;
  readonly bodyReader: BodyReader;
  readonly bodyList: Pick<Bodies, 'list'>;
  readonly documents: Documents;
  /** The stores that a part of a verification compares, and the plan's thresholds for it. */
  readonly verification: () => Promise<PartPorts>;
}

/**
 * Other AWS services. Built in aws.ts. A service that can do harm has one port per kind of call.
 */
export interface AwsPorts {
  readonly metrics: Metrics;
  readonly metricReader: MetricReader;
  readonly notify: Notifier;
  /** Attaches and detaches the pool's migration trigger. */
  readonly userTrigger: Pick<UserPool, 'trigger' | 'setTrigger'>;
  /** Answers CloudFormation for a custom resource. */
  readonly stackAnswer: StackAnswer;
  readonly userCount: Pick<UserPool, 'count'>;
  readonly userLookup: Pick<UserPool, 'has'>;
  readonly userCreation: Pick<UserPool, 'create'>;
  /** Reads whether an execution is still running. */
  readonly executionStatus: Pick<Executions, 'running'>;
  readonly executionStop: Pick<Executions, 'stop'>;
  /** Starts the rollback of the migration. */
  readonly rollback: Rollback;
  /** Completes the task that waits at a gate. */
  readonly gateTasks: Pick<Executions, 'succeed' | 'fail'>;
  /** Identifier of the source's cluster. */
  readonly clusterId: string;
  /** Takes the backup that is restored later. */
  readonly backupSnapshots: Pick<Clusters, 'snapshot' | 'createSnapshot'>;
  /** Creates the temporary cluster from the backup. */
  readonly clusterRestore: Pick<
    Clusters,
    'cluster' | 'instance' | 'restore' | 'createInstance' | 'manageSecret' | 'enableHttpEndpoint'
  >;
  /** Deletes the temporary cluster. */
  readonly restoredClusterRemoval: ClusterRemoval;
  /** Deletes the source's cluster and takes its final snapshot. */
  readonly sourceRemoval: ClusterRemoval & Pick<Clusters, 'snapshot'>;
}

/** What the sign-in trigger reaches. Built in sign-in.ts. */
export interface SignInPorts {
  /** Users, by a login that may only read, and how their passwords are hashed. */
  readonly signInUsers: { readonly hashing: Hashing; readonly users: LegacyUsers };
  /** The control table, of which the trigger may change the record of its migrations only. */
  readonly signInRecords: ControlTable;
}

export interface Ports extends ControlPorts, SourcePorts, TargetPorts, AwsPorts, SignInPorts {}
export type PortName = keyof Ports;

/** Factories of some of the ports, by the ports' names. */
export type PortFactories = { readonly [Name in PortName]?: PortFactory<Ports[Name]> };

export type ClusterRemoval = Pick<Clusters, 'cluster' | 'instance' | 'unprotect' | 'deleteInstance' | 'deleteCluster'>;

type SchemaLook = SchemaPorts['capture'] & CarryPorts['capture'];

/** Capture in the source: installed once a generation, removed when the migration is given up. */
export interface SourceCapture extends Capture, SchemaLook {
  remove(): Promise<void>;
}

/** The source as a verification reads it: all of one generation. */
export interface VerifiedSource {
  readonly mapping: Mapping;
  readonly rows: RowSource;
  readonly changelog: Changelog;
  /** Digests of rows and MD5 of bodies, computed in the source. */
  readonly rowDigests: RowDigests;
  readonly bodyMd5: BodyMd5;
  /** State that must stay the same while a verification runs. */
  readonly sourceState: ReadSourceState;
  readonly missed: MissedChanges;
}
