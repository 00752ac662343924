import { asked } from './ports.ts';
import {
  anyLife,
  checkpointFirst,
  doneFirst,
  intentIgnored,
  ownKeysOnly,
  pointerFirst,
  readOnce,
  refusedIsDone,
  seenVersion,
  sourceBeforeIntent,
  sourceFirst,
  sourceVersion,
  unflushed,
} from './broken/ports.ts';
import { sweepAtOnce } from './broken/repair-at-once.ts';
import { orchestrator, type Order } from './orchestrator.ts';
import type { ProcessSpec } from './world.ts';
import { reader } from './reader.ts';
import { loader, loadTask, relay, relayTask, repairer, sweeper, sweepTask } from './tasks.ts';
import type { Scenario } from './scenario.ts';
import { bypass, client, dual } from './writers.ts';
import { gone, put } from './writes.ts';

/** One defence, and a small world in which its absence shows. */
export interface Defence {
  readonly name: string;
  readonly races: string;
  /** What the explorer has to find once it is out. */
  readonly violation: RegExp;
  /** The same world with the defence in place: explored without a finding. */
  readonly whole: Scenario;
  readonly broken: Scenario;
}

const A = { id: 'a', value: 'init' };
const B = { id: 'b', value: 'init' };
const RELAY: ProcessSpec = { name: 'relay', script: relay() };
const SWEEPER: ProcessSpec = { name: 'sweeper', script: sweeper() };
const CLOSING = [relay(), sweeper()];

function world(name: string, more: Partial<Scenario> & Pick<Scenario, 'processes'>): Scenario {
  return { name, rows: [A], crashes: 0, closing: CLOSING, ...more };
}

const dualWriter = (name: string, ...writes: Parameters<typeof dual>[1]): ProcessSpec => ({ name, script: dual(name, writes) });
const plainWriter = (name: string, ...writes: Parameters<typeof bypass>[1]): ProcessSpec => ({ name, script: bypass(name, writes) });

/** Lease wait, fence, drain, T, look again, verify, complete: as the decommission machine does. */
export const COMPLETE: readonly Order[] = [
  { move: { mode: 'drained', readPercent: 0 } },
  { wait: 'settle' },
  { run: 'fence' },
  { run: 'drain' },
  { wait: 'requests' },
  { run: 'still drained' },
  { run: 'verify' },
  { move: { mode: 'complete', readPercent: 0 } },
];

const without = (orders: readonly Order[], left: (order: Order) => boolean): readonly Order[] => orders.filter((order) => !left(order));

function completing(name: string, orders: readonly Order[], writer: ProcessSpec, more: Partial<Scenario> = {}): Scenario {
  return {
    name,
    rows: [A],
    crashes: 0,
    mode: 'reads',
    processes: [writer, { name: 'orchestrator', script: orchestrator(orders) }],
    closing: [relayTask(), sweepTask()],
    ...more,
  };
}

const aClient: ProcessSpec = { name: 'w1', script: client('w1', put('a', 'w1')) };

