import {
  A,
  BEGIN,
  dualWriter,
  LOADER,
  movingScenario,
  onceDual,
  orchestrating,
  plainWriter,
  RELAY,
  RELAY_TASK,
  SWEEPER,
  dualScenario,
} from '../actors/actors.ts';
import { loader, relay, sweeper, sweepTask } from '../actors/tasks.ts';
import type { Scenario } from '../scenario.ts';
import { gone, put } from '../actors/writes.ts';

/**
 * Mutations that alone lose nothing that the explorer can find: another one covers them. (The idempotency token needs no
 * entry: every scenario takes it for forgotten.)
 */
export const COVERED: readonly Scenario[] = [
  dualScenario('RACE-25 without the done mark the relay repeats a dual write, and the version condition refuses it', {
    processes: [
      dualWriter('w1', [put('a', 'w1')], { unmarked: true }),
      plainWriter('w2', put('a', 'w2')),
      RELAY,
      SWEEPER,
    ],
  }),
  dualScenario('RACE-69 a load, where the newest change of a key was pruned, finds its item there', {
    rows: [A],
    loaded: false,
    closing: [loader(10), relay(), sweeper()],
    models: { keepsNewest: false },
    processes: [plainWriter('w1', put('a', 'w1')), plainWriter('w2', put('a', 'w2')), RELAY, LOADER, SWEEPER],
  }),
  movingScenario('RACE-69 a generation that begins, where the newest change of a key was pruned', {
    mode: 'load',
    models: { keepsNewest: false, late: 0, copies: false },
    compare: onceDual,
    processes: [
      plainWriter('w1', gone('a')),
      RELAY_TASK,
      { name: 'sweeper', script: sweepTask() },
      orchestrating(BEGIN),
    ],
  }),
];
