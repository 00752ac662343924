/**
 * Every error of the system. State machines list `name` under ErrorEquals. `retryable` says whether the same call may succeed
 * later without intervention. The message states what is wrong, then the remedy. A mismatch between stores is data, not an error.
 */
export abstract class PortageError extends Error {
  abstract override readonly name: string;
  abstract readonly retryable: boolean;
  abstract readonly fields: Readonly<Record<string, unknown>>;
}

export interface ErrorOptions {
  readonly cause?: unknown;
}

function failure<const N extends string, F extends Readonly<Record<string, unknown>>>(
  name: N,
  retryable: boolean,
  message: (fields: F) => string,
) {
  return class extends PortageError {
    override readonly name: N = name;
    readonly retryable = retryable;
    readonly fields: F;

    constructor(fields: F, options: ErrorOptions = {}) {
      super(message(fields), options);
      this.fields = fields;
    }
  };
}

/** True for every error of this system. */
export function isPortageError(error: unknown): error is PortageError {
  return error instanceof PortageError;
}

/** True when the same call may succeed later without intervention. */
export function isRetryable(error: unknown): boolean {
  return error instanceof PortageError && error.retryable;
}

// The plan and the environment

/** The plan file is invalid at `path`, a JSON path such as `entities.USER.key.PK`. */
export class PlanError extends failure(
  'PlanError',
  false,
  (f: { readonly file: string; readonly path: string; readonly message: string; readonly remedy: string }) =>
    `${f.file}: ${f.path === '' ? 'the plan' : f.path}: ${f.message}. ${f.remedy}`,
) {}

export class ConfigurationMissing extends failure(
  'ConfigurationMissing',
  false,
  (f: { readonly key: string }) => `${f.key} is not set. Set it in the environment of this process or function.`,
) {}

// Modes and writes

export class EpochMoved extends failure(
  'EpochMoved',
  true,
  (f: {
    readonly of: 'epoch' | 'generation' | 'mapping revision';
    readonly expected: number;
    readonly found: number | null;
  }) =>
    `another process moved the mode or began a generation (expected ${f.of} ${f.expected}, found ${f.found ?? 'none'}). Read the mode again, then decide again.`,
) {}

export class MappingOutdated extends failure(
  'MappingOutdated',
  true,
  (f: { readonly relation: string; readonly reason: string }) =>
    `this process has an older mapping of ${f.relation}: ${f.reason}. Nothing was written; retry, and the present mapping is read.`,
) {}

export class MoveRefused extends failure(
  'MoveRefused',
  false,
  (f: { readonly from: string; readonly to: string; readonly reason: string }) =>
    `cannot move from ${f.from} to ${f.to}: ${f.reason}. Move one mode at a time; portage status shows the current one.`,
) {}

export class LeaseExpired extends failure(
  'LeaseExpired',
  true,
  (f: { readonly ageMs: number; readonly leaseMs: number }) =>
    `the mode was last read ${f.ageMs} ms ago, which exceeds the lease of ${f.leaseMs} ms. Retry; if it persists, check that the control table can be reached.`,
) {}

export class WritesStopped extends failure(
  'WritesStopped',
  true,
  (f: { readonly mode: string }) =>
    `writes are refused in mode ${f.mode}. Retry later; an operator ends the stop with portage resume.`,
) {}

export class VersionRefused extends failure(
  'VersionRefused',
  true,
  (f: { readonly keys: readonly string[] }) =>
    `newer versions are already stored under ${f.keys.join(', ')}; the transaction was rolled back. Retry the whole transaction.`,
) {}

export class OutcomeUnknown extends failure(
  'OutcomeUnknown',
  false,
  (f: { readonly operation: string; readonly txn: string | null }) =>
    `the outcome of ${f.operation} is unknown (transaction ${f.txn ?? 'none'}); the sweeper settles it within two minutes. Read the rows before writing them again.`,
) {}

export class DeadlineExceeded extends failure(
  'DeadlineExceeded',
  true,
  (f: { readonly operation: string; readonly deadlineMs: number }) =>
    `${f.operation} did not finish within its deadline of ${f.deadlineMs} ms. Retry; if it persists, check throttling and latency.`,
) {}

export class Throttled extends failure(
  'Throttled',
  true,
  (f: { readonly operation: string }) =>
    `${f.operation} was throttled. Retry with backoff; if it persists, raise the table's warm throughput.`,
) {}