export const DEFENCES: readonly Defence[] = [
  {
    name: 'rule a: flush before a dual write',
    races: 'RACE-55',
    violation: /ABORTED WRITE VISIBLE|LOST|UNSETTLED/,
    whole: world('dual write, PostgreSQL crashes', { crashes: 1, processes: [dualWriter('w1', put('a', 'w1'))] }),
    broken: world('dual write, PostgreSQL crashes', {
      crashes: 1,
      processes: [{ name: 'w1', script: dual('w1', [put('a', 'w1')], { ports: unflushed }) }],
    }),
  },
  {
    name: 'rule a: the mark, which only a transaction that outlives the flush can take',
    races: 'RACE-55',
    violation: /ABORTED WRITE VISIBLE|LOST|UNSETTLED/,
    whole: world('dual write, PostgreSQL crashes', { crashes: 1, processes: [dualWriter('w1', put('a', 'w1')), plainWriter('w2', put('a', 'w2'))] }),
    broken: world('dual write, PostgreSQL crashes', {
      crashes: 1,
      processes: [{ name: 'w1', script: dual('w1', [put('a', 'w1')], { marksLate: true }) }, plainWriter('w2', put('a', 'w2'))],
    }),
  },
  {
    name: 'rule a: flush before the relay puts',
    races: 'RACE-56',
    violation: /ABORTED WRITE VISIBLE/,
    whole: world('relay, PostgreSQL crashes', { crashes: 1, processes: [plainWriter('w1', put('a', 'w1')), RELAY] }),
    broken: world('relay, PostgreSQL crashes', {
      crashes: 1,
      processes: [plainWriter('w1', put('a', 'w1')), { name: 'relay', script: relay(unflushed) }],
    }),
  },
  {
    name: 'rule a: the relay flushes in the life that it read',
    races: 'RACE-56',
    violation: /ABORTED WRITE VISIBLE/,
    whole: world('relay, PostgreSQL crashes', { crashes: 1, processes: [plainWriter('w1', put('a', 'w1')), RELAY] }),
    broken: world('relay, PostgreSQL crashes', {
      crashes: 1,
      processes: [plainWriter('w1', put('a', 'w1')), { name: 'relay', script: relay(anyLife) }],
    }),
  },
  {
    name: 'rule a: the load flushes in the life that it read',
    races: 'RACE-56',
    violation: /ABORTED WRITE VISIBLE/,
    whole: world('load, PostgreSQL crashes', { crashes: 1, loaded: false, closing: [loader(10), ...CLOSING], processes: [plainWriter('w1', put('a', 'w1')), { name: 'loader', script: loader(1) }] }),
    broken: world('load, PostgreSQL crashes', {
      crashes: 1,
      loaded: false,
      closing: [loader(10), ...CLOSING],
      processes: [plainWriter('w1', put('a', 'w1')), { name: 'loader', script: loader(1, anyLife) }],
    }),
  },
  {
    name: 'rule a: a repair flushes in the life that it read',
    races: 'RACE-56',
    violation: /ABORTED WRITE VISIBLE/,
    whole: world('repair, PostgreSQL crashes', { crashes: 1, processes: [plainWriter('w1', put('a', 'w1')), { name: 'repair', script: repairer('a') }] }),
    broken: world('repair, PostgreSQL crashes', {
      crashes: 1,
      processes: [plainWriter('w1', put('a', 'w1')), { name: 'repair', script: repairer('a', anyLife) }],
    }),
  },
  {
    name: 'rule b: version condition on the relay',
    races: 'RACE-1 RACE-15 RACE-23',
    violation: /OLDER OVER NEWER|VERSION FELL|LOST/,
    whole: world('two relays', { processes: [plainWriter('w1', put('a', 'w1')), plainWriter('w2', put('a', 'w2')), RELAY, { name: 'relay2', script: relay() }] }),
    broken: world('two relays', {
      models: { newer: false },
      processes: [plainWriter('w1', put('a', 'w1')), plainWriter('w2', put('a', 'w2')), RELAY, { name: 'relay2', script: relay() }],
    }),
  },
  {
    name: 'rule b: insert where absent, for the load',
    races: 'RACE-1 RACE-58',
    violation: /OLDER OVER NEWER|VERSION FELL|LOST/,
    whole: world('load under a dual write', { loaded: false, closing: [loader(10), ...CLOSING], processes: [dualWriter('w1', put('a', 'w1')), { name: 'loader', script: loader(1) }] }),
    broken: world('load under a dual write', {
      loaded: false,
      models: { absent: false },
      closing: [loader(10), ...CLOSING],
      processes: [dualWriter('w1', put('a', 'w1')), { name: 'loader', script: loader(1) }],
    }),
  },
  {
    name: 'tombstones',
    races: 'RACE-2 RACE-3 RACE-61',
    violation: /RESURRECTED|ABORTED WRITE VISIBLE/,
    whole: world('write, then delete, relayed', { processes: [dualWriter('w1', put('a', 'w1')), plainWriter('w2', gone('a')), RELAY] }),
    broken: world('write, then delete, relayed', {
      models: { tombstones: false },
      processes: [dualWriter('w1', put('a', 'w1')), plainWriter('w2', gone('a')), RELAY],
    }),
  },
  {
    name: 'tombstones until complete: no TTL before',
    races: 'RACE-68',
    violation: /RESURRECTED|ABORTED WRITE VISIBLE/,
    whole: world('write, then delete, relayed', { processes: [plainWriter('w1', put('a', 'w1')), plainWriter('w2', gone('a')), RELAY] }),
    broken: world('write, then delete, relayed', {
      models: { expiry: true },
      processes: [plainWriter('w1', put('a', 'w1')), plainWriter('w2', gone('a')), RELAY],
    }),
  },
  {
    name: 'rule c: repairs put where _v and _t are as seen',
    races: 'RACE-35',
    violation: /OLDER OVER NEWER|VERSION FELL|LOST/,
    whole: world('repair beside a dual write', { processes: [dualWriter('w1', put('a', 'w1')), { name: 'repair', script: repairer('a') }] }),
    broken: world('repair beside a dual write', {
      models: { asSeen: false },
      processes: [dualWriter('w1', put('a', 'w1')), { name: 'repair', script: repairer('a') }],
    }),
  },
  {
    name: 'rule c: the source is read after the item',
    races: 'RACE-60',
    violation: /LOST/,
    whole: world('repair beside a dual write', { processes: [dualWriter('w1', put('a', 'w1')), { name: 'repair', script: repairer('a') }] }),
    broken: world('repair beside a dual write', {
      processes: [dualWriter('w1', put('a', 'w1')), { name: 'repair', script: repairer('a', sourceFirst) }],
    }),
  },
  {
    name: 'rule c: the source is read after the intent',
    races: 'RACE-60',
    violation: /LOST/,
    whole: world('repair beside a dual write', { processes: [dualWriter('w1', put('a', 'w1')), { name: 'repair', script: repairer('a') }] }),
    broken: world('repair beside a dual write', {
      processes: [
        dualWriter('w1', put('a', 'w1')),
        { name: 'repair', script: repairer('a', (ports) => sourceBeforeIntent(ports, 'a')) },
      ],
    }),
  },
  {
    name: 'rule c: the intent of the item is looked at',
    races: 'RACE-60',
    violation: /LOST/,
    whole: world('repair beside a dual write', { processes: [dualWriter('w1', put('a', 'w1')), { name: 'repair', script: repairer('a') }] }),
    broken: world('repair beside a dual write', {
      processes: [dualWriter('w1', put('a', 'w1')), { name: 'repair', script: repairer('a', intentIgnored) }],
    }),
  },
  {
    name: 'rule c: a repair never lowers a version',
    races: 'RACE-61',
    violation: /VERSION FELL|ABORTED WRITE VISIBLE/,
    whole: world('an aborted dual write', { processes: [dualWriter('w1', put('a', 'w1')), SWEEPER] }),
    broken: world('an aborted dual write', {
      processes: [dualWriter('w1', put('a', 'w1')), { name: 'sweeper', script: sweeper(sourceVersion) }],
    }),
  },
  {
    name: 'rule c: a repair rises to the version of the source',
    races: 'RACE-61',
    violation: /OLDER OVER NEWER|LOST/,
    whole: world('an aborted dual write, then a plain one', {
      processes: [dualWriter('w1', put('a', 'w1')), plainWriter('w2', put('a', 'w2')), plainWriter('w3', put('a', 'w3')), RELAY, SWEEPER],
    }),
    broken: world('an aborted dual write, then a plain one', {
      processes: [
        dualWriter('w1', put('a', 'w1')),
        plainWriter('w2', put('a', 'w2')),
        plainWriter('w3', put('a', 'w3')),
        RELAY,
        { name: 'sweeper', script: sweeper(seenVersion) },
      ],
    }),
  },
  {
    name: 'rule c: per key',
    races: 'RACE-62',
    violation: /ABORTED WRITE VISIBLE/,
    whole: world('two keys at once, one overtaken', { rows: [A, B], processes: [dualWriter('w1', put('a', 'w1'), put('b', 'w1')), dualWriter('w2', put('a', 'w2'))] }),
    broken: world('two keys at once, one overtaken', {
      rows: [A, B],
      closing: [relay(), sweepAtOnce],
      processes: [
        dualWriter('w1', put('a', 'w1'), put('b', 'w1')),
        dualWriter('w2', put('a', 'w2')),
        { name: 'sweeper', script: sweepAtOnce },
      ],
    }),
  },
  {
    name: 'rule c: a tombstone for any key that the row does not have',
    races: 'RACE-63',
    violation: /ABORTED WRITE VISIBLE|RESURRECTED/,
    whole: world('an aborted key change', { processes: [dualWriter('w1', put('a', 'w1', { place: 'away' })), SWEEPER] }),
    broken: world('an aborted key change', {
      processes: [{ name: 'w1', script: dual('w1', [put('a', 'w1', { place: 'away' })], { ports: ownKeysOnly }) }],
      closing: [relay(), sweeper(ownKeysOnly)],
    }),
  },
  {
    name: 'intents',
    races: 'RACE-12 RACE-17',
    violation: /ABORTED WRITE VISIBLE/,
    whole: world('a dual write dies', { processes: [dualWriter('w1', put('a', 'w1'))] }),
    broken: world('a dual write dies', { models: { intents: false }, processes: [dualWriter('w1', put('a', 'w1'))] }),
  },
  {
    name: 'numbers are taken under the lock of the row',
    races: 'RACE-15 RACE-19',
    violation: /OLDER OVER NEWER|LOST/,
    whole: world('two dual writes', { processes: [dualWriter('w1', put('a', 'w1')), dualWriter('w2', put('a', 'w2'))] }),
    broken: world('two dual writes', {
      processes: [
        { name: 'w1', script: dual('w1', [put('a', 'w1')], { numberFirst: true }) },
        { name: 'w2', script: bypass('w2', [put('a', 'w2')]) },
        RELAY,
      ],
    }),
  },
  {
    name: 'the old key becomes a tombstone in the same transaction',
    races: 'RACE-22',
    violation: /RESURRECTED|UNSETTLED/,
    whole: world('a key change', { processes: [dualWriter('w1', put('a', 'w1', { place: 'away' }))] }),
    broken: world('a key change', { models: { oldKeys: false }, processes: [dualWriter('w1', put('a', 'w1', { place: 'away' }))] }),
  },
  {
    name: 'the trigger re-reads the row',
    races: 'RACE-57',
    violation: /LOST|ABORTED/,
    whole: world('an application trigger', { processes: [plainWriter('w1', { ...put('a', 'w0'), behind: put('a', 'w1').row ?? {} }), RELAY] }),
    broken: world('an application trigger', {
      models: { rereads: false },
      processes: [plainWriter('w1', { ...put('a', 'w0'), behind: put('a', 'w1').row ?? {} }), RELAY],
    }),
  },
  {
    name: 'the relay marks after it has applied',
    races: 'RACE-23',
    violation: /LOST/,
    whole: world('a relay dies', { processes: [plainWriter('w1', put('a', 'w1')), RELAY] }),
    broken: world('a relay dies', { processes: [plainWriter('w1', put('a', 'w1')), { name: 'relay', script: relay(doneFirst) }] }),
  },
  {
    name: 'body before pointer',
    races: 'RACE-24',
    violation: /POINTER WITHOUT A BODY/,
    whole: world('a body', { processes: [dualWriter('w1', put('a', 'w1', { body: 'long' }))] }),
    broken: world('a body', { processes: [{ name: 'w1', script: dual('w1', [put('a', 'w1', { body: 'long' })], { ports: pointerFirst }) }] }),
  },
  {
    name: 'checkpoint after acknowledgement',
    races: 'RACE-8',
    violation: /ROW LOST/,
    whole: world('a load dies', { rows: [A, B], loaded: false, closing: [loader(10), ...CLOSING], processes: [{ name: 'loader', script: loader(1) }] }),
    broken: world('a load dies', {
      rows: [A, B],
      loaded: false,
      closing: [loader(10), ...CLOSING],
      processes: [
        {
          name: 'loader',
          script: (call) =>
            loader(
              1,
              checkpointFirst(async (after) => {
                const value = { after, rows: 0, items: 0, done: false };
                await asked(call, { on: 'control', do: 'saveCheckpoint', value }, 'done');
              }),
            )(call),
        },
      ],
    }),
  },
  {
    name: "the reader looks at an item's intent",
    races: 'RACE-66',
    violation: /UNCOMMITTED VALUE SHOWN/,
    whole: world('a reader', { processes: [dualWriter('w1', put('a', 'w1')), { name: 'reader', script: reader('a') }, SWEEPER] }),
    broken: world('a reader', { processes: [dualWriter('w1', put('a', 'w1')), { name: 'reader', script: reader('a', undefined, false) }] }),
  },
  {
    name: 'the reader reads the item again once its intent is gone',
    races: 'RACE-66',
    violation: /UNCOMMITTED VALUE SHOWN/,
    whole: world('a reader', { processes: [dualWriter('w1', put('a', 'w1')), { name: 'reader', script: reader('a') }, SWEEPER] }),
    broken: world('a reader', { processes: [dualWriter('w1', put('a', 'w1')), { name: 'reader', script: reader('a', readOnce) }, SWEEPER] }),
  },
  {
    name: 'lease wait',
    races: 'RACE-39 RACE-46',
    violation: /LOST|ABORTED WRITE VISIBLE/,
    whole: completing('drained to complete', COMPLETE, aClient),
    broken: completing('drained to complete', COMPLETE, aClient, { models: { leaseWait: false } }),
  },
  {
    name: 'T: requests are waited for (rule d)',
    races: 'RACE-58 RACE-78',
    violation: /LOST|ABORTED WRITE VISIBLE/,
    whole: completing('drained to complete', COMPLETE, aClient),
    broken: completing('drained to complete', COMPLETE, aClient, { models: { requestWait: false } }),
  },
  {
    name: 'the fence at drained',
    races: 'RACE-78',
    violation: /TWO AUTHORITIES|LOST/,
    whole: completing('drained to complete', COMPLETE, plainWriter('w1', put('a', 'w1'))),
    broken: completing('drained to complete', without(COMPLETE, (order) => 'run' in order && order.run === 'fence'), plainWriter('w1', put('a', 'w1'))),
  },
];

export { gone, loadTask, refusedIsDone };
