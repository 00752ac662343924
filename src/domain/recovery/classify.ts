/** The recovery procedures, and `hold`: nothing to recover, a person has to settle something. */
export const CAUSES = ['data-loss', 'performance', 'cost', 'hold'] as const;
export type RecoveryCause = (typeof CAUSES)[number];

export interface Classified {
  readonly cause: RecoveryCause;
  /** False where reads may stay where they are: nothing was measured that speaks against them. */
  readonly returnReads: boolean;
}

/** Failures that say that DynamoDB does not hold what it should, or can't be known to. */
const DATA_LOSS = new Set([
  'MismatchesFound',
  'SourceRewound',
  'SchemaChanged',
  'ItemUnreadable',
  'BodyMissing',
  'ImmutableChanged',
]);
const PERFORMANCE = new Set(['Throttled', 'DeadlineExceeded', 'NoData']);
/** Decisions of people, refusals before anything was touched, and verifications that came to no verdict. */
const DECIDED = new Set([
  'GateRejected',
  'GateExpired',
  'GateRefused',
  'LockHeld',
  'TriggerUnproven',
  'IdentifierRefused',
  'SnapshotFailed',
  'RestoreIncomplete',
  'RowsUnverified',
  'SourceChanged',
  'PlanChanged',
  'RepairRefused',
]);

/**
 * Picks the recovery by what failed. A guard's own words decide between cost, damage and speed; what nobody foresaw returns reads
 * and holds, for no procedure is known to help.
 */
export function classify(failure: { readonly error: string; readonly cause: string }): Classified {
  const { error, cause } = failure;
  if (error === 'GuardFailed') return { cause: guardCause(cause), returnReads: true };
  if (DATA_LOSS.has(error)) return { cause: 'data-loss', returnReads: true };
  if (PERFORMANCE.has(error)) return { cause: 'performance', returnReads: true };
  return { cause: 'hold', returnReads: !DECIDED.has(error) };
}

function guardCause(cause: string): RecoveryCause {
  if (/mismatch/i.test(cause)) return 'data-loss';
  if (/error|latency|p99|slow|throttl/i.test(cause)) return 'performance';
  return /capacity|rcu|wcu|cost|filtered/i.test(cause) ? 'cost' : 'performance';
}