export class TargetUnavailable extends failure(
  'TargetUnavailable',
  true,
  (f: { readonly operation: string }) =>
    `DynamoDB did not respond to ${f.operation}. Retry; if it persists, check the service's health and the network.`,
) {}

export class ServiceUnavailable extends failure(
  'ServiceUnavailable',
  true,
  (f: { readonly service: string; readonly operation: string }) =>
    `${f.service} did not carry out ${f.operation}. Retry; if it persists, check the service's health and the network.`,
) {}

/** IAM, or the credentials of this process, do not allow the call. `message` is the service's, which names the action. */
export class AccessDenied extends failure(
  'AccessDenied',
  false,
  (f: { readonly service: string; readonly operation: string; readonly message: string }) =>
    `${f.service} denied ${f.operation}: ${f.message}. Grant the permission to this role, or use credentials that have it.`,
) {}

/** The service refused a call for a reason that another attempt would meet again. `error` is the service's name for it. */
export class ServiceRefused extends failure(
  'ServiceRefused',
  false,
  (f: { readonly service: string; readonly operation: string; readonly error: string; readonly message: string }) =>
    `${f.service} refused ${f.operation}: ${f.error}: ${f.message}. Correct what it names, then redrive.`,
) {}

export class ItemTooLarge extends failure(
  'ItemTooLarge',
  false,
  (f: { readonly entity: string; readonly key: string; readonly bytes: number; readonly limit: number }) =>
    `${f.entity} ${f.key} would take ${f.bytes} bytes, but the limit is ${f.limit}; nothing was written. Make the value smaller, or declare the column as large in the plan.`,
) {}

export class TooManyImages extends failure(
  'TooManyImages',
  false,
  (f: { readonly images: number; readonly limit: number }) =>
    `the transaction changed ${f.images} rows, but at most ${f.limit} can be written to both stores at once; nothing was written. Split it, or pass { relay: true } to commit it now and let the relay copy it.`,
) {}

export class TransactionTooLarge extends failure(
  'TransactionTooLarge',
  false,
  (f: { readonly what: string; readonly size: number; readonly limit: number }) =>
    `the transaction has ${f.size} ${f.what}, but the limit is ${f.limit}; nothing was written. Split it, or pass { relay: true } to commit it now and let the relay copy it.`,
) {}

export class UniqueTaken extends failure(
  'UniqueTaken',
  false,
  (f: { readonly entity: string; readonly constraint: string; readonly value: string }) =>
    `${f.entity}.${f.constraint} is already taken by another row. Choose another value.`,
) {}

export class RowNotFound extends failure(
  'RowNotFound',
  false,
  (f: { readonly entity: string; readonly identity: readonly string[] }) =>
    `no ${f.entity} has the identity ${f.identity.join(', ')}. Read the row again before changing it.`,
) {}

export class ImmutableChanged extends failure(
  'ImmutableChanged',
  false,
  (f: { readonly entity: string; readonly column: string; readonly identity: readonly string[] }) =>
    `${f.entity}.${f.column} of ${f.identity.join(', ')} changed, but the plan declares it immutable because index keys of other rows contain it. Undo the change, or remove the column from those keys.`,
) {}

/** A value cannot be stored exactly where the plan puts it. Thrown before anything is written. */
export class ValueRefused extends failure(
  'ValueRefused',
  false,
  (f: { readonly entity: string; readonly column: string; readonly reason: string }) =>
    `${f.entity}.${f.column}: ${f.reason}. Change the value, or how the plan uses the column.`,
) {}

/** A filter applies after items are read, so a search must not read an unbounded number of items that it filters out. */
export class SearchTooBroad extends failure(
  'SearchTooBroad',
  false,
  (f: { readonly pattern: string; readonly filteredBy: readonly string[]; readonly limit: number }) =>
    `the search ${f.pattern} by ${f.filteredBy.join(', ')} would read more than ${f.limit} items (search.maxFilteredItems). Add ${f.filteredBy.join(', ')} to an index key in the plan and search there, or narrow the sort key.`,
) {}

/** An item in a form that the mapping never writes. */
export class ItemUnreadable extends failure(
  'ItemUnreadable',
  false,
  (f: { readonly key: string; readonly reason: string }) =>
    `item ${f.key} cannot be read: ${f.reason}. Run portage verify --repair, which rewrites it from PostgreSQL.`,
) {}

