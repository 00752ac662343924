/** The names of all gates. */
export const GATES = [
  'enter-cutover',
  'hold-stage',
  'decommission',
  'recover-data-loss',
  'recover-performance',
  'recover-cost',
] as const;
export type GateName = (typeof GATES)[number];

interface GateRule {
  /** How many different persons must approve. */
  readonly approvals: number;
  /** What happens after approval; shown to the person who decides. */
  readonly steps: readonly string[];
}

/** For each gate: how many approvals it needs and what they permit; shown with the evidence. */
export const GATE_RULES: Readonly<Record<GateName, GateRule>> = {
  'enter-cutover': {
    approvals: 1,
    steps: [
      'the checks of this gate run again',
      'mode shadow: a share of reads is repeated on DynamoDB and compared, answers still come from PostgreSQL',
      'reads move to DynamoDB by the stages of the plan, each baked and judged; a failed guard returns them at once',
      'dual writes go on all the time: nothing is lost by going back',
    ],
  },
  'hold-stage': {
    approvals: 1,
    steps: [
      'the stage is baked and measured again, at the share of reads it has now',
      'on rejection reads return to PostgreSQL',
    ],
  },
  decommission: {
    approvals: 2,
    steps: [
      'the checks of this gate run again',
      'every other login to PostgreSQL is locked out for the grace days; dual writes go on, and going back still loses nothing',
      'final verification, then mode drained: writes are refused for some seconds, the relay runs to 0',
      'users who never signed in are created in the user pool, without a mail',
      'mode complete: THE POINT OF NO RETURN, DynamoDB alone holds the data from here on',
      'the PostgreSQL instances and the cluster are deleted, with a named final snapshot that is kept',
    ],
  },
  'recover-data-loss': {
    approvals: 1,
    steps: [
      'approve once the bug that lost or damaged data is fixed and deployed',
      'every row is compared with PostgreSQL again; writes stay stopped until it is clean',
      'mode dual: writes are accepted again, and the window of clean nights starts anew',
    ],
  },
  'recover-performance': {
    approvals: 1,
    steps: [
      'approve once one of the proposals is applied, or the cause is gone',
      'the recovery is closed; start or redrive the migration, it goes on from shadow',
    ],
  },
  'recover-cost': {
    approvals: 1,
    steps: [
      'approve once one of the proposals is applied, or the cause is accepted',
      'the recovery is closed; start or redrive the migration, it goes on from shadow',
    ],
  },
};
