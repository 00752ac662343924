import type { PlanFinding } from '../plan-check/rules/finding.ts';

/** Every finding that measurements of the source can lead to. Each has its remedy applied in test/domain/assess/remedies. */
export const ASSESSMENTS = [
  'cascade-writes',
  'cast-function',
  'check-constraint',
  'ddl-rights',
  'event-trigger',
  'exclusion-constraint',
  'hash-cost',
  'hash-unknown',
  'identity-not-enforced',
  'index-sparse',
  'item-large',
  'item-too-large',
  'key-deferrable',
  'key-duplicate',
  'key-empty',
  'key-fold-differs',
  'key-null',
  'key-too-long',
  'key-value-refused',
  'large-objects',
  'login-locked-out',
  'login-not-alterable',
  'login-unknown',
  'migration-tool',
  'number-out-of-range',
  'owner-heavy',
  'owner-sharded',
  'partitions',
  'publication-all-tables',
  'rights-missing',
  'row-security',
  'rule-refuses-put',
  'rule-rewrites',
  'schema-other',
  'schema-portage',
  'search-costs',
  'search-filters',
  'sequence',
  'sign-in-login-missing',
  'subscription-truncates',
  'table-too-wide',
  'table-unlogged',
  'text-not-utf8',
  'trigger-changes',
  'trigger-present',
  'trigger-writes',
  'truncate-rights',
  'unmeasured',
  'where-none',
  'where-several',
] as const;

export type Assessment = (typeof ASSESSMENTS)[number];

/** A finding from measurements of the source. */
export interface AssessmentFinding extends PlanFinding {
  readonly name: Assessment;
}
