/**
 * Every error of the system. `name` is what state machines list under ErrorEquals; `retryable` says whether the same call
 * may succeed later without anybody's help; the message ends with the remedy. A mismatch between stores is data, not one of these.
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

/** True for errors of this system, whatever their name. */
export function isPortageError(error: unknown): error is PortageError {
  return error instanceof PortageError;
}

/** True when the same call may succeed later without anybody's help. */
export function isRetryable(error: unknown): boolean {
  return error instanceof PortageError && error.retryable;
}

// The plan and the environment

/** Something in the plan file cannot be used: `path` is where, in JSON terms (`entities.USER.key.PK`). */
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
  (f: { readonly expected: number; readonly found: number | null }) =>
    `the mode was moved by someone else (epoch ${f.expected} expected, ${f.found ?? 'none'} found). Read the mode again and decide anew.`,
) {}

export class MoveRefused extends failure(
  'MoveRefused',
  false,
  (f: { readonly from: string; readonly to: string; readonly reason: string }) =>
    `cannot move from ${f.from} to ${f.to}: ${f.reason}. Modes move between neighbours only; see portage status.`,
) {}

export class LeaseExpired extends failure(
  'LeaseExpired',
  true,
  (f: { readonly ageMs: number; readonly leaseMs: number }) =>
    `the mode was last read ${f.ageMs} ms ago, more than the lease of ${f.leaseMs} ms. Retry; if it lasts, the control table cannot be reached.`,
) {}

export class WritesStopped extends failure(
  'WritesStopped',
  true,
  (f: { readonly mode: string }) =>
    `writes are refused in mode ${f.mode}. Retry later; the operator ends the stop with portage resume.`,
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
    `it is not known whether ${f.operation} took effect (transaction ${f.txn ?? 'none'}); the sweeper settles it within two minutes. Read the rows before writing them again.`,
) {}

export class DeadlineExceeded extends failure(
  'DeadlineExceeded',
  true,
  (f: { readonly operation: string; readonly deadlineMs: number }) =>
    `${f.operation} did not finish within its deadline of ${f.deadlineMs} ms and was given up. Retry; if it lasts, look at throttling and latency.`,
) {}

export class Throttled extends failure(
  'Throttled',
  true,
  (f: { readonly operation: string }) =>
    `${f.operation} was throttled. Retry with backoff; if it lasts, raise the table's warm throughput.`,
) {}

export class TargetUnavailable extends failure(
  'TargetUnavailable',
  true,
  (f: { readonly operation: string }) =>
    `DynamoDB did not answer ${f.operation}. Retry; if it lasts, look at the service's state and the network.`,
) {}

export class ItemTooLarge extends failure(
  'ItemTooLarge',
  false,
  (f: { readonly entity: string; readonly key: string; readonly bytes: number; readonly limit: number }) =>
    `${f.entity} ${f.key} would take ${f.bytes} bytes, the limit is ${f.limit}; nothing was written. Make the value smaller, or declare the column as large in the plan.`,
) {}

export class TooManyImages extends failure(
  'TooManyImages',
  false,
  (f: { readonly images: number; readonly limit: number }) =>
    `the transaction touched ${f.images} rows, at most ${f.limit} can be written to both stores at once; nothing was written. Split it, or pass { relay: true } to commit and let the relay follow.`,
) {}

export class TransactionTooLarge extends failure(
  'TransactionTooLarge',
  false,
  (f: { readonly what: string; readonly size: number; readonly limit: number }) =>
    `the transaction has ${f.size} ${f.what}, the limit is ${f.limit}; nothing was written. Split it, or pass { relay: true } to commit and let the relay follow.`,
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
    `there is no ${f.entity} with identity ${f.identity.join(', ')}. Read it again before changing it.`,
) {}

export class ImmutableChanged extends failure(
  'ImmutableChanged',
  false,
  (f: { readonly entity: string; readonly column: string; readonly identity: readonly string[] }) =>
    `${f.entity}.${f.column} of ${f.identity.join(', ')} changed, but the plan calls it immutable because index keys of other rows hold it. Undo the change, or take the column out of those keys.`,
) {}

