import {
  A,
  B,
  CLAIM,
  dualWriter,
  LOADER,
  plainWriter,
  RELAY,
  REPAIR,
  SWEEPER,
  dualScenario,
} from '../actors/actors.ts';
import {
  anyIncarnation,
  checkpointFirst,
  claimsForgotten,
  doneFirst,
  intentIgnored,
  ownKeysOnly,
  readOnce,
  seenVersion,
  sourceBeforeIntent,
  sourceFirst,
  sourceVersion,
  unflushed,
} from '../broken/ports.ts';
import { sweepAtOnce } from '../broken/repair-at-once.ts';
import type { Mutation } from './mutation.ts';
import { asked } from '../actors/ports.ts';
import type { Script } from '../actors/process.ts';
import { reader } from '../actors/reader.ts';
import { loader, relay, repairer, sweeper } from '../actors/tasks.ts';
import type { ProcessSpec } from '../state-space.ts';
import { gone, put } from '../actors/writes.ts';

const DUAL = dualWriter('w1', [put('a', 'w1')]);
const PLAIN = plainWriter('w1', put('a', 'w1'));
const CLOSING = [relay(), sweeper()];

const relaying = dualScenario('a relay, PostgreSQL crashes', { crashes: 1, processes: [PLAIN, RELAY] });
const loading = dualScenario('a load, PostgreSQL crashes', {
  crashes: 1,
  loaded: false,
  closing: [loader(10), ...CLOSING],
  processes: [PLAIN, LOADER],
});
const emptied = dualScenario('a load that finds nothing, PostgreSQL crashes', {
  crashes: 1,
  loaded: false,
  closing: [loader(10), ...CLOSING],
  processes: [plainWriter('w2', gone('a')), LOADER],
});
const repairing = dualScenario('a repair beside a dual write', { processes: [DUAL, REPAIR] });
const aborting = dualScenario('a dual write that may abort', { processes: [DUAL, SWEEPER] });
const rising = dualScenario('an aborted dual write, then two others', {
  processes: [DUAL, plainWriter('w2', put('a', 'w2')), plainWriter('w3', put('a', 'w3')), SWEEPER],
});
const twoKeys = dualScenario('two rows in one dual write, another of the first, a sweeper', {
  rows: [A, B],
  processes: [dualWriter('w1', [put('a', 'w1'), put('b', 'w1')]), dualWriter('w2', [put('a', 'w2')]), SWEEPER],
});
const passing = dualScenario('a name passes on, and back', {
  rows: [{ ...A, name: 'n' }, B],
  processes: [PLAIN, dualWriter('w2', [CLAIM]), plainWriter('w3', put('a', 'w3', { name: 'n' }))],
});
const moved = [put('a', 'w1', { place: 'away' })];

const checkpointsFirst: Script = (call) =>
  loader(
    1,
    checkpointFirst(async (after) => {
      const value = { after, rows: 0, items: 0, done: false };
      await asked(call, { on: 'control', do: 'saveCheckpoint', value }, 'done');
    }),
  )(call);

const as = (name: string, script: Script): ProcessSpec => ({ name, script });

