import {
  A,
  B,
  CLAIM,
  dualWriter,
  EXCHANGE,
  NAMED,
  plainWriter,
  RELAY,
  RELAY_2,
  SWEEPER,
  dualScenario,
} from '../actors/actors.ts';
import { pointerFirst, releasedLast, unclaimed, unflushed } from '../broken/ports.ts';
import type { Mutation } from './mutation.ts';
import { imageOf } from '../model/rows.ts';
import { gone, put } from '../actors/writes.ts';

const W1 = [put('a', 'w1')];
const W2 = [put('a', 'w2')];
/** One writer's numbers are taken before it waits for the lock. */
const EARLY = dualWriter('w1', W1, { numberFirst: true });
const BESIDE = plainWriter('w2', put('a', 'w2'));

/** Nothing is late or lost: what the version condition covers shows once that is out as well. */
const BARE = { newer: false, losses: false, timeouts: false };

const behind = plainWriter('w1', { ...put('a', 'w0'), behind: imageOf({ id: 'a', value: 'w1' }) });

/** What a writer of both stores does. */
export const WRITING: readonly Mutation[] = [
  {
    name: 'rule a: a flush before a dual write',
    races: 'RACE-55',
    violation: /ABORTED WRITE VISIBLE/,
    scenario: dualScenario('a dual write, PostgreSQL crashes', {
      crashes: 1,
      processes: [dualWriter('w1', W1), BESIDE],
    }),
    changes: { processes: [dualWriter('w1', W1, { ports: unflushed }), BESIDE] },
  },
  {
    name: 'rule a: the mark that only a transaction that outlives the flush can take',
    races: 'RACE-55',
    violation: /ABORTED WRITE VISIBLE/,
    scenario: dualScenario('a dual write, PostgreSQL crashes', {
      crashes: 1,
      processes: [dualWriter('w1', W1), BESIDE],
    }),
    changes: { processes: [dualWriter('w1', W1, { marksLate: true }), BESIDE] },
  },
  {
    name: 'rule b: the version condition',
    races: 'RACE-1 RACE-15 RACE-23',
    violation: /VERSION FELL/,
    scenario: dualScenario('two relays', { processes: [plainWriter('w1', ...W1), BESIDE, RELAY, RELAY_2] }),
    changes: { models: { newer: false } },
  },
  {
    name: 'rule b: tombstones',
    races: 'RACE-2 RACE-3 RACE-61',
    violation: /RESURRECTED/,
    scenario: dualScenario('written, then deleted', {
      processes: [dualWriter('w1', W1), plainWriter('w2', gone('a')), RELAY],
    }),
    changes: { models: { tombstones: false } },
  },
  {
    name: 'rule b: no tombstone expires before complete',
    races: 'RACE-68',
    violation: /RESURRECTED/,
    scenario: dualScenario('written, then deleted', {
      processes: [plainWriter('w1', ...W1), plainWriter('w2', gone('a')), RELAY],
    }),
    changes: { models: { expiry: true } },
  },
  {
    name: 'numbers are taken under the lock of the row',
    races: 'RACE-15 RACE-19',
    violation: /LOST/,
    scenario: dualScenario('two writers', { processes: [dualWriter('w1', W1), BESIDE, RELAY] }),
    changes: { processes: [EARLY, BESIDE, RELAY] },
  },
  {
    name: 'the trigger re-reads the row',
    races: 'RACE-57',
    violation: /ABORTED WRITE VISIBLE/,
    scenario: dualScenario('a trigger of the application changes the row', { processes: [behind, RELAY] }),
    changes: { models: { rereads: false } },
  },
  {
    name: 'intents',
    races: 'RACE-12 RACE-17',
    violation: /ABORTED WRITE VISIBLE/,
    scenario: dualScenario('a dual write dies', { processes: [dualWriter('w1', W1)] }),
    changes: { models: { intents: false } },
  },
  {
    name: 'body before pointer',
    races: 'RACE-24',
    violation: /POINTER WITHOUT A BODY/,
    scenario: dualScenario('a body', { processes: [dualWriter('w1', [put('a', 'w1', { body: 'long' })])] }),
    changes: { processes: [dualWriter('w1', [put('a', 'w1', { body: 'long' })], { ports: pointerFirst })] },
  },
  {
    name: 'the key that a row leaves becomes a tombstone in the same transaction',
    races: 'RACE-22',
    violation: /RESURRECTED/,
    scenario: dualScenario('a key change', {
      processes: [dualWriter('w1', [put('a', 'w1', { place: 'away' })]), SWEEPER],
    }),
    changes: { models: { oldKeys: false } },
  },
  {
    name: 'uniqueness items in the same transaction',
    races: 'RACE-21',
    violation: /RESURRECTED|LOST/,
    scenario: dualScenario('a name is given up and taken', {
      rows: [{ ...A, name: 'n' }, B],
      processes: [dualWriter('w1', W1), dualWriter('w2', [CLAIM])],
    }),
    changes: {
      processes: [dualWriter('w1', W1, { ports: unclaimed }), dualWriter('w2', [CLAIM], { ports: unclaimed })],
    },
  },
  {
    name: 'the old key has the columns of a condition of unique',
    races: 'RACE-21',
    violation: /LOST/,
    scenario: dualScenario('a row outside the condition of its name is deleted, and another has the name', {
      rows: [
        { ...A, name: 'n', gone: 'since' },
        { ...B, name: 'n' },
      ],
      processes: [dualWriter('w1', [gone('a')])],
    }),
    changes: { models: { oldConditions: false } },
  },
  {
    name: 'a name belongs to the row that has it last',
    races: 'RACE-21',
    violation: /LOST/,
    scenario: dualScenario('two rows exchange their names', {
      rows: NAMED,
      processes: [dualWriter('w1', EXCHANGE)],
    }),
    changes: { processes: [dualWriter('w1', EXCHANGE, { ports: releasedLast })] },
  },
  {
    name: 'a new token per attempt',
    races: 'RACE-73',
    violation: /FAILS FOR TEN MINUTES/,
    scenario: dualScenario('contention', {
      models: { conflicts: true },
      processes: [dualWriter('w1', W1), dualWriter('w2', W2)],
    }),
    changes: { processes: [dualWriter('w1', W1, { token: (name) => name }), dualWriter('w2', W2)] },
  },
  {
    name: 'the idempotency token, once the version condition is out',
    races: 'RACE-14',
    violation: /VERSION FELL/,
    scenario: dualScenario('requests are repeated', {
      models: { ...BARE, tokens: true },
      processes: [dualWriter('w1', W1), dualWriter('w2', W2)],
    }),
    changes: { models: { ...BARE, tokens: false } },
  },
  {
    name: 'the done mark, once the version condition is out',
    races: 'RACE-25',
    violation: /VERSION FELL/,
    scenario: dualScenario('two dual writes and a relay', {
      models: { ...BARE, copies: false },
      processes: [dualWriter('w1', W1), dualWriter('w2', W2), RELAY],
    }),
    changes: { processes: [dualWriter('w1', W1, { unmarked: true }), dualWriter('w2', W2), RELAY] },
  },
];
