import { expect, test } from '@jest/globals';
import type { Changelog, SourceBacklog } from '../../../src/domain/ports/source.ts';
import type { Intent } from '../../../src/domain/ports/table.ts';
import { oldestSince, settleBacklog } from '../../../src/domain/window/backlog.ts';
import { EMPTY_BACKLOG } from '../../empty-backlog.ts';

const INTENTS = {
  list: () => Promise.resolve([]),
  get: () => Promise.resolve(null),
  delete: () => Promise.resolve(),
};

const refuse = () => Promise.reject(new Error('not asked'));

/** A changelog that shows these backlogs one after the other, the last one again and again. */
function changelogOf(...backlogs: readonly Partial<SourceBacklog>[]): Changelog {
  let at = 0;
  return {
    pending: refuse,
    markDone: refuse,
    park: refuse,
    status: refuse,
    incarnation: refuse,
    flush: refuse,
    prune: refuse,
    backlog: () => Promise.resolve({ ...EMPTY_BACKLOG, ...backlogs[Math.min(at++, backlogs.length - 1)] }),
  };
}
const settle = (changelog: Changelog) => settleBacklog(changelog, INTENTS, () => Promise.resolve(), 3);

test('a gate waits for every row that was pending at the start, however many they are', async () => {
  const long = { pending: 5_000, oldest: 1, newest: 5_000 };
  expect(await settle(changelogOf(long, { pending: 2_000, oldest: 3_001, newest: 7_000 }))).toEqual([
    '2000 changelog rows not relayed',
  ]);
  expect(await settle(changelogOf(long, { pending: 900, oldest: 5_001, newest: 5_900 }))).toEqual([]);
  expect(await settle(changelogOf(long, EMPTY_BACKLOG))).toEqual([]);
});

test('rows that are parked, missed, being adopted or carried hold the gate', async () => {
  for (const [held, reason] of [
    [{ parked: 1 }, '1 changelog rows parked'],
    [{ missed: 2 }, '2 changes missed by capture'],
    [{ adopting: 3 }, '3 new partitions or children not carried'],
    [{ carrying: 4 }, '4 tables with a new column that is being carried'],
  ] as const)
    expect(await settle(changelogOf(held))).toEqual([reason]);
  expect(await settle(changelogOf({ openWriters: 4 }))).toEqual([]);
});

test('a gate looks again until nothing holds it', async () => {
  expect(await settle(changelogOf({}, { parked: 1 }, { parked: 1 }, {}))).toEqual([]);
});

const opened = (txn: string): Intent => ({ txn, generation: 1, xid: '1', at: '2026-01-01T00:00:00Z', writes: [] });
const pause = () => Promise.resolve();

const intents = (...looks: readonly string[]) => {
  let at = 0;
  return { ...INTENTS, list: () => Promise.resolve([opened(looks[Math.min(at++, looks.length - 1)] ?? '')]) };
};

test('the dual writes that were open at the start hold the gate, later ones do not', async () => {
  expect(await settleBacklog(changelogOf({}), intents('a'), pause, 3)).toEqual(['1 intents open']);
  expect(await settleBacklog(changelogOf({}), intents('a', 'b'), pause, 3)).toEqual([]);
});

const look = (oldest: number | null) => ({ ...EMPTY_BACKLOG, oldest, intents: 0 });

test('the oldest change waits since the look that first saw it as the oldest', () => {
  const before = { ...look(7), at: '2026-01-01T00:01:00Z', oldestSince: '2026-01-01T00:00:00Z', failures: [] };
  const now = '2026-01-01T00:09:00Z';
  expect(oldestSince(before, look(7), now)).toBe('2026-01-01T00:00:00Z');
  expect(oldestSince(before, look(8), now)).toBe(now);
  expect(oldestSince(null, look(7), now)).toBe(now);
  expect(oldestSince(before, look(null), now)).toBeNull();
});
