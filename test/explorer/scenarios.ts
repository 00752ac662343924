import {
  A,
  B,
  BEGIN,
  CLAIM,
  clientOf,
  COMPLETE,
  dualWriter,
  LOADER,
  movingScenario,
  onceDual,
  orchestrating,
  plainWriter,
  RELAY,
  RELAY_TASK,
  REPAIR,
  RESTORE,
  REWRITE,
  SWEEPER,
  SWEEPER_2,
  dualScenario,
  EXCHANGE,
  NAMED,
} from './actors/actors.ts';
import { reader } from './actors/reader.ts';
import type { Scenario } from './scenario.ts';
import { loader, relay, sweeper } from './actors/tasks.ts';
import { imageOf } from './model/rows.ts';
import { gone, put } from './actors/writes.ts';

const D1 = dualWriter('w1', [put('a', 'w1')]);
const D2 = dualWriter('w2', [put('a', 'w2')]);
const B2 = plainWriter('w2', put('a', 'w2'));
const C1 = clientOf('w1', put('a', 'w1'));
const C2 = clientOf('w2', put('a', 'w2'));
const AWAY = { place: 'away' };
const BODY = { body: 'long' };
const loadClosing = [loader(10), relay(), sweeper()];

/**
 * Each is explored to its end: every interleaving of who takes part, each of whom may die at any step, each transaction may be ended by the
 * server, each request to the target may be lost, land late (one at a time) or land twice, each COMMIT may stay unanswered.
 */
