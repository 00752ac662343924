import {
  BEGIN,
  clientOf,
  COMPLETE,
  movingScenario,
  onceDual,
  orchestrating,
  plainWriter,
  RELAY_TASK,
  RESTORE,
  REWRITE,
  without,
} from '../actors/actors.ts';
import type { Mutation } from './mutation.ts';
import { orchestrator } from '../actors/orchestrator.ts';
import { gone, put } from '../actors/writes.ts';

const CLIENT = clientOf('w1', put('a', 'w1'));
const PLAIN = plainWriter('w1', put('a', 'w1'));
const DELETING = plainWriter('w1', gone('a'));
const RETURNING = {
  name: 'another orchestrator',
  script: orchestrator([{ move: { mode: 'shadow', readPercent: 0 } }]),
};
/** A client deletes what a plain writer has changed, before the relay has come round. */
const LEFT = [PLAIN, clientOf('w2', gone('a'))];
const LIVE = [{ move: { mode: 'load', readPercent: 0 } }, ...BEGIN] as const;

const completing = movingScenario('drained to complete', {
  mode: 'reads',
  processes: [CLIENT, orchestrating(COMPLETE)],
});
const beginning = movingScenario('capture begins', {
  mode: 'off',
  captured: false,
  compare: onceDual,
  processes: [PLAIN, orchestrating(BEGIN)],
});
const tombstoning = { ...beginning, processes: [DELETING, orchestrating(BEGIN)] };
const sleeping = movingScenario('a generation begins under a sleeping relay', {
  compare: onceDual,
  processes: [PLAIN, RELAY_TASK, orchestrating(LIVE)],
});
const restoring = movingScenario('the source is restored, and everything rewritten', {
  snapshot: true,
  compare: onceDual,
  processes: [PLAIN, RELAY_TASK, orchestrating(RESTORE)],
});
const rewriting = movingScenario('a rewrite, begun while nobody writes', {
  compare: onceDual,
  processes: [...LEFT, orchestrating(REWRITE)],
});

/** What whoever moves the mode does. */
export const MOVING: readonly Mutation[] = [
  {
    name: 'the lease wait',
    races: 'RACE-39 RACE-46',
    violation: /ABORTED WRITE VISIBLE/,
    scenario: completing,
    changes: { models: { leaseWait: false } },
  },
  {
    name: 'rule d: T is waited for',
    races: 'RACE-58 RACE-78',
    violation: /ABORTED WRITE VISIBLE/,
    scenario: completing,
    changes: { models: { requestWait: false } },
  },
  {
    name: 'the fence at drained',
    races: 'RACE-78',
    violation: /TWO AUTHORITIES/,
    scenario: { ...completing, processes: [PLAIN, orchestrating(COMPLETE)] },
    changes: { processes: [PLAIN, orchestrating(without(COMPLETE, 'fence'))] },
  },
  {
    name: 'moves are conditional on the epoch',
    races: 'RACE-46',
    violation: /TWO AUTHORITIES/,
    scenario: { ...completing, processes: [RETURNING, orchestrating(COMPLETE)] },
    changes: { models: { epochs: false } },
  },
  {
    name: 'generations',
    races: 'RACE-59',
    violation: /LOST/,
    scenario: beginning,
    changes: { processes: [PLAIN, orchestrating(BEGIN, { sameGeneration: true })] },
  },
  {
    name: 'a restored source begins a generation',
    races: 'RACE-59',
    violation: /LOST|ABORTED|RESURRECTED/,
    scenario: restoring,
    changes: { processes: [PLAIN, RELAY_TASK, orchestrating(RESTORE, { sameGeneration: true })] },
  },
  {
    name: 'what is below the base after a load becomes a tombstone',
    races: 'RACE-59',
    violation: /RESURRECTED/,
    scenario: tombstoning,
    changes: { processes: [DELETING, orchestrating(without(BEGIN, 'tombstone stale items'))] },
  },
  {
    name: 'transactions older than capture end before the load reads',
    races: 'RACE-5',
    violation: /LOST/,
    scenario: beginning,
    changes: { processes: [PLAIN, orchestrating(BEGIN, { olderWritersStay: true })] },
  },
  {
    name: 'marks count in their own generation only',
    races: 'RACE-59',
    violation: /LOST/,
    scenario: sleeping,
    changes: { models: { marksOfGeneration: false } },
  },
  {
    name: "a new generation discharges the older one's changes",
    races: 'RACE-59',
    violation: /RESURRECTED/,
    scenario: rewriting,
    changes: { processes: [...LEFT, orchestrating(REWRITE, { undischarged: true })] },
  },
];