/** A value that has no faithful form where the plan puts it; found before anything is written. */
export class ValueRefused extends failure(
  'ValueRefused',
  false,
  (f: { readonly entity: string; readonly column: string; readonly reason: string }) =>
    `${f.entity}.${f.column}: ${f.reason}. Change the value, or the plan's use of the column.`,
) {}

/** A filter is applied after items were read: a search may not read without bound for what it does not show. */
export class SearchTooBroad extends failure(
  'SearchTooBroad',
  false,
  (f: { readonly pattern: string; readonly filteredBy: readonly string[]; readonly limit: number }) =>
    `the search ${f.pattern} by ${f.filteredBy.join(', ')} would read more than ${f.limit} items (search.maxFilteredItems). Put ${f.filteredBy.join(', ')} into a key of an index in the plan and search there, or fix more of the sort key.`,
) {}

/** An item that the mapping could not have written. */
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
    `no body ${f.sha256} in the bucket. Retry; if it lasts, run portage verify --repair.`,
) {}

// The source

export class SchemaChanged extends failure(
  'SchemaChanged',
  false,
  (f: { readonly expected: string; readonly found: string }) =>
    `the source's schema changed since capture was installed (fingerprint ${f.expected} then, ${f.found} now). Undo the change, or start the migration anew so that capture is installed again.`,
) {}

/** A table changed under a running verification, or capture does not hold it any more. */
export class SourceChanged extends failure(
  'SourceChanged',
  false,
  (f: { readonly relation: string; readonly change: string }) =>
    `${f.relation} cannot be verified: ${f.change}. Nothing was concluded; see runbooks/verification.md, then start a new verification.`,
) {}

/** The part of the plan that makes items is not the one that the items were made with. */
export class PlanChanged extends failure(
  'PlanChanged',
  false,
  (f: { readonly expected: string; readonly found: string }) =>
    `the plan's entities changed since the items were written (hash ${f.expected.slice(0, 12)} then, ${f.found.slice(0, 12)} now). Deploy the former plan, or start the migration anew so that everything is written again.`,
) {}

/** Rows that never stood still long enough to be compared: neither equal nor different. */
export class RowsUnverified extends failure(
  'RowsUnverified',
  false,
  (f: { readonly run: string; readonly rows: readonly string[] }) =>
    `verification ${f.run} could not compare ${f.rows.join(', ')}: they never stood still. Redrive at a quieter hour, or accept each by name: portage accept ENTITY ID --by NAME --reason TEXT.`,
) {}

/** A repair outside of the modes in which PostgreSQL decides and items are written. */
export class RepairRefused extends failure(
  'RepairRefused',
  false,
  (f: { readonly reason: string }) => `nothing was repaired: ${f.reason}. Repair in mode dual, shadow or reads.`,
) {}

/** `mayHaveRun`: the answer was lost, so a statement that commits by itself may have taken effect. */
export class SourceUnavailable extends failure(
  'SourceUnavailable',
  true,
  (f: { readonly operation: string; readonly mayHaveRun?: boolean }) =>
    `PostgreSQL did not answer ${f.operation}. Retry; if it lasts, look at the cluster's state.`,
) {}

export class SourceRewound extends failure(
  'SourceRewound',
  false,
  (f: { readonly xid: string }) =>
    `transaction ${f.xid} lies in the source's future: PostgreSQL was restored or lost commits. Everything that writes has to stop; run the data-loss recovery.`,
) {}

export class LockTimeout extends failure(
  'LockTimeout',
  true,
  (f: { readonly relation: string }) =>
    `no lock on ${f.relation} within the time allowed, because of long transactions. Retry; if it lasts, look for idle transactions.`,
) {}

// Gates, evidence and recovery

export class GateExpired extends failure(
  'GateExpired',
  false,
  (f: { readonly gate: string; readonly expiredAt: string }) =>
    `gate ${f.gate} expired at ${f.expiredAt}; the stage is held. Redrive the execution to measure again and open the gate anew.`,
) {}

export class GateRejected extends failure(
  'GateRejected',
  false,
  (f: { readonly gate: string; readonly by: string }) =>
    `gate ${f.gate} was rejected by ${f.by}; the stage is held. Settle the reason, then redrive.`,
) {}

