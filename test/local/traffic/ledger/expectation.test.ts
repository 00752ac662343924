import { expect, test } from '@jest/globals';

import { expectationsOf } from '../../../../local/traffic/ledger/expectation.ts';
import type { LedgerLine, LedgerWrite } from '../../../../local/traffic/ledger/ledger.ts';
import type { CanonicalRow } from '../../../../local/traffic/ledger/canonical-row.ts';
import { findLostWrites } from '../../../../local/traffic/ledger/find-lost-writes.ts';

const seeded = (): CanonicalRow => ({ id: 'a', name: 'seeded', level: '1' });
const write = (change: LedgerWrite['change'], id = 'a'): LedgerWrite => ({
  entity: 'CHARACTER',
  id,
  change,
  seeded: 4,
});
const attempt = (number: number, ...writes: LedgerWrite[]): LedgerLine => ({ attempt: number, writes });

const by = (level: string): LedgerWrite => ({ ...write({ set: { level } }), contended: true });

function lost(lines: readonly LedgerLine[], ...rows: CanonicalRow[]): readonly string[] {
  const found = new Map<string, CanonicalRow[]>();
  for (const row of rows) {
    const key = `CHARACTER/${row['id'] ?? ''}`;
    found.set(key, [...(found.get(key) ?? []), row]);
  }
  return findLostWrites(expectationsOf(lines, seeded), { rows: found }).map(({ reason }) => reason);
}

test('an acknowledged update has to be there, with the columns it did not touch (RACE-16)', () => {
  const lines = [attempt(1, write({ set: { level: '2' } })), { ack: 1 }];
  expect(lost(lines, { id: 'a', name: 'seeded', level: '2' })).toEqual([]);
  expect(lost(lines, { id: 'a', name: 'seeded', level: '1' })).toEqual(['level is "1", not "2"']);
  expect(lost(lines, { id: 'a', name: null, level: '2' })).toEqual(['name is null, not "seeded"']);
  expect(lost(lines)).toEqual(['missing']);
});

test('a write without an acknowledgement is there wholly or not at all', () => {
  const lines = [attempt(1, write({ set: { level: '2', name: 'new' } }))];
  expect(lost(lines, { id: 'a', name: 'new', level: '2' })).toEqual([]);
  expect(lost(lines, { id: 'a', name: 'seeded', level: '1' })).toEqual([]);
  expect(lost(lines, { id: 'a', name: 'new', level: '1' })).toHaveLength(1);
});

test('a transaction without an acknowledgement must not be half there', () => {
  const first = { id: 'a', name: 'seeded', level: '2' };
  const second = { id: 'b', name: 'x', level: '1' };
  const lines = [attempt(1, write({ set: { level: '2' } }), { entity: 'CHARACTER', id: 'b', change: { put: second } })];
  expect(lost(lines, first, second)).toEqual([]);
  expect(lost(lines, first)).toEqual(['half done: CHARACTER/a only']);
});

test('a deleted row that is there again is a lost write (RACE-2), a second copy as well (RACE-22)', () => {
  const deleted = [attempt(1, write({ deleted: true })), { ack: 1 }];
  expect(lost(deleted)).toEqual([]);
  expect(lost(deleted, seeded())).toEqual(['deleted, but still there']);
  const moved = [attempt(1, write({ set: { level: '2' } })), { ack: 1 }];
  expect(lost(moved, { ...seeded(), level: '2' }, { ...seeded(), level: '2' })).toEqual(['2 live copies']);
});

test('of contended writes any may be last that no acknowledged one began after', () => {
  const lines = [attempt(1, by('10')), attempt(2, by('20')), { ack: 1 }, { ack: 2 }, attempt(3, by('30'))];
  const levels = ['1', '10', '20', '30'].map((level) => lost(lines, { ...seeded(), level }).length);
  expect(levels).toEqual([1, 0, 0, 0]);
  const later = [...lines, { ack: 3 }];
  expect(['10', '20', '30'].map((level) => lost(later, { ...seeded(), level }).length)).toEqual([1, 1, 0]);
});