export class BodyMissing extends failure(
  'BodyMissing',
  true,
  (f: { readonly sha256: string }) =>
    `body ${f.sha256} is not in the bucket. Retry; if it persists, run portage verify --repair.`,
) {}

// The source

export class SchemaChanged extends failure(
  'SchemaChanged',
  false,
  (f: { readonly changes: readonly string[] }) =>
    `the source's schema changed: ${f.changes.join('; ')}. Follow runbooks/ddl.md.`,
) {}

/** The rehearsal of capture failed on this table. */
export class CaptureRefused extends failure(
  'CaptureRefused',
  false,
  (f: { readonly relation: string; readonly reason: string }) =>
    `capture cannot be installed on ${f.relation}: ${f.reason}. A first installation leaves nothing in the source; a later one leaves the tables before it updated. Fix the cause or exclude the table, then start again.`,
) {}

/** A table changed during a verification, or is no longer captured. */
export class SourceChanged extends failure(
  'SourceChanged',
  false,
  (f: { readonly relation: string; readonly change: string }) =>
    `${f.relation} cannot be verified: ${f.change}. The run has no result. See runbooks/verification.md, then start a new verification.`,
) {}

/** The items were written with another version of the plan's entities. */
export class PlanChanged extends failure(
  'PlanChanged',
  false,
  (f: { readonly expected: string; readonly found: string }) =>
    `the plan's entities changed since the items were written (hash ${f.expected.slice(0, 12)} then, ${f.found.slice(0, 12)} now). Deploy the former plan, or restart the migration, which writes all items again.`,
) {}

/** Rows kept changing during the run and could not be compared: they are neither equal nor different. */
export class RowsUnverified extends failure(
  'RowsUnverified',
  false,
  (f: { readonly run: string; readonly rows: readonly string[] }) =>
    `verification ${f.run} could not compare ${f.rows.join(', ')}: they kept changing during the run. Redrive when write traffic is lower, or accept each by name: portage accept ENTITY ID --by NAME --reason TEXT.`,
) {}

/** The user pool did not take users who have an account in PostgreSQL. */
export class UsersRefused extends failure(
  'UsersRefused',
  false,
  (f: { readonly count: number; readonly first: readonly string[] }) =>
    `the user pool refused ${f.count} users, whose accounts would be lost with PostgreSQL: ${f.first.join('; ')}${f.count > f.first.length ? '; ...' : ''}. Correct their names or addresses in PostgreSQL, then run portage resume; see runbooks/auth.md.`,
) {}

/** A repair outside of the modes in which PostgreSQL decides and items are written. */
export class RepairRefused extends failure(
  'RepairRefused',
  false,
  (f: { readonly reason: string }) => `nothing was repaired: ${f.reason}. Repair in mode dual, shadow or reads.`,
) {}

/** `mayHaveRun`: the response was lost, so an auto-committed statement may have taken effect. */
export class SourceUnavailable extends failure(
  'SourceUnavailable',
  true,
  (f: { readonly operation: string; readonly mayHaveRun?: boolean }) =>
    `PostgreSQL did not respond to ${f.operation}. Retry; if it persists, check the cluster's state.`,
) {}

export class SourceRewound extends failure(
  'SourceRewound',
  false,
  (f: { readonly xid: string }) =>
    `transaction ${f.xid} is newer than PostgreSQL's newest one: PostgreSQL was restored or lost commits. Stop all writes and run the data-loss recovery.`,
) {}

export class LockTimeout extends failure(
  'LockTimeout',
  true,
  (f: { readonly relation: string }) =>
    `${f.relation} could not be locked and changed in time. Retry; if it persists, look for long or idle transactions, or thousands of partitions.`,
) {}

// Gates, evidence and recovery

export class GateExpired extends failure(
  'GateExpired',
  false,
  (f: { readonly gate: string; readonly expiredAt: string }) =>
    `gate ${f.gate} expired at ${f.expiredAt}; the stage is on hold. Redrive the execution, which measures again and reopens the gate.`,
) {}

export class GateRejected extends failure(
  'GateRejected',
  false,
  (f: { readonly gate: string; readonly by: string }) =>
    `gate ${f.gate} was rejected by ${f.by}; the stage is on hold. Resolve the reason, then redrive.`,
) {}

export class GateRefused extends failure(
  'GateRefused',
  false,
  (f: { readonly gate: string; readonly reason: string }) =>
    `gate ${f.gate} does not pass: ${f.reason}. See portage gates.`,
) {}