export const SCENARIOS: readonly Scenario[] = [
  dualScenario('RACE-12 RACE-14 RACE-17 RACE-55 two dual writes of a row, a sweeper, PostgreSQL crashes once', {
    crashes: 1,
    processes: [D1, D2, SWEEPER],
  }),
  dualScenario('RACE-6 RACE-15 RACE-55 RACE-56 a dual and a bypassing write, relay, sweeper, PostgreSQL crashes once', {
    crashes: 1,
    processes: [D1, B2, RELAY, SWEEPER],
  }),
  dualScenario('RACE-2 RACE-3 a dual delete and a plain write of a row, relay, sweeper, PostgreSQL crashes once', {
    crashes: 1,
    processes: [dualWriter('w1', [gone('a')]), B2, RELAY, SWEEPER],
  }),
  dualScenario('RACE-2 RACE-3 a plain delete and a dual write of a row, relay, sweeper', {
    processes: [plainWriter('w1', gone('a')), D2, RELAY, SWEEPER],
  }),
  dualScenario('RACE-22 RACE-63 a dual key change and a plain write of the row, a sweeper, PostgreSQL crashes once', {
    crashes: 1,
    processes: [dualWriter('w1', [put('a', 'w1', AWAY)]), B2, SWEEPER],
  }),
  dualScenario('RACE-22 a plain key change and a dual write of the row, relay, sweeper', {
    processes: [plainWriter('w1', put('a', 'w1', AWAY)), D2, RELAY, SWEEPER],
  }),
  dualScenario('RACE-22 RACE-3 a dual delete with an insert elsewhere, and a plain write, relay, sweeper', {
    processes: [dualWriter('w1', [gone('a'), put('b', 'w1')]), B2, RELAY, SWEEPER],
  }),
  dualScenario('RACE-21 a name passes on, and back, a sweeper', {
    rows: [{ ...A, name: 'n' }, B],
    processes: [
      plainWriter('w1', put('a', 'w1')),
      dualWriter('w2', [CLAIM]),
      plainWriter('w3', put('a', 'w3', { name: 'n' })),
      SWEEPER,
    ],
  }),
  dualScenario('RACE-21 a row leaves the condition of its name, and comes back, while another takes it, a sweeper', {
    rows: [{ ...A, name: 'n' }, B],
    processes: [
      plainWriter('w1', put('a', 'w1', { name: 'n', gone: 'since' })),
      dualWriter('w2', [CLAIM]),
      plainWriter('w3', put('a', 'w3', { name: 'n' })),
      SWEEPER,
    ],
  }),
  dualScenario('RACE-21 a dual write takes a name that a row outside its condition has, which is deleted, a relay', {
    rows: [{ ...A, name: 'n', gone: 'since' }, B],
    processes: [plainWriter('w1', gone('a')), dualWriter('w2', [CLAIM]), RELAY],
  }),
  dualScenario('RACE-21 two rows exchange their names in a dual write, a sweeper', {
    rows: NAMED,
    processes: [dualWriter('w1', EXCHANGE), SWEEPER],
  }),
  dualScenario('RACE-21 two rows exchange their names in a plain write, a dual delete, a relay', {
    rows: NAMED,
    models: { copies: false },
    processes: [plainWriter('w1', ...EXCHANGE), dualWriter('w2', [gone('a')]), RELAY],
  }),
  dualScenario('RACE-24 a dual and a plain write with bodies, relay, sweeper', {
    processes: [
      dualWriter('w1', [put('a', 'w1', BODY)]),
      plainWriter('w2', put('a', 'w2', { body: 'other' })),
      RELAY,
      SWEEPER,
    ],
  }),
  dualScenario(
    'RACE-57 a trigger of the application changes a row behind a dual write, beside a plain one, relay, sweeper',
    {
      processes: [
        dualWriter('w1', [{ ...put('a', 'w0'), behind: imageOf({ id: 'a', value: 'w1' }) }]),
        B2,
        RELAY,
        SWEEPER,
      ],
    },
  ),
  dualScenario('RACE-35 RACE-60 RACE-61 a repair of the verifier, a dual write, a plain write, a sweeper', {
    processes: [D1, B2, REPAIR, SWEEPER],
  }),
  dualScenario('RACE-61 two sweepers at what a dual write left, beside a plain write', {
    models: { copies: false },
    processes: [D1, B2, SWEEPER, SWEEPER_2],
  }),
  dualScenario('RACE-66 a reader, a dual write, a sweeper', {
    processes: [D1, { name: 'reader', script: reader('a') }, SWEEPER],
  }),
  dualScenario('RACE-66 a reader, a dual delete, a plain write, a relay', {
    processes: [dualWriter('w1', [gone('a')]), B2, { name: 'reader', script: reader('a') }, RELAY],
  }),
  dualScenario(
    'RACE-1 RACE-8 RACE-58 a load of two rows that may die once, a dual write, a plain delete, PostgreSQL crashes once',
    {
      rows: [A, B],
      crashes: 1,
      loaded: false,
      closing: loadClosing,
      models: { copies: false },
      processes: [D1, plainWriter('w2', gone('b')), { ...LOADER, again: 1 }],
    },
  ),
  dualScenario('RACE-1 RACE-58 RACE-69 a load, two plain writes of a row, relay, sweeper that prunes', {
    loaded: false,
    closing: loadClosing,
    processes: [plainWriter('w1', put('a', 'w1')), B2, RELAY, LOADER, SWEEPER],
  }),
  movingScenario('RACE-5 RACE-39 from off to dual under two clients', {
    mode: 'off',
    captured: false,
    loaded: false,
    compare: onceDual,
    processes: [C1, C2, orchestrating(BEGIN)],
  }),
  movingScenario('RACE-39 the circuit breaker: dual, load, dual, under two clients', {
    processes: [
      C1,
      C2,
      orchestrating([
        { move: { mode: 'load', readPercent: 0 } },
        { wait: 'settle' },
        { move: { mode: 'dual', readPercent: 0 } },
      ]),
    ],
  }),
  movingScenario('RACE-39 RACE-46 stopped and back under two clients', {
    processes: [
      C1,
      C2,
      orchestrating([
        { move: { mode: 'stopped', readPercent: 0 } },
        { wait: 'settle' },
        { move: { mode: 'dual', readPercent: 0 } },
      ]),
    ],
  }),
  movingScenario('RACE-59 a rewrite under a plain writer and a relay', {
    compare: onceDual,
    processes: [plainWriter('w1', put('a', 'w1')), RELAY_TASK, orchestrating(REWRITE)],
  }),
  movingScenario('RACE-59 the source is restored under a plain writer and a relay, and everything rewritten', {
    snapshot: true,
    compare: onceDual,
    processes: [plainWriter('w1', put('a', 'w1')), RELAY_TASK, orchestrating(RESTORE)],
  }),
  movingScenario('RACE-39 RACE-46 RACE-78 drained to complete under a client and a plain writer', {
    mode: 'reads',
    processes: [C1, B2, orchestrating(COMPLETE)],
  }),
  movingScenario('RACE-39 RACE-46 RACE-78 drained to complete under two clients', {
    mode: 'reads',
    processes: [C1, C2, orchestrating(COMPLETE)],
  }),
  movingScenario('RACE-43 drained, and back to reads, under a client and a plain writer', {
    mode: 'reads',
    processes: [
      C1,
      B2,
      orchestrating([
        { move: { mode: 'drained', readPercent: 0 } },
        { wait: 'settle' },
        { run: 'fence' },
        { run: 'drain' },
        { run: 'unfence' },
        { move: { mode: 'reads', readPercent: 100 } },
        { move: { mode: 'shadow', readPercent: 0 } },
      ]),
    ],
  }),
];