export class GateRefused extends failure(
  'GateRefused',
  false,
  (f: { readonly gate: string; readonly reason: string }) =>
    `the decision on gate ${f.gate} was not taken: ${f.reason}. See portage gates.`,
) {}

export class EvidenceMismatch extends failure(
  'EvidenceMismatch',
  false,
  (f: { readonly gate: string; readonly expected: string; readonly found: string }) =>
    `the decision on gate ${f.gate} names evidence ${f.found}, but the gate holds ${f.expected}. Read the gate again and decide on what it shows.`,
) {}

export class LockHeld extends failure(
  'LockHeld',
  false,
  (f: { readonly owner: string; readonly until: string }) =>
    `another execution runs this migration (${f.owner}, lock until ${f.until}). Wait for it, or stop it and start again.`,
) {}

export class BacklogNotEmpty extends failure(
  'BacklogNotEmpty',
  true,
  (f: { readonly pending: number; readonly parked: number; readonly intents: number; readonly openWriters: number }) =>
    `the backlog is not empty: ${f.pending} changelog rows, ${f.parked} parked, ${f.intents} intents, ${f.openWriters} open writers. Retry; parked rows need a look, see runbooks/dual-write.md.`,
) {}

export class NoData extends failure(
  'NoData',
  true,
  (f: { readonly what: string }) =>
    `there is no data on ${f.what}, and no data is never taken for health. Check that it is being reported, then retry.`,
) {}

export class RecoveryOpen extends failure(
  'RecoveryOpen',
  false,
  (f: { readonly cause: string; readonly run: string }) =>
    `the ${f.cause} recovery of ${f.run} is still open. Finish it, then redrive this execution.`,
) {}

export class GuardFailed extends failure(
  'GuardFailed',
  false,
  (f: { readonly stage: string; readonly checks: readonly string[] }) =>
    `the guard of stage ${f.stage} failed: ${f.checks.join('; ')}. Reads go back to PostgreSQL; see runbooks/cutover.md.`,
) {}

export class MismatchesFound extends failure(
  'MismatchesFound',
  false,
  (f: { readonly mismatches: number; readonly unverified: number }) =>
    `verification found ${f.mismatches} mismatches and ${f.unverified} unverified rows. See its evidence; portage verify --repair rewrites stable mismatches.`,
) {}

export class EvidenceInsufficient extends failure(
  'EvidenceInsufficient',
  true,
  (f: { readonly gate: string; readonly reasons: readonly string[] }) =>
    `${f.gate} may not be left yet: ${f.reasons.join('; ')}. Wait for it, or settle the reasons.`,
) {}

export class RestoreIncomplete extends failure(
  'RestoreIncomplete',
  false,
  (f: { readonly cluster: string; readonly reasons: readonly string[] }) =>
    `the restored cluster ${f.cluster} does not hold what PostgreSQL holds: ${f.reasons.join('; ')}. Nothing was deleted; take a new snapshot and redrive.`,
) {}

/** A record of the control table was written by somebody else since it was read. */
export class RecordChanged extends failure(
  'RecordChanged',
  true,
  (f: { readonly kind: string; readonly id: string }) =>
    `${f.kind} ${f.id} was changed by someone else in the meantime. Read it again and decide anew.`,
) {}

/** A cluster, instance or snapshot whose name does not say what it would have to be (RACE 54). */
export class IdentifierRefused extends failure(
  'IdentifierRefused',
  false,
  (f: { readonly id: string; readonly expected: string }) =>
    `${f.id} was left alone: expected ${f.expected}. Nothing was changed; look at the names before going on.`,
) {}

export class SnapshotFailed extends failure(
  'SnapshotFailed',
  false,
  (f: { readonly id: string; readonly status: string }) =>
    `snapshot ${f.id} is ${f.status}. Nothing was deleted; remove it and redrive.`,
) {}

/** Phase 1 may not be left on hope: nobody has signed in through the trigger yet. */
export class TriggerUnproven extends failure(
  'TriggerUnproven',
  false,
  (f: { readonly proofs: number; readonly needed: number }) =>
    `${f.proofs} of ${f.needed} sign-ins of not yet migrated users went through the trigger. Sign in as one of them, then redrive.`,
) {}
