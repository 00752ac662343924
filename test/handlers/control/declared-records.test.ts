import { expect, test } from '@jest/globals';
import { withDeclaredRecords } from '../../../handlers/wiring/declared-records.ts';
import type { ControlTable } from '../../../src/domain/ports/control.ts';

function recorder(): { readonly control: ControlTable; readonly calls: string[] } {
  const calls: string[] = [];
  const control: ControlTable = {
    mode: async () => ({ mode: 'off', readPercent: 0, epoch: 0, generation: 0, stoppedFrom: null, mappingRevision: 0 }),
    move: async (from) => (calls.push('move'), from),
    facts: async () => null,
    saveFacts: async () => void calls.push('saveFacts'),
    read: async () => null,
    write: async (kind) => (calls.push(`write ${kind}`), 1),
    list: async () => [],
    remove: async (kind) => void calls.push(`remove ${kind}`),
  };
  return { control, calls };
}

test('a handler changes the kinds of records that it declares', async () => {
  const { control, calls } = recorder();
  const declared = withDeclaredRecords(control, { writes: ['LOCK', 'MODE'], removes: ['WINDOW'] });
  const state = await declared.mode();
  await declared.move(state, state);
  await declared.write('LOCK', 'migration', {}, 0);
  await declared.remove('WINDOW', 'window');
  expect(calls).toEqual(['move', 'write LOCK', 'remove WINDOW']);
});

test('any other change is refused with the list that misses it, before it is made', async () => {
  const { control, calls } = recorder();
  const declared = withDeclaredRecords(control, { writes: ['LOCK'], removes: [] });
  await expect(declared.write('GATE', 'g', {}, 0)).rejects.toThrow(/changes GATE records, but its `writes`/);
  await expect(declared.remove('LOCK', 'migration')).rejects.toThrow(/changes LOCK records, but its `removes`/);
  const state = await declared.mode();
  await expect(declared.move(state, state)).rejects.toThrow(/MODE/);
  expect(calls).toEqual([]);
});