export class EvidenceMismatch extends failure(
  'EvidenceMismatch',
  false,
  (f: { readonly gate: string; readonly expected: string; readonly found: string }) =>
    `the decision on gate ${f.gate} names evidence ${f.found}, but the gate holds ${f.expected}. Read the gate again, then decide on the evidence that it shows.`,
) {}

export class LockHeld extends failure(
  'LockHeld',
  false,
  (f: { readonly owner: string; readonly until: string }) =>
    `another execution is running this migration (${f.owner}, locked until ${f.until}). Wait for it, or stop it and start again.`,
) {}

export class BacklogNotEmpty extends failure(
  'BacklogNotEmpty',
  true,
  (f: {
    readonly pending: number;
    readonly parked: number;
    readonly missed: number;
    readonly adopting: number;
    readonly carrying: number;
    readonly intents: number;
    readonly openWriters: number;
  }) =>
    `the backlog is not empty: ${f.pending} changelog rows, ${f.parked} parked, ${f.missed} missed by capture, ${f.adopting} new partitions, ${f.carrying} tables with a new column, ${f.intents} intents, ${f.openWriters} open writers. Retry; for parked and missed rows see runbooks/dual-write.md.`,
) {}

export class NoData extends failure(
  'NoData',
  true,
  (f: { readonly what: string }) =>
    `there is no data for ${f.what}, and missing data never counts as healthy. Check that it is being reported, then retry.`,
) {}

export class RecoveryOpen extends failure(
  'RecoveryOpen',
  false,
  (f: { readonly cause: string; readonly run: string }) =>
    `the ${f.cause} recovery of ${f.run} is still open. Finish it, then redrive this execution.`,
) {}

const guardText = ({ stage, checks }: { readonly stage: string; readonly checks: readonly string[] }): string =>
  `the guard of stage ${stage} failed: ${checks.join('; ')}. Reads go back to PostgreSQL; see runbooks/cutover.md.`;

/** The guard of a stage found values that differ: its name says what is to be recovered. */
export class ReadsMismatched extends failure('ReadsMismatched', false, guardText) {}

/** The guard of a stage found errors or latency. */
export class ReadsDegraded extends failure('ReadsDegraded', false, guardText) {}

export class MismatchesFound extends failure(
  'MismatchesFound',
  false,
  (f: { readonly mismatches: number; readonly unverified: number }) =>
    `verification found ${f.mismatches} mismatches and ${f.unverified} unverified rows. Read its evidence; run portage verify --repair to rewrite stable mismatches.`,
) {}

export class EvidenceInsufficient extends failure(
  'EvidenceInsufficient',
  true,
  (f: { readonly gate: string; readonly reasons: readonly string[] }) =>
    `${f.gate} cannot complete yet: ${f.reasons.join('; ')}. Wait, or resolve the reasons.`,
) {}

export class RestoreIncomplete extends failure(
  'RestoreIncomplete',
  false,
  (f: { readonly cluster: string; readonly reasons: readonly string[] }) =>
    `the restored cluster ${f.cluster} differs from PostgreSQL: ${f.reasons.join('; ')}. Nothing was deleted. Take a new snapshot and redrive.`,
) {}

/** A record of the control table was changed by another process since it was read. */
export class RecordChanged extends failure(
  'RecordChanged',
  true,
  (f: { readonly kind: string; readonly id: string }) =>
    `${f.kind} ${f.id} was changed by another process in the meantime. Read it again, then decide again.`,
) {}

/** The name of a cluster, instance or snapshot does not match what is to be changed or deleted (RACE-54). */
export class IdentifierRefused extends failure(
  'IdentifierRefused',
  false,
  (f: { readonly id: string; readonly expected: string }) =>
    `${f.id} was left unchanged: expected ${f.expected}. Check the names before going on.`,
) {}

export class SnapshotFailed extends failure(
  'SnapshotFailed',
  false,
  (f: { readonly id: string; readonly status: string }) =>
    `snapshot ${f.id} is ${f.status}. Nothing was deleted. Remove the snapshot and redrive.`,
) {}

/** Phase 1 ends only after real sign-ins through the migration trigger. */
export class TriggerUnproven extends failure(
  'TriggerUnproven',
  false,
  (f: { readonly proofs: number; readonly needed: number }) =>
    `the trigger has served ${f.proofs} of ${f.needed} required sign-ins of users who were not yet migrated. Sign in as one of them, then redrive.`,
) {}
