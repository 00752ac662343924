import { expect, test } from '@jest/globals';

import { withFault } from '../../../local/traffic/faults.ts';
import type { ModeState } from '../../../src/domain/mode/modes.ts';
import type { Table } from '../../../src/domain/ports/table.ts';

const reads = (readPercent: number): ModeState => ({
  mode: 'reads',
  readPercent,
  epoch: 1,
  generation: 1,
  stoppedFrom: null,
  mappingRevision: 0,
});
const nothing = { items: [], next: null, scanned: 0, rcu: 0 };
const table: Table = {
  insertAbsent: () => Promise.resolve([]),
  putNewer: () => Promise.resolve({ kind: 'written' }),
  putIfSeen: () => Promise.resolve({ kind: 'written' }),
  transact: () => Promise.resolve({ kind: 'written' }),
  get: () => Promise.resolve([]),
  query: () => Promise.resolve(nothing),
  scan: () => Promise.resolve(nothing),
};

async function failures(percent: number): Promise<number> {
  const broken = withFault(
    table,
    () => ({ name: 'read-errors', percent: 50 }),
    () => reads(percent),
  );
  const tries = Array.from({ length: 200 }, () => broken.get([], { consistent: true }));
  return (await Promise.allSettled(tries)).filter(({ status }) => status === 'rejected').length;
}

test('the fault strikes reads at its stage, often but not always, and at no other', async () => {
  expect(await failures(10)).toBe(0);
  expect(await failures(100)).toBe(0);
  const struck = await failures(50);
  expect(struck).toBeGreaterThan(30);
  expect(struck).toBeLessThan(150);
});
