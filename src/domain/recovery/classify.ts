/** The recovery procedures, and `hold`: there is nothing to recover, but a person must resolve something. */
export const CAUSES = ['data-loss', 'performance', 'cost', 'hold'] as const;
export type RecoveryCause = (typeof CAUSES)[number];

export interface Classified {
  readonly cause: RecoveryCause;
  /** False if reads may stay where they are, because no measurement requires returning them. */
  readonly returnReads: boolean;
}

/** Failures that mean that DynamoDB lacks or may lack correct data. */
const DATA_LOSS = new Set([
  'ReadsMismatched',
  'MismatchesFound',
  'SourceRewound',
  'ItemUnreadable',
  'BodyMissing',
  'ImmutableChanged',
]);
const PERFORMANCE = new Set(['ReadsDegraded', 'Throttled', 'DeadlineExceeded', 'NoData']);
/** Decisions of people, refusals before any change, and verifications without a verdict. */
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
  'CaptureRefused',
  'PlanChanged',
  'RepairRefused',
]);

/** Chooses the recovery by the error's name. An unknown one returns reads to PostgreSQL and holds, because no procedure is known to help. */
export function classify({ error }: { readonly error: string }): Classified {
  if (DATA_LOSS.has(error)) return { cause: 'data-loss', returnReads: true };
  if (PERFORMANCE.has(error)) return { cause: 'performance', returnReads: true };
  return { cause: 'hold', returnReads: !DECIDED.has(error) };
}