/** What relay, load, repair and readers do. */
export const CARRYING: readonly Mutation[] = [
  {
    name: 'rule a: a flush before the relay puts',
    races: 'RACE-56',
    violation: /ABORTED WRITE VISIBLE/,
    scenario: relaying,
    changes: { processes: [PLAIN, as('relay', relay(unflushed))] },
  },
  {
    name: 'rule a: the relay flushes in the incarnation that it read',
    races: 'RACE-56',
    violation: /ABORTED WRITE VISIBLE/,
    scenario: relaying,
    changes: { processes: [PLAIN, as('relay', relay(anyIncarnation))] },
  },
  {
    name: 'rule a: the load flushes in the incarnation that it read',
    races: 'RACE-56',
    violation: /ABORTED WRITE VISIBLE/,
    scenario: loading,
    changes: { processes: [PLAIN, as('loader', loader(1, anyIncarnation))] },
  },
  {
    name: 'rule a: a repair flushes in the incarnation that it read',
    races: 'RACE-56',
    violation: /ABORTED WRITE VISIBLE/,
    scenario: dualScenario('a repair, PostgreSQL crashes', { crashes: 1, processes: [PLAIN, REPAIR] }),
    changes: { processes: [PLAIN, as('repair', repairer('a', anyIncarnation))] },
  },
  {
    name: 'the load inserts where nothing stands',
    races: 'RACE-1 RACE-58',
    violation: /VERSION FELL/,
    scenario: dualScenario('a load under a dual write', {
      loaded: false,
      closing: [loader(10), ...CLOSING],
      processes: [DUAL, LOADER],
    }),
    changes: { models: { absent: false } },
  },
  {
    name: 'no tombstone expires while a load is under way',
    races: 'RACE-68',
    violation: /RESURRECTED/,
    scenario: dualScenario('a load beside a plain delete', {
      loaded: false,
      closing: [loader(10), ...CLOSING],
      processes: [plainWriter('w2', gone('a')), RELAY, LOADER],
    }),
    changes: { models: { expiry: true } },
  },
  {
    name: 'the checkpoint after the acknowledgement',
    races: 'RACE-8',
    violation: /ROW LOST/,
    scenario: dualScenario('a load dies', {
      rows: [A, B],
      loaded: false,
      closing: [loader(10), ...CLOSING],
      processes: [LOADER],
    }),
    changes: { processes: [as('loader', checkpointsFirst)] },
  },
  {
    name: 'rule a: a page without rows is flushed too before its checkpoint',
    races: 'RACE-8 RACE-56',
    violation: /ROW LOST/,
    scenario: emptied,
    changes: { processes: [plainWriter('w2', gone('a')), as('loader', loader(1, unflushed))] },
  },
  {
    name: 'the relay marks after it has applied',
    races: 'RACE-23',
    violation: /LOST/,
    scenario: dualScenario('a relay dies', { processes: [PLAIN, RELAY] }),
    changes: { processes: [PLAIN, as('relay', relay(doneFirst))] },
  },
  {
    name: 'rule c: a repair puts where _v and _t are as seen',
    races: 'RACE-35',
    violation: /VERSION FELL/,
    scenario: repairing,
    changes: { models: { asSeen: false } },
  },
  {
    name: 'rule c: the source is read after the item',
    races: 'RACE-60',
    violation: /LOST/,
    scenario: repairing,
    changes: { processes: [DUAL, as('repair', repairer('a', sourceFirst))] },
  },
  {
    name: 'rule c: the source is read after the intent',
    races: 'RACE-60',
    violation: /LOST/,
    scenario: repairing,
    changes: {
      processes: [
        DUAL,
        as(
          'repair',
          repairer('a', (ports) => sourceBeforeIntent(ports, 'a')),
        ),
      ],
    },
  },
  {
    name: "rule c: the item's intent is looked at",
    races: 'RACE-60',
    violation: /LOST/,
    scenario: repairing,
    changes: { processes: [DUAL, as('repair', repairer('a', intentIgnored))] },
  },
  {
    name: 'rule c: a repair never lowers a version',
    races: 'RACE-61',
    violation: /VERSION FELL/,
    scenario: aborting,
    changes: { processes: [DUAL, as('sweeper', sweeper(sourceVersion))] },
  },
  {
    name: 'rule c: a repair rises to the version of the source',
    races: 'RACE-61',
    violation: /OLDER OVER NEWER/,
    scenario: rising,
    changes: { processes: [...rising.processes.slice(0, 3), RELAY, as('sweeper', sweeper(seenVersion))] },
  },
  {
    name: 'rule c: per key',
    races: 'RACE-62',
    violation: /ABORTED WRITE VISIBLE/,
    scenario: twoKeys,
    changes: { processes: [...twoKeys.processes.slice(0, 2), as('sweeper', sweepAtOnce)] },
  },
  {
    name: 'rule c: a tombstone for any key that the row does not have',
    races: 'RACE-63',
    violation: /ABORTED WRITE VISIBLE/,
    scenario: dualScenario('an aborted key change', { processes: [dualWriter('w1', moved), SWEEPER] }),
    changes: { processes: [dualWriter('w1', moved, { ports: ownKeysOnly })], closing: [relay(), sweeper(ownKeysOnly)] },
  },
  {
    name: 'rule c: a claim that has passed to another row is left alone',
    races: 'RACE-21',
    violation: /LOST/,
    scenario: passing,
    changes: { closing: [relay(), sweeper(claimsForgotten)] },
  },
  {
    name: "the reader looks at an item's intent",
    races: 'RACE-66',
    violation: /UNCOMMITTED VALUE SHOWN/,
    scenario: dualScenario('a reader', { processes: [DUAL, as('reader', reader('a')), SWEEPER] }),
    changes: { processes: [DUAL, as('reader', reader('a', undefined, false)), SWEEPER] },
  },
  {
    name: 'the reader reads the item again once its intent is gone',
    races: 'RACE-66',
    violation: /UNCOMMITTED VALUE SHOWN/,
    scenario: dualScenario('a reader', { processes: [DUAL, as('reader', reader('a')), SWEEPER] }),
    changes: { processes: [DUAL, as('reader', reader('a', readOnce)), SWEEPER] },
  },
];
