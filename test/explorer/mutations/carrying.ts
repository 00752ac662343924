import { A, B, CLAIM, dualWriter, LOADER, plainWriter, RELAY, REPAIR, SWEEPER, world } from '../actors/actors.ts';
import {
  anyLife,
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
import type { Defence } from './mutation.ts';
import { asked } from '../actors/ports.ts';
import type { Script } from '../actors/process.ts';
import { reader } from '../actors/reader.ts';
import { loader, relay, repairer, sweeper } from '../actors/tasks.ts';
import type { ProcessSpec } from '../state-space.ts';
import { gone, put } from '../actors/writes.ts';

const DUAL = dualWriter('w1', [put('a', 'w1')]);
const PLAIN = plainWriter('w1', put('a', 'w1'));
const CLOSING = [relay(), sweeper()];

const relaying = world('a relay, PostgreSQL crashes', { crashes: 1, processes: [PLAIN, RELAY] });
const loading = world('a load, PostgreSQL crashes', {
  crashes: 1,
  loaded: false,
  closing: [loader(10), ...CLOSING],
  processes: [PLAIN, LOADER],
});
const emptied = world('a load that finds nothing, PostgreSQL crashes', {
  crashes: 1,
  loaded: false,
  closing: [loader(10), ...CLOSING],
  processes: [plainWriter('w2', gone('a')), LOADER],
});
const repairing = world('a repair beside a dual write', { processes: [DUAL, REPAIR] });
const aborting = world('a dual write that may abort', { processes: [DUAL, SWEEPER] });
const rising = world('an aborted dual write, then two others', {
  processes: [DUAL, plainWriter('w2', put('a', 'w2')), plainWriter('w3', put('a', 'w3')), SWEEPER],
});
const twoKeys = world('two rows in one dual write, another of the first, a sweeper', {
  rows: [A, B],
  processes: [dualWriter('w1', [put('a', 'w1'), put('b', 'w1')]), dualWriter('w2', [put('a', 'w2')]), SWEEPER],
});
const passing = world('a name passes on, and back', {
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
export const CARRYING: readonly Defence[] = [
  {
    name: 'rule a: a flush before the relay puts',
    races: 'RACE-56',
    violation: /ABORTED WRITE VISIBLE/,
    whole: relaying,
    out: { processes: [PLAIN, as('relay', relay(unflushed))] },
  },
  {
    name: 'rule a: the relay flushes in the life that it read',
    races: 'RACE-56',
    violation: /ABORTED WRITE VISIBLE/,
    whole: relaying,
    out: { processes: [PLAIN, as('relay', relay(anyLife))] },
  },
  {
    name: 'rule a: the load flushes in the life that it read',
    races: 'RACE-56',
    violation: /ABORTED WRITE VISIBLE/,
    whole: loading,
    out: { processes: [PLAIN, as('loader', loader(1, anyLife))] },
  },
  {
    name: 'rule a: a repair flushes in the life that it read',
    races: 'RACE-56',
    violation: /ABORTED WRITE VISIBLE/,
    whole: world('a repair, PostgreSQL crashes', { crashes: 1, processes: [PLAIN, REPAIR] }),
    out: { processes: [PLAIN, as('repair', repairer('a', anyLife))] },
  },
  {
    name: 'the load inserts where nothing stands',
    races: 'RACE-1 RACE-58',
    violation: /VERSION FELL/,
    whole: world('a load under a dual write', {
      loaded: false,
      closing: [loader(10), ...CLOSING],
      processes: [DUAL, LOADER],
    }),
    out: { models: { absent: false } },
  },
  {
    name: 'no tombstone expires while a load is under way',
    races: 'RACE-68',
    violation: /RESURRECTED/,
    whole: world('a load beside a plain delete', {
      loaded: false,
      closing: [loader(10), ...CLOSING],
      processes: [plainWriter('w2', gone('a')), RELAY, LOADER],
    }),
    out: { models: { expiry: true } },
  },
  {
    name: 'the checkpoint after the acknowledgement',
    races: 'RACE-8',
    violation: /ROW LOST/,
    whole: world('a load dies', {
      rows: [A, B],
      loaded: false,
      closing: [loader(10), ...CLOSING],
      processes: [LOADER],
    }),
    out: { processes: [as('loader', checkpointsFirst)] },
  },
  {
    name: 'rule a: a page without rows is flushed too before its checkpoint',
    races: 'RACE-8 RACE-56',
    violation: /ROW LOST/,
    whole: emptied,
    out: { processes: [plainWriter('w2', gone('a')), as('loader', loader(1, unflushed))] },
  },
  {
    name: 'the relay marks after it has applied',
    races: 'RACE-23',
    violation: /LOST/,
    whole: world('a relay dies', { processes: [PLAIN, RELAY] }),
    out: { processes: [PLAIN, as('relay', relay(doneFirst))] },
  },
  {
    name: 'rule c: a repair puts where _v and _t are as seen',
    races: 'RACE-35',
    violation: /VERSION FELL/,
    whole: repairing,
    out: { models: { asSeen: false } },
  },
  {
    name: 'rule c: the source is read after the item',
    races: 'RACE-60',
    violation: /LOST/,
    whole: repairing,
    out: { processes: [DUAL, as('repair', repairer('a', sourceFirst))] },
  },
  {
    name: 'rule c: the source is read after the intent',
    races: 'RACE-60',
    violation: /LOST/,
    whole: repairing,
    out: {
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
    whole: repairing,
    out: { processes: [DUAL, as('repair', repairer('a', intentIgnored))] },
  },
  {
    name: 'rule c: a repair never lowers a version',
    races: 'RACE-61',
    violation: /VERSION FELL/,
    whole: aborting,
    out: { processes: [DUAL, as('sweeper', sweeper(sourceVersion))] },
  },
  {
    name: 'rule c: a repair rises to the version of the source',
    races: 'RACE-61',
    violation: /OLDER OVER NEWER/,
    whole: rising,
    out: { processes: [...rising.processes.slice(0, 3), RELAY, as('sweeper', sweeper(seenVersion))] },
  },
  {
    name: 'rule c: per key',
    races: 'RACE-62',
    violation: /ABORTED WRITE VISIBLE/,
    whole: twoKeys,
    out: { processes: [...twoKeys.processes.slice(0, 2), as('sweeper', sweepAtOnce)] },
  },
  {
    name: 'rule c: a tombstone for any key that the row does not have',
    races: 'RACE-63',
    violation: /ABORTED WRITE VISIBLE/,
    whole: world('an aborted key change', { processes: [dualWriter('w1', moved), SWEEPER] }),
    out: { processes: [dualWriter('w1', moved, { ports: ownKeysOnly })], closing: [relay(), sweeper(ownKeysOnly)] },
  },
  {
    name: 'rule c: a claim that has passed to another row is left alone',
    races: 'RACE-21',
    violation: /LOST/,
    whole: passing,
    out: { closing: [relay(), sweeper(claimsForgotten)] },
  },
  {
    name: "the reader looks at an item's intent",
    races: 'RACE-66',
    violation: /UNCOMMITTED VALUE SHOWN/,
    whole: world('a reader', { processes: [DUAL, as('reader', reader('a')), SWEEPER] }),
    out: { processes: [DUAL, as('reader', reader('a', undefined, false)), SWEEPER] },
  },
  {
    name: 'the reader reads the item again once its intent is gone',
    races: 'RACE-66',
    violation: /UNCOMMITTED VALUE SHOWN/,
    whole: world('a reader', { processes: [DUAL, as('reader', reader('a')), SWEEPER] }),
    out: { processes: [DUAL, as('reader', reader('a', readOnce)), SWEEPER] },
  },
];
