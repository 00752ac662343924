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
      'repeat the checks of this gate',
      'enter mode shadow: a share of reads is repeated on DynamoDB and compared; results still come from PostgreSQL',
      'move reads to DynamoDB in the stages of the plan; each is baked and evaluated, and a failed guard returns reads to PostgreSQL at once',
      'dual writes continue throughout, so a rollback loses nothing',
    ],
  },
  'hold-stage': {
    approvals: 1,
    steps: [
      'bake and evaluate the stage again, at its current share of reads',
      'on rejection, return reads to PostgreSQL',
    ],
  },
  decommission: {
    approvals: 2,
    steps: [
      'repeat the checks of this gate',
      'lock every other login out of PostgreSQL for the grace days; dual writes continue, and a rollback still loses nothing',
      'run the final verification, then enter mode drained: writes are refused until the backlog is 0 and verified',
      'create users who never signed in in the user pool, without an e-mail',
      'enter mode complete, THE POINT OF NO RETURN: from here on only DynamoDB holds the data',
      'delete the PostgreSQL instances and the cluster, keeping a named final snapshot',
    ],
  },
  'recover-data-loss': {
    approvals: 1,
    steps: [
      'approve once the bug that lost or damaged data is fixed and deployed',
      'enter mode dual: writes go to both stores again',
      'compare every row with PostgreSQL; the window of clean nights restarts',
    ],
  },
  'recover-performance': {
    approvals: 1,
    steps: [
      'approve once one of the proposals is applied, or the cause is gone',
      'close the recovery; then start or redrive the migration, which continues from shadow',
    ],
  },
  'recover-cost': {
    approvals: 1,
    steps: [
      'approve once one of the proposals is applied, or the cause is accepted',
      'close the recovery; then start or redrive the migration, which continues from shadow',
    ],
  },
};
